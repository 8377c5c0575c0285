"""`apollo compact`: small blocks and files put together, as the next version."""

from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import perform_here, print_outcome, print_plans, show_versions
from apollo_spark.cli.options import ONLY_PLANS, VerbOptions
from apollo_spark.cli.terminal import say, show
from apollo_spark.cli.text import render_table

if TYPE_CHECKING:
    from apollo_spark.operations.outcome import Outcome

COMPACT = VerbOptions("apply", "dry_run", others={"dry_run": ONLY_PLANS})


@click.command("compact")
@click.argument("name", required=False)
@COMPACT.add
def compact_command(**values: Any) -> None:
    """Put small blocks and files of NAME, or of all datasets, together; without --apply plan it.

    The next version has the same content. Older versions keep their files.
    """
    request = COMPACT.request("compact", values)
    outcome = perform_here(request, has_steps=not request.is_dry_run)
    for note in outcome.notes:
        say(note)
    print_plans(outcome)
    print_outcome(outcome, show_versions if outcome.plan is None else _show_plans)


def _show_plans(outcome: "Outcome[Any]") -> None:
    if not outcome.parts:
        say("nothing to put together")
        return
    rows = [
        (
            plan["name"] + f"@{plan['version']}",
            *(
                f"{plan['counts'][f'{what}_before']:,} -> {plan['counts'][f'{what}_after']:,}"
                for what in ("blocks", "files")
            ),
            f"{plan['counts']['bytes_rewritten']:,}",
        )
        for plan in outcome.more["plans"]
    ]
    show(render_table(("version", "blocks", "files", "bytes to write"), rows))
    say("add --apply to do it")
