"""`apollo cohort`: ask, keep, combine and count, without a JVM."""

from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import ask_here, current, perform_and_print, print_answer
from apollo_spark.cli.options import OPTIONS, Option, VerbOptions
from apollo_spark.cli.terminal import print_json, put_data
from apollo_spark.cli.text import render_cohort, render_table
from apollo_spark.export.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from apollo_spark.verbs.cohort.attrition import Attrition
    from apollo_spark.verbs.cohort.compare import CohortComparison
    from apollo_spark.verbs.cohort.explanation import Explanation, ExplanationPair
    from apollo_spark.verbs.cohort.summary import ValueCount, ValueSummary

OTHERS = {
    "from_name": Option("The dataset, or the cohort that is narrowed.", "NAME[@V]", spelled="from"),
    "filter": Option("A filter that the people fulfil.", "TEXT"),
    "filter_file": Option("A file with the filter.", "F"),
    "filter_json": Option("The filter as JSON of the original: a file, -, or the JSON.", "F"),
    "ids": Option("A file with the ids of the people, one a line.", "F"),
    "title": Option("What it is called for people.", "TEXT"),
    "description": Option("What it is for.", "TEXT"),
    "operation": Option(
        "What is done with the cohorts.", "WORD",
        choices=("union", "intersect", "subtract", "exactly-one", "complement"),
    ),
    "dry_run": OPTIONS["dry_run"]._replace(help="Count who would be in it, and publish nothing."),
}  # fmt: skip
CREATE = VerbOptions(
    "from_name", "filter", "filter_file", "filter_json", "ids", "title", "description", "dry_run",
    required=("from_name",), others=OTHERS,
)  # fmt: skip
COMBINE = VerbOptions(
    "operation", "title", "description", "dry_run", required=("operation",), others=OTHERS
)
ASKING = {
    **OTHERS,
    "from_name": OTHERS["from_name"]._replace(help="A dataset, for --filter."),
    "filter": OTHERS["filter"]._replace(help="Who is meant, of --from."),
}  # fmt: skip
PEOPLE = VerbOptions("from_name", "filter", "engine", others=ASKING, waits=False)
IDS = VerbOptions("engine", others=ASKING, waits=False)
SHOW = VerbOptions(waits=False)
EXPLAIN = VerbOptions(
    "onto",
    others={"onto": Option("Another version of it or of its dataset: what changed.", "NAME@V")},
    waits=False,
)
COMPARE = VerbOptions(
    "fields", "engine",
    others={**ASKING, "fields": Option(
        "The fields; by default those of the main entity.", "LIST|F"
    )},
    waits=False,
)  # fmt: skip

TEST = VerbOptions(
    "from_name", "filter", "file", required=("file",),
    others={
        "from_name": OTHERS["from_name"]._replace(
            help="A dataset, whose dictionary the filter is read with."
        ),
        "filter": OTHERS["filter"]._replace(help="A filter instead of a cohort."),
        "file": Option("Invented rows, and who of them must be in and out.", "F"),
    },
    waits=False,
)  # fmt: skip


@click.group("cohort")
def cohort_command() -> None:
    """Make cohorts of people, combine, count and explain them."""


@cohort_command.command("create")
@click.argument("name", metavar="NAME")
@CREATE.add
def create(**values: Any) -> None:
    """Publish the people of a dataset, or of a cohort, that a filter or a list of ids means."""
    perform_and_print(CREATE.request("cohort create", values))


@cohort_command.command("combine")
@click.argument("name", metavar="NAME")
@click.argument("cohorts", metavar="COHORT[@V] ...", nargs=-1, required=True)
@COMBINE.add
def combine(**values: Any) -> None:
    """Publish cohorts of one version of a dataset as one; combinations may be combined again."""
    perform_and_print(COMBINE.request("cohort combine", values))


@cohort_command.command("count")
@click.argument("name", metavar="NAME[@V]", required=False)
@PEOPLE.add
def count(**values: Any) -> None:
    """Count the people of a cohort, or of a dataset by a filter."""
    print_answer(ask_here(PEOPLE.request("cohort count", values)), lambda each: f"{each.count}")


@cohort_command.command("ids")
@click.argument("name", metavar="NAME[@V]")
@IDS.add
def ids(**values: Any) -> None:
    """List the ids of the people of a cohort, one a line, in the order of the key."""
    found = ask_here(IDS.request("cohort ids", values))
    if current().as_json:
        print_json(found.as_json())
    elif found.ids:
        put_data("\n".join(found.ids))


@cohort_command.command("attrition")
@click.argument("name", metavar="NAME[@V]", required=False)
@PEOPLE.add
def attrition(**values: Any) -> None:
    """Count who is left after each part of the outermost `and`, and by each part alone."""
    print_answer(ask_here(PEOPLE.request("cohort attrition", values)), _render_attrition)


@cohort_command.command("show")
@click.argument("name", metavar="NAME[@V]")
@SHOW.add
def show_cohort(**values: Any) -> None:
    """Show what a cohort means, on which version of which dataset it is based, and its count."""
    found = ask_here(SHOW.request("cohort show", values))
    print_answer(found, lambda each: render_cohort(dict(each.shown)))


@cohort_command.command("compare")
@click.argument("first", metavar="A[@V]")
@click.argument("second", metavar="B[@V]")
@COMPARE.add
def compare(**values: Any) -> None:
    """Compare two cohorts: sizes, overlap, and what fields say about each."""
    print_answer(ask_here(COMPARE.request("cohort compare", values)), _render_comparison)


@cohort_command.command("explain")
@click.argument("name", metavar="NAME[@V]")
@click.argument("id", metavar="ID")
@EXPLAIN.add
def explain(**values: Any) -> None:
    """Say why a person is in a cohort or not: which part decided, by which rows."""
    print_answer(ask_here(EXPLAIN.request("cohort explain", values)), _render_explanation)


@cohort_command.command("test")
@click.argument("name", metavar="NAME[@V]", required=False)
@TEST.add
def try_cohort(**values: Any) -> None:
    """Test what a cohort, or a filter, means on a few invented rows; a filter needs no lake."""
    request = TEST.request("cohort test", values)
    needs_lake = values["name"] is not None or values["from_name"] is not None
    found = ask_here(request, needs_lake=needs_lake)
    print_answer(found, lambda each: f"{len(each.people) - each.failed} of {len(each.people)} pass")
    found.require_passed()


def _render_explanation(found: "ExplanationPair") -> str:
    lines = [*_explained(found.explanation)]
    if found.onto is not None:
        lines += ["", *_explained(found.onto), "", *(
            f"changed: {each.rule}: {each.what}" if each.rule else f"changed: {each.what}"
            for each in found.changes
        )]  # fmt: skip
    return "\n".join(printable(each) for each in lines)


def _explained(found: "Explanation") -> "Iterator[str]":
    verdict = "is in" if found.is_member else "is not in"
    yield f"the person {verdict} {found.cohort}, in {found.dataset}"
    if found.withdrawn:
        yield "withdrawn: in no cohort"
    for each in found.parts:
        mark = "decides" if each.decides else ""
        yield f"{'yes' if each.holds else 'no':4}{mark:8}{each.rule}"
        for entity, rows in each.rows.items():
            for row in rows:
                cells = ", ".join(f"{name} {_cell(value)}" for name, value in row.items())
                yield f"            {entity}: {cells}"
        for path, codes in each.codes.items():
            for code, above in codes.items():
                yield f"            {path} {code} under {' < '.join(above) or 'nothing'}"


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_cell(each) for each in value) + "]"
    return "missing" if value is None else str(value)


def _render_comparison(found: "CohortComparison") -> str:
    sizes = f"{found.first}: {found.sizes[0]:,} people, {found.second}: {found.sizes[1]:,}"
    rows: list[tuple[str, ...]] = []
    for each in found.fields:
        both = (each.first, each.second)
        counts = [f"{one.n:,} ({one.missing:,} missing, {one.sparse:,} sparse)" for one in both]
        rows.append((each.field, "", *counts, _apart(each.standardised_difference)))
        if each.first.is_of_numbers and each.second.is_of_numbers:
            rows += _numbers(both)
        elif each.first.dates or each.second.dates:
            rows += _dates(both)
        else:
            rows += _values(both, each.differences_by_value)
    header = ("field", "", found.first, found.second, "standardised difference")
    table = render_table(header, rows)
    return f"{sizes}, in both: {found.both:,}\n\n{table}"


def _numbers(both: "Sequence[ValueSummary]") -> "Iterator[tuple[str, ...]]":
    means = [_pair(each.mean, each.sd) for each in both]
    medians = [
        ""
        if each.median is None or each.q1 is None or each.q3 is None
        else f"{each.median:.4g} ({each.q1:.4g} to {each.q3:.4g})"
        for each in both
    ]
    yield ("", "mean (SD)", *means, "")
    yield ("", "median (quartiles)", *medians, "")


def _apart(difference: float | None) -> str:
    return "" if difference is None else f"{difference:.3f}"


def _dates(both: "Sequence[ValueSummary]") -> "Iterator[tuple[str, ...]]":
    found = [[_short(each) for each in one.dates] for one in both]
    deviations = ["" if each.sd is None else f" ({each.sd:.4g} days)" for each in both]
    means = [_short(each.mean_date or "") + sd for each, sd in zip(both, deviations, strict=True)]
    yield ("", "mean (SD)", *means, "")
    medians = [f"{each[2]} ({each[1]} to {each[3]})" if each else "" for each in found]
    yield ("", "median (quartiles)", *medians, "")
    yield ("", "first to last", *(f"{each[0]} to {each[4]}" if each else "" for each in found), "")


def _short(moment: str) -> str:
    """Return a date, or a datetime to the minute."""
    return moment[:16].replace("T", " ")


def _values(
    both: "Sequence[ValueSummary]", apart: "Mapping[str, float | None]"
) -> "Iterator[tuple[str, ...]]":
    found = [{each.value: each for each in one.values} for one in both]
    for value in dict.fromkeys(each for one in found for each in one):
        cells = [one.get(value) for one in found]
        label = next(each.label or each.value for each in cells if each is not None)
        # Of guarded cohorts a value that is not listed need not be missing.
        nothing = next((f"{x.different}" for x in both if not isinstance(x.different, int)), "0")
        shown = [nothing if one is None else _with_share(one) for one in cells]
        yield ("", label, *shown, _apart(apart.get(value)))


def _with_share(one: "ValueCount") -> str:
    return f"{one.count:,}" + ("" if one.share is None else f" ({one.share:.1%})")


def _pair(mean: float | None, deviation: float | None) -> str:
    if mean is None:
        return ""
    return f"{mean:.4g}" + ("" if deviation is None else f" ({deviation:.4g})")


def _render_attrition(found: "Attrition") -> str:
    rows = [("everybody", f"{found.people:,}", "")]
    rows += [(each.rule, f"{each.left:,}", f"{each.alone:,}") for each in found.steps]
    return render_table(("rule", "left", "alone"), rows)
