"""`apollo rebase`: move records to newer data, without a JVM."""

from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import perform_here, print_outcome, print_plans, show_versions
from apollo_spark.cli.options import ONLY_PLANS, OPTIONS, Option, VerbOptions
from apollo_spark.cli.terminal import say

if TYPE_CHECKING:
    from apollo_spark.operations.outcome import Outcome

REBASE = VerbOptions(
    "onto", "field_map", "only", "apply", "dry_run", "html", "force", "full", "undo",
    others={
        "onto": Option("The dataset to move to; repeatable.", "NAME@V", "files"),
        "field_map": Option("csv of old and new names of fields and codes.", "F", spelled="map"),
        "only": OPTIONS["only"]._replace(help="Of the records, move these."),
        "dry_run": ONLY_PLANS,
        "html": Option("Write the plan as a page too.", "F"),
        "force": Option("Overwrite an existing page.", kind="flag"),
        "undo": Option("Publish the version before a rebase again.", "RECORD@V"),
    },
)  # fmt: skip


@click.command("rebase")
@click.argument("records", nargs=-1, metavar="RECORD ...")
@REBASE.add
def rebase_command(**values: Any) -> None:
    """Say what moving views, merges, cohorts and dashboards to newer data changes.

    With --apply it is published.

    What RECORDs are made of moves to the datasets named by --onto; all but merges may also move to
    a dataset of another name. Each result is the next version of its record, and all of them
    are published at once.
    """
    outcome = perform_here(REBASE.request("rebase", values))
    if values["undo"] is not None:
        for line in outcome.lines():
            say(line)
    print_plans(outcome)
    print_outcome(outcome, _say if values["undo"] is None else show_versions)


def _say(outcome: "Outcome[Any]") -> None:
    from apollo_spark.export.rebase_text import describe_rebase

    for plan in outcome.receipt.plans:
        say(describe_rebase(plan))
    if outcome.plan is not None:
        say("nothing was published; add --apply to do it")
    show_versions(outcome)
