"""`apollo rebase`: move records to newer versions of what they are made of, without a JVM."""

from typing import TYPE_CHECKING

import click

from apollo_spark.cli.context import (
    common_options,
    current,
    planned_json,
    print_plan,
    print_published,
    say_notes,
    wait_option,
)
from apollo_spark.cli.terminal import print_json, say
from apollo_spark.errors import UsageError

if TYPE_CHECKING:
    from apollo_spark.model.rebase import AssayMove, RebasePlan


@click.command("rebase")
@click.argument("records", nargs=-1, metavar="RECORD ...")
@click.option("--onto", multiple=True, metavar="NAME@V", help="The parent to move to; repeatable.")
@click.option("--map", "field_map", metavar="F", help="csv of old and new names of fields.")
@click.option("--only", metavar="LIST", help="Of the records, move these.")
@click.option("--apply", "is_applied", is_flag=True, help="Publish what is planned.")
@click.option("--full", is_flag=True, help="Say what views keep to themselves too.")
@click.option("--undo", metavar="RECORD@V", help="Publish the version before a rebase again.")
@wait_option
@common_options
def rebase_command(
    *,
    records: tuple[str, ...],
    onto: tuple[str, ...],
    field_map: str | None,
    only: str | None,
    is_applied: bool,
    undo: str | None,
    full: bool,
) -> None:
    """Say what moving RECORD to newer parents changes; with --apply, publish it.

    Only the parents named by --onto move. Each result is the next version of its record.
    """
    from apollo_spark.model.plan import join_plans
    from apollo_spark.verbs.rebase.plan import planned_work
    from apollo_spark.verbs.rebase.rebase import RebaseRequest, rebase, undo_rebase

    context = current().context()
    if undo is not None:
        if records or onto:
            raise UsageError("--undo takes one version and nothing else.")
        outcome = undo_rebase(context, undo, full=full)
        say_notes(outcome.notes)
        print_published(list(outcome.published), list(outcome.current), outcome.receipt_json())
        return
    if not records:
        raise UsageError("No record is named.", fix="Write apollo rebase RECORD --onto NAME@V.")
    request = RebaseRequest(
        records=records,
        onto=onto,
        field_map=field_map,
        only=None if only is None else tuple(each.strip() for each in only.split(",")),
        apply=is_applied,
        full=full,
    )
    found = rebase(context, request)
    if not is_applied:
        for plan in found.plans:
            print_plan(planned_work(plan))
    if not current().as_json:
        for plan in found.plans:
            say(_render(plan))
        if not is_applied:
            say("nothing was published; add --apply to do it")
            return
        print_published(list(found.published), list(found.current), None)
        return
    shown = {
        "published": list(found.published),
        "current": list(found.current),
        "plans": [plan.model_dump(mode="json") for plan in found.plans],
    }
    work = join_plans(map(planned_work, found.plans))
    print_json(shown if is_applied else planned_json(work, work.counts, shown))


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
