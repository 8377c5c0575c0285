"""The plan of a rebase as lines of text."""

from collections.abc import Iterator

from apollo_spark.model.rebase import AssayMove, Causes, RebasePlan, describe_rebase_problem
from apollo_spark.model.suppressed import Suppressed


def describe_rebase(plan: RebasePlan) -> str:
    """Return a plan as text."""
    lines = [f"{plan.record}: {describe_moves(plan)}"]
    if plan.refused is not None:
        lines.append(f"  cannot be moved: {plan.refused}")
    else:
        lines.append(
            f"  people: {plan.people_before:,} now, {plan.people_after:,} then: "
            f"{plan.people_kept:,} kept, {plan.people_added:,} added, {plan.people_lost:,} lost"
        )
        if causes := list(describe_causes(plan.causes)):
            lines.append(f"  why they come and go: {', '.join(causes)}")
        if plan.related not in (None, "same tables"):
            lines.append(f"  what it moves to has the {plan.related}")
    lines += (f"  {each}" for each in describe_changes(plan))
    lines += (
        f"  for the file of --map: {each.old},{each.new} ({each.why})" for each in plan.repairs
    )
    return "\n".join(lines)


def describe_moves(plan: RebasePlan) -> str:
    """Return what a record leaves and goes to."""
    return ", ".join(f"{each.before} -> {each.after}".strip() for each in plan.moves)


def describe_causes(causes: Causes) -> Iterator[str]:
    """Yield why people come and go, with how many."""
    for count, why in (
        (causes.new_rows, "new rows"),
        (causes.changed_rows, "changed rows"),
        (causes.removed_rows, "rows that are gone"),
        (causes.coding, "a changed coding"),
        (causes.withdrawn, "withdrawal"),
    ):
        if count and not isinstance(count, Suppressed):
            yield f"{count:,} by {why}"


def describe_changes(plan: RebasePlan) -> Iterator[str]:
    """Yield what else changes: tiles, assays, fields, codes."""
    if plan.tiles is not None:
        affected = plan.tiles_affected
        other = "" if affected is None else f"{affected:,} draw something else and "
        yield f"tiles: {plan.tiles:,}, of which {other}{plan.tiles_broken:,} cannot be answered"
    yield from map(_describe_assay, plan.assays)
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
            yield f"{title}: {', '.join(names)}"
    for title, changes in (
        ("renamed", diff.fields_renamed if diff else ()),
        ("retyped", diff.fields_retyped if diff else ()),
    ):
        for each in changes:
            yield f"{title}: {each.entity}: {each.before} -> {each.after}"
    for gone in plan.codes_gone:
        yield f"codes gone: {gone.coding}: {gone.count:,}"
    yield from map(describe_rebase_problem, plan.problems)


def _describe_assay(assay: AssayMove) -> str:
    what = " (added)" if assay.is_added else " (lost)" if assay.is_lost else ""
    counts = (
        f"assay {assay.name}{what}: {assay.samples_before:,} samples now, "
        f"{assay.samples_added:,} added, {assay.samples_lost:,} lost; "
        f"{assay.features_before:,} features now, {assay.features_added:,} added, "
        f"{assay.features_lost:,} lost"
    )
    units = (("units added", assay.units_added), ("units lost", assay.units_lost))
    return "; ".join([counts, *(f"{title} {', '.join(names)}" for title, names in units if names)])
