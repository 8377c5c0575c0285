"""`apollo rebase`: move records to newer data, without a JVM."""

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
        "onto": Option("The dataset to move to; repeatable.", "NAME@V", "files"),
        "field_map": Option("csv of old and new names of fields and codes.", "F", spelled="map"),
        "only": OPTIONS["only"]._replace(help="Of the records, move these."),
        "dry_run": ONLY_PLANS,
        "undo": Option("Publish the version before a rebase again.", "RECORD@V"),
    },
)  # fmt: skip


@click.command("rebase")
@click.argument("records", nargs=-1, metavar="RECORD ...")
@REBASE.add
def rebase_command(**values: Any) -> None:
    """Say what moving views, merges and cohorts to newer data changes; with --apply, publish it.

    What RECORDs are made of moves to the datasets named by --onto; views and cohorts may also move
    to a dataset of another name. Each result is the next version of its record, and all of them
    are published at once.
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


def _render_causes(plan: "RebasePlan") -> list[str]:
    """Return why people come and go, in one line, where some do."""
    counts = (
        (plan.causes.new_rows, "new rows"),
        (plan.causes.changed_rows, "changed rows"),
        (plan.causes.removed_rows, "rows that are gone"),
        (plan.causes.coding, "a changed coding"),
        (plan.causes.withdrawn, "withdrawal"),
    )
    told = [f"{count:,} by {why}" for count, why in counts if count]
    return [f"  of these that come and go: {', '.join(told)}"] if told else []


def _render_meaning(plan: "RebasePlan") -> list[str]:
    """Return what of a record's questions is another one or gone, and what is proposed."""
    from apollo_spark.model.rebase import describe_problem

    lines = [f"  {describe_problem(each)}" for each in plan.problems]
    lines += [
        f"  for the file of --map: {each.old},{each.new} ({each.why})" for each in plan.repairs
    ]
    return lines


def _render(plan: "RebasePlan") -> str:
    """Return a plan as text."""
    moves = ", ".join(f"{each.before} -> {each.after}".strip() for each in plan.moves)
    lines = [f"{plan.record}: {moves}"]
    if plan.refused is not None:
        return "\n".join([*lines, f"  cannot be moved: {plan.refused}", *_render_meaning(plan)])
    lines.append(
        f"  people: {plan.people_before:,} now, {plan.people_after:,} then: "
        f"{plan.people_kept:,} kept, {plan.people_added:,} added, {plan.people_lost:,} lost"
    )
    lines += _render_causes(plan)
    if plan.related not in (None, "same tables"):
        lines.append(f"  related by {plan.related}")
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
    lines += _render_meaning(plan)
    return "\n".join(lines)
