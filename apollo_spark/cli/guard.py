"""`apollo guard`: give no numbers of few people of a name, and of what is made of it."""

from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import perform_here, print_outcome, print_plans
from apollo_spark.cli.options import Option, VerbOptions
from apollo_spark.cli.terminal import say, show

if TYPE_CHECKING:
    from apollo_spark.operations.outcome import Outcome

GUARD = VerbOptions(
    "least", "round", "off", "dry_run",
    others={
        "least": Option("Give no number that is about fewer people.", "N", "number"),
        "round": Option("Give numbers as multiples of it.", "N", "number"),
        "off": Option("End the guard; what was given stays remembered.", kind="flag"),
        "dry_run": Option("Say what would hold, and write nothing.", kind="flag"),
    },
)  # fmt: skip


@click.command("guard")
@click.argument("name", metavar="NAME")
@GUARD.add
def guard_command(**values: Any) -> None:
    """Guard a name: all its versions, and all that is made of them.

    Numbers of fewer than N people are not shown, nor numbers that would tell them together with
    others, or with earlier answers; rows and ids of people are refused.
    """
    outcome = perform_here(GUARD.request("guard", values))
    print_plans(outcome)
    if outcome.plan is not None:
        say("nothing was done: this was a dry run")
    print_outcome(outcome, _show)


def _show(outcome: "Outcome[Any]") -> None:
    from apollo_spark.verbs.guard import NOT_GUARDED

    if outcome.plan is None:
        receipt = outcome.receipt
        show(f"{receipt.name}: {receipt.guard or NOT_GUARDED}")
