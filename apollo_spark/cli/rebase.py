"""`apollo rebase`: move records to newer versions of what they are made of, without a JVM."""

from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import perform_here, print_outcome, print_plans, show_versions
from apollo_spark.cli.options import ONLY_PLANS, OPTIONS, Option, VerbOptions
from apollo_spark.cli.terminal import say

if TYPE_CHECKING:
    from apollo_spark.model.rebase import AssayMove, RebasePlan
    from apollo_spark.operations.outcome import Outcome

REBASE = VerbOptions(
    "onto", "field_map", "only", "apply", "dry_run", "full", "undo",
    others={
        "onto": Option("The parent to move to; repeatable.", "NAME@V", "files"),
        "field_map": Option("csv of old and new names of fields.", "F", spelled="map"),
        "only": OPTIONS["only"]._replace(help="Of the records, move these."),
        "dry_run": ONLY_PLANS,
        "undo": Option("Publish the version before a rebase again.", "RECORD@V"),
    },
)  # fmt: skip


@click.command("rebase")
@click.argument("records", nargs=-1, metavar="RECORD ...")
@REBASE.add
def rebase_command(**values: Any) -> None:
    """Say what moving RECORD to newer parents changes; with --apply, publish it.

    Only the parents named by --onto move. Each result is the next version of its record.
    """
    outcome = perform_here(REBASE.request("rebase", values))
    if values["undo"] is not None:
        for line in outcome.lines():
            say(line)
    print_plans(outcome)
    print_outcome(outcome, _say if values["undo"] is None else show_versions)


def _say(outcome: "Outcome[Any]") -> None:
    for plan in outcome.receipt.plans:
        say(_render(plan))
    if outcome.plan is not None:
        say("nothing was published; add --apply to do it")
    show_versions(outcome)


def _render_assay(assay: "AssayMove") -> str:
    """Return what becomes of an assay as text."""
    what = " (added)" if assay.is_added else " (lost)" if assay.is_lost else ""
    counts = (
        f"  assay {assay.name}{what}: {assay.samples_before:,} samples now, "
        f"{assay.samples_added:,} added, {assay.samples_lost:,} lost; "
        f"{assay.features_before:,} features now, {assay.features_added:,} added, "
        f"{assay.features_lost:,} lost"
    )
    units = (("units added", assay.units_added), ("units lost", assay.units_lost))
    return "; ".join([counts, *(f"{title} {', '.join(names)}" for title, names in units if names)])


def _render(plan: "RebasePlan") -> str:
    """Return a plan as text."""
    moves = ", ".join(f"{each.before} -> {each.after}".strip() for each in plan.moves)
    lines = [f"{plan.record}: {moves}"]
    if plan.refused is not None:
        return "\n".join([*lines, f"  cannot be moved: {plan.refused}"])
    lines.append(
        f"  people: {plan.people_before:,} now, {plan.people_added:,} added, "
        f"{plan.people_lost:,} lost"
    )
    lines += map(_render_assay, plan.assays)
    diff = plan.schema_diff
    for title, names in (
        ("fields added", diff.fields_added if diff else ()),
        ("fields lost", diff.fields_removed if diff else ()),
        ("fields dropped", plan.fields_dropped),
        ("entities added", diff.entities_added if diff else ()),
        ("entities lost", diff.entities_removed if diff else ()),
        ("codings changed", diff.codings_changed if diff else ()),
    ):
        if names:
            lines.append(f"  {title}: {', '.join(names)}")
    for title, changes in (
        ("renamed", diff.fields_renamed if diff else ()),
        ("retyped", diff.fields_retyped if diff else ()),
    ):
        lines += [f"  {title}: {x.entity}: {x.before} -> {x.after}" for x in changes]
    lines += [f"  codes gone: {each.coding}: {each.count:,}" for each in plan.codes_gone]
    return "\n".join(lines)
