"""`apollo list`, `show`, `history`, `fields`: questions to the registry, without a JVM."""

from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import ask_here, current, print_answer
from apollo_spark.cli.options import Option, VerbOptions
from apollo_spark.cli.starting import load_arrow_without_numpy
from apollo_spark.cli.text import (
    render_cohort,
    render_dashboard,
    render_history,
    render_list,
    render_record,
    render_table,
)

if TYPE_CHECKING:
    from apollo_spark.verbs.ask.show import Description, FieldList

NOTHING = VerbOptions(waits=False)
LIST = VerbOptions(
    "kind",
    others={"kind": Option("Records of a kind: dataset, cohort or dashboard.", "KIND")},
    waits=False,
)
SHOW = VerbOptions(
    "pins", "full",
    others={
        "pins": Option("Show path, version and hashes of every table.", kind="flag"),
        "full": Option("Show parents and rules of views too.", kind="flag"),
    },
    waits=False,
)  # fmt: skip


def _ask_records(verb: str, options: VerbOptions, values: dict[str, Any]) -> Any:
    """Answer what the records of the lake say: rows are read seldom, and only counted."""
    if current().ends_after:
        load_arrow_without_numpy()
    return ask_here(options.request(verb, values))


@click.command("list")
@LIST.add
def list_command(**values: Any) -> None:
    """List the newest version of every record."""
    found = _ask_records("list", LIST, values)
    print_answer(found, lambda each: render_list(each.as_json()["records"]))


@click.command("show")
@click.argument("name", metavar="NAME[@V]")
@SHOW.add
def show_command(**values: Any) -> None:
    """Show one version of a record: the newest, NAME@3, or NAME@2026-03-01."""
    print_answer(_ask_records("show", SHOW, values), render_description)


def render_description(found: "Description") -> str:
    """Return a record of any kind as text."""
    from apollo_spark.verbs.ask.show import CohortDescription, DashboardDescription

    if isinstance(found, DashboardDescription):
        return render_dashboard(dict(found.shown))
    if isinstance(found, CohortDescription):
        return render_cohort(dict(found.shown))
    return render_record(dict(found.shown), with_pins=found.with_pins)


@click.command("history")
@click.argument("name")
@NOTHING.add
def history_command(**values: Any) -> None:
    """Show all versions of a record, newest last: what made each, when, who, and its rows."""
    found = _ask_records("history", NOTHING, values)
    print_answer(found, lambda each: render_history(each.as_json()))


@click.command("fields")
@click.argument("name", metavar="NAME[@V]")
@click.argument("pattern", required=False)
@NOTHING.add
def fields_command(**values: Any) -> None:
    """Find fields whose name, title, folder or coding contains PATTERN."""
    print_answer(_ask_records("fields", NOTHING, values), _render_fields)


def _render_fields(found: "FieldList") -> str:
    header = ("field", "type", "title", "folder", "coding", "units")
    rows = [(e.path, e.type, e.title, e.folder, e.coding, e.units) for e in found.fields]
    return render_table(header, rows) if rows else ""
