"""`apollo withdraw`: take people out of every version of a dataset and of what is based on it."""

from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import perform_here, print_outcome, print_plans
from apollo_spark.cli.options import ONLY_PLANS, OPTIONS, Option, VerbOptions
from apollo_spark.cli.terminal import say

if TYPE_CHECKING:
    from apollo_spark.model.withdrawal import LinkedReceipt, WithdrawReceipt
    from apollo_spark.operations.outcome import Outcome

WITHDRAW = VerbOptions(
    "of", "only", "apply", "dry_run",
    required=("of",),
    others={
        "of": Option("Whose rows are meant.", "DATASET.ENTITY"),
        "only": OPTIONS["only"]._replace(
            help="Of the plan, withdraw from these DATASET.ENTITY alone."
        ),
        "dry_run": ONLY_PLANS,
    },
)  # fmt: skip


@click.command("withdraw")
@click.argument("file", metavar="F")
@WITHDRAW.add
def withdraw_command(**values: Any) -> None:
    """Hide rows by their keys, with all that hangs from them, from every reader of every version.

    F is a csv file with the key column by its field name. Rows of other datasets that a link in
    any version says to be theirs go too. The rows stay in the files.
    """
    outcome = perform_here(WITHDRAW.request("withdraw", values))
    print_plans(outcome)
    print_outcome(outcome, _say)


def _say(outcome: "Outcome[WithdrawReceipt]") -> None:
    receipt = outcome.receipt
    say(f"{receipt.keys:,} keys of {receipt.dataset}.{receipt.entity}: {_counts(receipt)}")
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
    if outcome.plan is not None:
        say("nothing was done; add --apply to do it")


def _counts(of: "WithdrawReceipt | LinkedReceipt") -> str:
    if not of.chosen:
        return "left where they are"
    return f"{of.withdrawn:,} to withdraw, {of.already:,} withdrawn before"
