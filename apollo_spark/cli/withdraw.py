"""`apollo withdraw`: take people out of every version of a dataset and of what stands on it."""

import click

from apollo_spark.cli.context import common_options, current
from apollo_spark.cli.terminal import print_json, say


@click.command("withdraw")
@click.argument("file", metavar="F")
@click.option("--of", required=True, metavar="DATASET.ENTITY", help="Whose rows are meant.")
@click.option("--apply", "is_applied", is_flag=True, help="Do it; by default only the plan.")
@common_options
def withdraw_command(*, file: str, of: str, is_applied: bool) -> None:
    """Hide rows by their keys, with all that hangs from them, from every reader of every version.

    F is a csv file with the key column by its field name. The rows stay in the files.
    """
    from apollo_spark.workflows.withdraw import WithdrawRequest, withdraw

    receipt = withdraw(current().lake(), WithdrawRequest(file=file, of=of, apply=is_applied))
    if current().as_json:
        print_json({"applied": is_applied, "receipt": receipt.model_dump(mode="json")})
        return
    say(
        f"{receipt.keys:,} keys of {of}: {receipt.withdrawn:,} to withdraw, "
        f"{receipt.already:,} withdrawn before"
    )
    say(f"rows go from {len(receipt.records):,} versions: {', '.join(receipt.records)}")
    if not is_applied:
        say("nothing was done; add --apply to do it")
