"""`apollo profile`: what the values of fields are like, without a JVM."""

from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import ask_here, print_answer
from apollo_spark.cli.options import Option, VerbOptions
from apollo_spark.cli.text import render_table
from apollo_spark.export.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apollo_spark.model.profile import Bound, CountedValue, FieldProfile, Profiles
    from apollo_spark.model.suppressed import Count

PROFILE = VerbOptions(
    "cohort", "filter", "engine",
    others={
        "cohort": Option("Count the people of a cohort alone.", "C"),
        "filter": Option("Count those alone who fulfil a filter.", "TEXT"),
    },
    waits=False,
)  # fmt: skip
MOST_SHOWN_WHOLE = 3
"""Fields that are shown with values and bins; more are a line each."""
VALUES_SHOWN = 20
BAR = 40
"""Characters of the longest bar."""


@click.command("profile")
@click.argument("name", metavar="NAME[@V]")
@click.argument("patterns", metavar="[PATTERN ...]", nargs=-1)
@PROFILE.add
def profile_command(**values: Any) -> None:
    """Show what the values of fields are like: all fields, or those that PATTERN means.

    A pattern is ENTITY.FIELD, or an expression searched in names, titles, folders and codings.
    Up to three fields are shown with their codes and bins.
    """
    print_answer(ask_here(PROFILE.request("profile", values)), _render)


def _render(found: "Profiles") -> str:
    of = f" of {found.cohort}" if found.cohort else ""
    by = f" with {found.filter}" if found.filter else ""
    when = {"load": "counted at the load", "now": "counted now", "both": "partly counted now"}
    lines = [printable(f"{found.dataset}{of}{by}: {found.people:,} people, {when[found.counted]}")]
    lines += ["", render_table(_HEADER, [_line(each) for each in found.profiles])]
    if len(found.profiles) <= MOST_SHOWN_WHOLE:
        for each in found.profiles:
            lines += _whole(each)
    return "\n".join(lines)


_HEADER = (
    "field", "kind", "rows", "people", "missing", "sparse", "different",
    "least", "median", "greatest", "mean", "commonest",
)  # fmt: skip


def _line(each: "FieldProfile") -> tuple[str, ...]:
    counts = (each.rows, each.people, each.missing)
    first = each.values[0] if each.values else None
    return (
        each.field,
        each.kind,
        *(f"{count:,}" for count in counts),
        f"{each.sparse:,}" if each.sparse else "",
        f"{each.distinct:,}",
        *(_bound(one) for one in (each.min, each.median, each.max, each.mean)),
        "" if first is None else f"{_named(first)} ({_people(first):,})",
    )


def _whole(each: "FieldProfile") -> "Iterator[str]":
    titled = f"{each.field}: {each.title}" if each.title else each.field
    yield from ("", printable(titled + (f" ({each.units})" if each.units else "")))
    if each.q1 is not None:
        spread = "" if each.sd is None else f", standard deviation {_bound(each.sd)}"
        yield f"  quartiles {_bound(each.q1)}, {_bound(each.median)}, {_bound(each.q3)}{spread}"
    counts = [one.count if isinstance(one.count, int) else 0 for one in each.histogram]
    most = max(counts, default=0)
    if most:
        rows = [
            (f"  {_bound(one.start)}", f"{one.count:,}", "#" * -(-count * BAR // most))
            for one, count in zip(each.histogram, counts, strict=True)
        ]
        yield render_table(("  from", "rows", ""), rows)
    yield from _counted_values(each)


def _counted_values(each: "FieldProfile") -> "Iterator[str]":
    for title, values in (("value", each.values), ("sparse code", each.sparse_codes)):
        if values:
            rows = [
                (f"  {one.value}", one.label or "", f"{one.rows:,}", f"{one.people:,}", _below(one))
                for one in values[:VALUES_SHOWN]
            ]
            header = (f"  {title}", "label", "rows", "people", "people with it or below")
            yield render_table(header, rows)
    if not isinstance(each.values_left_out, int):
        yield "  values of few people are not shown"
        return
    left = each.values_left_out + max(len(each.values) - VALUES_SHOWN, 0)
    if left and each.kind in ("codes", "text"):
        yield f"  and {left:,} further values"


def _below(value: "CountedValue") -> str:
    return "" if value.people_below is None else f"{value.people_below:,}"


def _people(value: "CountedValue") -> "Count":
    return value.people if value.people_below is None else value.people_below


def _named(value: "CountedValue") -> str:
    return f"{value.value} {value.label}" if value.label else value.value


def _bound(bound: "Bound | None") -> str:
    if bound is None:
        return ""
    return f"{bound:.6g}" if isinstance(bound, float) else str(bound)
