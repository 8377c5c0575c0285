"""`apollo withdraw`: take people out of every version of a dataset and of what stands on it."""

from typing import TYPE_CHECKING

import click

from apollo_spark.cli.context import common_options, current, planned_json, print_plan, wait_option
from apollo_spark.cli.terminal import print_json, say

if TYPE_CHECKING:
    from apollo_spark.verbs.withdraw.withdraw import LinkedReceipt, WithdrawReceipt


@click.command("withdraw")
@click.argument("file", metavar="F")
@click.option("--of", required=True, metavar="DATASET.ENTITY", help="Whose rows are meant.")
@click.option(
    "--only", metavar="LIST", help="Of the plan, withdraw from these DATASET.ENTITY alone."
)
@click.option("--apply", "is_applied", is_flag=True, help="Do it; by default only the plan.")
@wait_option
@common_options
def withdraw_command(*, file: str, of: str, only: str | None, is_applied: bool) -> None:
    """Hide rows by their keys, with all that hangs from them, from every reader of every version.

    F is a csv file with the key column by its field name. Rows of other datasets that a link in
    any version says to be theirs go too. The rows stay in the files.
    """
    from apollo_spark.model.plan import WorkPlan, flat_counts
    from apollo_spark.verbs.withdraw.withdraw import WithdrawRequest, withdraw

    chosen = None if only is None else tuple(each.strip() for each in only.split(","))
    request = WithdrawRequest(file=file, of=of, only=chosen, apply=is_applied)
    receipt = withdraw(current().context(), request)
    found = receipt.model_dump(mode="json")
    counts = {**flat_counts(found), "versions": len(receipt.records)}
    plan = WorkPlan(does=f"withdraw rows of {of}", people=receipt.withdrawn, counts=counts)
    if not is_applied:
        print_plan(plan)
    if current().as_json:
        shown = {"applied": is_applied, "receipt": found}
        print_json(shown if is_applied else planned_json(plan, found, {"applied": False}))
        return
    say(f"{receipt.keys:,} keys of {of}: {_counts(receipt)}")
    if receipt.lookalikes:
        say(
            f"warning: {receipt.lookalikes:,} of these keys are not in the file, but look like "
            "keys in it, and differ by blanks or characters not seen: they are meant too"
        )
    for each in receipt.linked:
        told = f"linked by {', '.join(each.by)}"
        also = f" ({each.lookalikes:,} of them only look like these)" if each.lookalikes else ""
        say(f"{each.keys:,} keys of {each.name}, {told}{also}: {_counts(each)}")
    say(f"rows go from {len(receipt.records):,} versions: {', '.join(receipt.records)}")
    if receipt.unjoined:
        of_others = ", ".join(receipt.unjoined)
        say(f"note: joined to nothing, so that no row goes with these: {of_others}")
    if not is_applied:
        say("nothing was done; add --apply to do it")


def _counts(of: "WithdrawReceipt | LinkedReceipt") -> str:
    if not of.chosen:
        return "left where they are"
    return f"{of.withdrawn:,} to withdraw, {of.already:,} withdrawn before"
