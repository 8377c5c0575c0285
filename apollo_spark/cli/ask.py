"""`apollo list`, `show`, `history`, `fields`: questions to the registry, without a JVM."""

from typing import Any

import click

from apollo_spark.cli.context import common_options, current
from apollo_spark.cli.terminal import print_json, show
from apollo_spark.cli.text import render_history, render_list, render_record, render_table


@click.command("list")
@common_options
def list_command() -> None:
    """List the newest version of every record."""
    rows = [each.model_dump(mode="json") for each in current().lake().list_records()]
    if current().as_json:
        print_json({"records": rows})
    elif rows:
        show(render_list(rows))


@click.command("show")
@click.argument("name", metavar="NAME[@V]")
@click.option("--pins", is_flag=True, help="Show path, version and hashes of every table.")
@click.option("--full", is_flag=True, help="Show parents and rules of views too.")
@common_options
def show_command(*, name: str, pins: bool, full: bool) -> None:
    """Show one version of a record: the newest, NAME@3, or NAME@2026-03-01."""
    from apollo_spark.cli.cohort import print_cohort
    from apollo_spark.model.cohort import CohortRecord
    from apollo_spark.model.dataset import DatasetRecord
    from apollo_spark.model.names import parse_reference
    from apollo_spark.model.record import Published, require_kind
    from apollo_spark.verbs.ask.show import describe_record
    from apollo_spark.verbs.cohort.asking import describe_cohort

    lake = current().lake()
    record = lake.load(parse_reference(name), Published)
    if isinstance(record, CohortRecord):
        print_cohort(describe_cohort(lake, record))
        return
    require_kind(record, record.kind, DatasetRecord)
    assert isinstance(record, DatasetRecord), "a kind has one class"
    shown: dict[str, Any] = describe_record(lake, record, with_pins=pins or full, full=full)
    if record.hides:
        from apollo_spark.verbs.ask.shown_counts import count_shown, with_counts

        shown = with_counts(shown, count_shown(lake, record))
    if current().as_json:
        print_json(shown)
    else:
        show(render_record(shown, with_pins=pins or full))


@click.command("history")
@click.argument("name")
@common_options
def history_command(*, name: str) -> None:
    """Show all versions of a record, newest last: what made each, when, who, and its rows."""
    from apollo_spark.verbs.ask.history import describe_history

    rows = describe_history(current().lake(), name)
    if current().as_json:
        print_json({"versions": rows})
    else:
        show(render_history(rows))


@click.command("fields")
@click.argument("name", metavar="NAME[@V]")
@click.argument("pattern", required=False)
@common_options
def fields_command(*, name: str, pattern: str | None) -> None:
    """Find fields whose name, title, folder or coding contains PATTERN."""
    from apollo_spark.model.names import parse_reference
    from apollo_spark.verbs.ask.show import find_fields

    lake = current().lake()
    record = lake.load_record(parse_reference(name))
    lines = find_fields(lake.load_dictionary(record), pattern)
    if current().as_json:
        print_json({"fields": [each.model_dump() for each in lines]})
    elif lines:
        header = ("field", "type", "title", "folder", "coding", "units")
        rows = [(e.path, e.type, e.title, e.folder, e.coding, e.units) for e in lines]
        show(render_table(header, rows))
