"""`apollo retire` and `gc`: end versions, and delete what nobody reads any more."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import common_options, current, planned_json, print_plan, wait_option
from apollo_spark.cli.terminal import print_json, say, show
from apollo_spark.cli.text import render_bytes, render_table

if TYPE_CHECKING:
    from apollo_spark.lake.sweep.sweeping import SweepPlan, TableSweep
    from apollo_spark.model.plan import WorkPlan
    from apollo_spark.verbs.gc import SweepOutcome
    from apollo_spark.verbs.retire import RetirePlan


@click.command("retire")
@click.argument("version", metavar="NAME@V")
@click.option("--dry-run", is_flag=True, help="Say what it means, and write nothing.")
@wait_option
@common_options
def retire_command(*, version: str, dry_run: bool) -> None:
    """End one version of a record; its rows stay until gc sweeps them."""
    from apollo_spark.verbs.retire import plan_retirement, retire

    lake = current().lake()
    plan = plan_retirement(lake, version)
    if not plan.retired:
        _say_plan(plan)
    if dry_run:
        work = _as_work(plan)
        print_plan(work)
        say("nothing was done: this was a dry run")
        if current().as_json:
            shown = planned_json(work, work.counts, {})
            print_json({**shown, "plan": {**shown["plan"], **plan.model_dump(mode="json")}})
        return
    entry = retire(current().context(), version)
    if plan.retired:
        say(f"already retired {entry} by {plan.retired.actor} at {plan.retired.time:%Y-%m-%d}")
    if current().as_json:
        receipt = {
            "versions_left": plan.versions_left,
            "records_that_stand_on_it": len(plan.stand_on_it),
        }
        state = "current" if plan.retired else "retired"
        print_json({"published": [], state: [str(entry)], "receipt": receipt})
    else:
        show(str(entry))


def _as_work(plan: "RetirePlan") -> "WorkPlan":
    from apollo_spark.model.plan import WorkPlan

    counts = {
        "versions_left": plan.versions_left,
        "records_that_stand_on_it": len(plan.stand_on_it),
    }
    return WorkPlan(does=f"retire {plan.version}", counts=counts)


def _say_plan(plan: "RetirePlan") -> None:
    say(f"retires {plan.version}")
    name = plan.version.partition("@")[0]
    if plan.name_means:
        say(f"  {name} then means {plan.name_means}")
    else:
        say(f"  nothing of {name} is left then")
    if plan.stand_on_it:
        say(f"  these are made from it and stay as they are: {', '.join(plan.stand_on_it)}")


@click.command("gc")
@click.option("--apply", "is_applied", is_flag=True, help="Do it; by default only the plan.")
@click.option(
    "--grace",
    type=click.FloatRange(min=0),
    metavar="HOURS",
    help="Keep what changed in the last hours; longer than the longest load (default 168).",
)
@wait_option
@common_options
def gc_command(*, is_applied: bool, grace: float | None) -> None:
    """Delete the files that no version reads which is not retired."""
    from apollo_spark.verbs.gc import GRACE_HOURS, apply_gc, plan_gc

    hours = GRACE_HOURS if grace is None else grace
    lake = current().lake()
    if is_applied:
        verbose = current().verbose
        context = current().context()
        if verbose:
            context = replace(context, listener=replace(context.listener, on_step=say))
        outcome = apply_gc(context, grace_hours=hours)
    else:
        outcome = plan_gc(lake, grace_hours=hours)
    if not is_applied:
        print_plan(_as_sweep(outcome.plan))
    if current().as_json:
        shown = {**_describe(outcome), "grace_hours": hours}
        work = _as_sweep(outcome.plan)
        print_json(shown if is_applied else planned_json(work, work.counts, shown))
        return
    for line in _render(outcome.done or outcome.plan):
        show(line)
    for each in (*outcome.busy, *_faults(outcome.plan)):
        say(f"left alone: {each}")
    total = (outcome.done or outcome.plan).total
    verb = "deleted" if is_applied else "would delete"
    say(f"{verb} {total.files:,} files, {render_bytes(total.bytes)}")
    if not is_applied and total.files:
        say("add --apply to do it")


def _as_sweep(plan: "SweepPlan") -> "WorkPlan":
    from apollo_spark.model.plan import PlannedTable, WorkPlan

    return WorkPlan(
        does="delete what no version reads",
        tables=tuple(
            PlannedTable(table=each.title, files=len(each.remove))
            for each in plan.tables
            if each.remove or each.is_whole
        ),
        files=plan.total.files,
        counts={
            "bytes": plan.total.bytes,
            "parts": len(plan.parts),
            "reports_left": len(plan.reports),
        },
    )


def _describe(outcome: "SweepOutcome") -> dict[str, Any]:
    shown = outcome.done or outcome.plan
    return {
        "applied": outcome.done is not None,
        "files": shown.total.files,
        "bytes": shown.total.bytes,
        "tables": [_describe_table(each) for each in shown.tables],
        "parts": [each.name for each in shown.parts],
        "reports": list(shown.reports),
        "left_alone": [*outcome.busy, *_faults(outcome.plan)],
    }


def _describe_table(sweep: "TableSweep") -> dict[str, Any]:
    return {
        "location": sweep.location,
        "files": len(sweep.remove),
        "bytes": sum(each.size for each in sweep.remove),
        "names": [each.name for each in sweep.remove],
        "whole": sweep.is_whole,
        "back_to": sweep.back_to,
        "kept": sweep.kept.model_dump(),
        "young": sweep.young.model_dump(),
    }


def _faults(plan: "SweepPlan") -> list[str]:
    return [f"{each.location}: {each.fault}" for each in plan.tables if each.fault]


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
        lines.append(f"{len(shown.parts):,} parts of records")
    for each in shown.reports:
        what = "a name whose versions are all retired"
        if each in shown.unpublished:
            what = "loads that published nothing"
        lines.append(f"{each}: reports of {what}; they stay")
    return lines
