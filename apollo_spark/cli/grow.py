"""`apollo grow`: a week's files in, and all that was made of them moved along."""

from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import current, perform_here, print_outcome
from apollo_spark.cli.options import OPTIONS, Option, VerbOptions
from apollo_spark.cli.terminal import say, show
from apollo_spark.export.printable import printable_lines

if TYPE_CHECKING:
    from apollo_spark.model.growth import Growth
    from apollo_spark.operations.outcome import Outcome

GROW = VerbOptions(
    "config", "report", "dry_run",
    required=("config",),
    others={
        "config": Option("The file of the steps (conf/grow.yaml is one).", "F"),
        "report": OPTIONS["report"]._replace(help="Folder of the report; else one in the lake."),
        "dry_run": Option("Plan every step, and write nothing.", kind="flag"),
    },
)  # fmt: skip


@click.command("grow")
@GROW.add
def grow_command(**values: Any) -> None:
    """Do the steps of a file: load or extend by new files, move what was made of them, keep.

    Nothing begins where anything is wrong with a step. Records that exceed the limits are left as
    they are, and the command ends with 12. It is safe to run it again after a stop anywhere.
    """
    from apollo_spark.verbs.grow.grow import require_within_limits

    request = GROW.request("grow", values)
    outcome = perform_here(request, may_be_new=True, has_steps=True)
    if not current().as_json:
        for line in outcome.notes:
            say(printable_lines(f"note: {line}"))
    print_outcome(outcome, _show)
    if outcome.plan is not None:
        say("nothing was done: this was a dry run")
    else:
        require_within_limits(outcome.receipt)


def _show(outcome: "Outcome[Growth]") -> None:
    from apollo_spark.export.grow_text import describe_growth

    say(printable_lines(describe_growth(outcome.receipt)))
    if outcome.plan is not None:
        return
    for each in outcome.published:
        show(each)
