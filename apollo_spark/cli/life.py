"""`apollo retire` and `gc`: end versions, and delete what nobody reads any more."""

from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import current, perform_here, print_outcome, print_plans
from apollo_spark.cli.options import ONLY_PLANS, Option, VerbOptions
from apollo_spark.cli.terminal import say, show
from apollo_spark.cli.text import render_bytes, render_table

if TYPE_CHECKING:
    from apollo_spark.lake.sweep.receipt import SweepReceipt
    from apollo_spark.lake.sweep.sweeping import SweepPlan
    from apollo_spark.operations.outcome import Outcome

RETIRE = VerbOptions(
    "dry_run", others={"dry_run": Option("Say what it means, and write nothing.", kind="flag")}
)
GC = VerbOptions(
    "apply", "grace", "dry_run",
    others={
        "grace": Option(
            "Keep what changed in the last hours; longer than the longest load.",
            "HOURS", "hours", default="168",
        ),
        "dry_run": ONLY_PLANS,
    },
)  # fmt: skip


@click.command("retire")
@click.argument("version", metavar="NAME@V")
@RETIRE.add
def retire_command(**values: Any) -> None:
    """End one version of a record; its rows stay until gc sweeps them."""
    outcome = perform_here(RETIRE.request("retire", values))
    if outcome.notes:
        say("\n  ".join(outcome.notes))
    print_plans(outcome)
    if outcome.plan is not None:
        say("nothing was done: this was a dry run")
    print_outcome(outcome, _show_version)


def _show_version(outcome: "Outcome[Any]") -> None:
    for each in outcome.more.get("retired", outcome.current):
        show(each)


@click.command("gc")
@GC.add
def gc_command(**values: Any) -> None:
    """Delete the files that no version reads which is not retired."""
    outcome = perform_here(GC.request("gc", values), has_steps=current().verbose)
    print_plans(outcome)
    print_outcome(outcome, _show_sweep)


def _show_sweep(outcome: "Outcome[SweepReceipt]") -> None:
    receipt = outcome.receipt
    for line in _render(receipt.shown):
        show(line)
    for each in receipt.left_alone:
        say(f"left alone: {each}")
    total = receipt.shown.total
    verb = "deleted" if receipt.done else "would delete"
    say(f"{verb} {total.files:,} files, {render_bytes(total.bytes)}")
    if not receipt.done and total.files:
        say("add --apply to do it")


def _render(shown: "SweepPlan") -> list[str]:
    header = ("table", "files", "bytes", "kept", "younger", "")
    rows = [
        (
            each.title,
            f"{len(each.remove):,}",
            render_bytes(sum(file.size for file in each.remove)),
            f"{each.kept.files:,}",
            f"{each.young.files:,}",
            "whole table" if each.is_whole else "",
        )
        for each in shown.tables
        if each.remove or each.is_whole
    ]
    lines = [render_table(header, rows)] if rows else []
    if shown.parts:
        count = len(shown.parts)
        lines.append(f"{count:,} part{'' if count == 1 else 's'} of records")
    for each in shown.reports:
        what = "a name whose versions are all retired"
        if each in shown.unpublished:
            what = "loads that published nothing"
        lines.append(f"{each}: reports of {what}; they stay")
    return lines
