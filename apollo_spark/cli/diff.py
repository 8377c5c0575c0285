"""`apollo diff`: what differs between two versions, without a JVM."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import ask_here, print_answer
from apollo_spark.cli.options import Option, VerbOptions
from apollo_spark.cli.text import render_table
from apollo_spark.export.printable import printable

if TYPE_CHECKING:
    from apollo_spark.model.diff import AssayDiff, DatasetDiff
    from apollo_spark.verbs.cohort.diff import CohortDiff
    from apollo_spark.verbs.dashboard.describing import DashboardDiff


DIFF = VerbOptions(
    "keys", "force",
    others={
        "keys": Option("Write the keys of rows that differ there, as csv.", "DIR"),
        "force": Option("Overwrite files of keys.", kind="flag"),
    },
    waits=False,
)  # fmt: skip


@click.command("diff")
@click.argument("first", metavar="NAME[@V]")
@click.argument("second", metavar="NAME[@V]")
@DIFF.add
def diff_command(**values: Any) -> None:
    """Compare two versions: schema, and rows by key, with counts per field."""
    print_answer(ask_here(DIFF.request("diff", values)), render_diff)


def render_cohort_diff(diff: "CohortDiff") -> str:
    """Return what differs between two cohorts as text."""
    pairs = (("dataset", diff.datasets), ("means", diff.filters))
    told = [f"{title}: {one} -> {other}" for title, (one, other) in pairs if one != other]
    told += [f"codings that differ: {', '.join(diff.codings)}"] * bool(diff.codings)
    people = f"people: {diff.sizes[0]:,} -> {diff.sizes[1]:,}"
    return "\n".join([*told, f"{people}, {diff.added:,} added, {diff.removed:,} removed"])


def render_dashboard_diff(diff: "DashboardDiff") -> str:
    """Return what differs between two dashboards as text."""
    pairs = (("dataset", diff.datasets), ("cohort", diff.cohorts), ("title", diff.titles))
    words = (("added", diff.added), ("removed", diff.removed), ("changed", diff.changed))
    lines = [
        f"{word}: {one or 'none'} -> {other or 'none'}"
        for word, (one, other) in pairs
        if one != other
    ]
    lines += [f"codings that differ: {', '.join(diff.codings)}"] * bool(diff.codings)
    lines += [f"tile {word}: {each}" for word, names in words for each in names]
    return "\n".join(printable(each) for each in lines)


def render_diff(diff: "DatasetDiff | CohortDiff | DashboardDiff") -> str:
    """Return the differences as text; what is the same is left out."""
    if diff.is_same:
        return f"{diff.first} and {diff.second} are the same"
    from apollo_spark.verbs.cohort.diff import CohortDiff
    from apollo_spark.verbs.dashboard.describing import DashboardDiff

    if isinstance(diff, DashboardDiff):
        return f"{diff.first} -> {diff.second}\n{render_dashboard_diff(diff)}"
    if isinstance(diff, CohortDiff):
        return f"{diff.first} -> {diff.second}\n{render_cohort_diff(diff)}"
    parts = [f"{diff.first} -> {diff.second}", *_render_schema(diff), *_render_rows(diff)]
    parts += [_render_assay(each) for each in diff.assays if not each.is_same]
    return "\n".join(parts)


def _render_schema(diff: "DatasetDiff") -> list[str]:
    schema = diff.schema_diff
    renamed = [f"{each.before} -> {each.after}" for each in schema.fields_renamed]
    retyped = [f"{each.before} -> {each.after}" for each in schema.fields_retyped]
    codings = [
        f"{each.name} (+{each.added:,} -{each.removed:,} codes, {each.changed:,} changed)"
        for each in diff.codings
    ]
    lists = (
        ("entities added", schema.entities_added),
        ("entities removed", schema.entities_removed),
        ("fields added", schema.fields_added),
        ("fields removed", schema.fields_removed),
        ("fields renamed", renamed),
        ("fields retyped", retyped),
        ("relations added", diff.relations_added),
        ("relations removed", diff.relations_removed),
        ("codings changed", codings),
        ("assays added", diff.assays_added),
        ("assays removed", diff.assays_removed),
    )
    return [f"{title}: {', '.join(names)}" for title, names in lists if names]


def _render_rows(diff: "DatasetDiff") -> list[str]:
    rows = []
    for each in (one for one in diff.entities if not one.is_same):
        counts = (f"{each.added:,}", f"{each.removed:,}", f"{each.changed:,}" if each.key else "")
        rows.append((each.name, *counts))
        rows += [(f"  {spec.name}", "", "", f"{spec.changed:,}") for spec in each.fields]
    shown = [render_table(("rows", "added", "removed", "changed"), rows)] if rows else []
    return [*shown, *_left_out(diff)]


def _left_out(diff: "DatasetDiff") -> Iterator[str]:
    """Yield what was not compared, and what the counts of rows mean then."""
    for each in diff.entities:
        if each.key_left_out is not None:
            yield (
                f"{each.name}: {each.key_left_out}, so it was left out: rows were compared whole, "
                "by their other fields, and only their numbers are meant by added and removed"
            )
        others = [
            name for name in each.not_compared if f"'{name}'" not in (each.key_left_out or "")
        ]
        if others:
            yield f"{each.name}: not compared, as their type differs: {', '.join(others)}"


def _render_assay(assay: "AssayDiff") -> str:
    counts = f"{assay.samples_added:,} samples added, {assay.samples_removed:,} removed"
    units = (
        ("units added", assay.units_added),
        ("units removed", assay.units_removed),
        ("other values in", assay.units_changed),
    )
    if assay.features_added or assay.features_removed:
        counts += f"; {assay.features_added:,} features added, {assay.features_removed:,} removed"
    said = [f"{title} {', '.join(names)}" for title, names in units if names]
    return "; ".join([f"assay {assay.name}: {counts}", *said])
