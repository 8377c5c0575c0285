"""`apollo lineage` and `trace`: what a version was made from, and where one cell came from."""

from typing import TYPE_CHECKING

import click

from apollo_spark.cli.context import common_options, current
from apollo_spark.cli.terminal import print_json, say, show

if TYPE_CHECKING:
    from apollo_spark.verbs.ask.trace import CellTrace


@click.command("lineage")
@click.argument("name", metavar="NAME[@V]")
@click.option("--svg", metavar="F", help="Write a picture too.")
@click.option("--force", is_flag=True, help="Overwrite an existing picture.")
@click.option("--full", is_flag=True, help="Show what views are made from too.")
@common_options
def lineage_command(*, name: str, svg: str | None, force: bool, full: bool) -> None:
    """Show what a version was made from: operations, files and versions, as a tree."""
    from pathlib import Path

    from apollo_spark.export.lineage_svg import lineage_svg
    from apollo_spark.export.lineage_text import lineage_json, lineage_text
    from apollo_spark.export.rows import completed_file, require_free
    from apollo_spark.verbs.ask.lineage import read_lineage

    if svg is not None:
        require_free(svg, force=force)
    tree = read_lineage(current().lake(), name, full=full)
    if svg is not None:
        with completed_file(Path(svg)) as file:
            file.write(lineage_svg(tree).encode())
    if current().as_json:
        print_json(lineage_json(tree))
    else:
        show(lineage_text(tree))


@click.command("trace")
@click.argument("name", metavar="NAME[@V]")
@click.argument("entity")
@click.argument("key")
@click.argument("field")
@click.option("--value", "with_value", is_flag=True, help="Show the value too: it is data.")
@click.option("--full", is_flag=True, help="Show tables, files and lines of a view too.")
@common_options
def trace_command(
    *, name: str, entity: str, key: str, field: str, with_value: bool, full: bool
) -> None:
    """Find the raw file, its SHA-256 and the line that FIELD of the row KEY came from."""
    from apollo_spark.verbs.ask.trace import trace_cell

    traced = trace_cell(current().lake(), name, entity, key, field, full=full)
    if current().as_json:
        value = {"value": traced.value} if with_value else {}
        print_json({**traced.trace.model_dump(mode="json"), **value})
        return
    for line in _lines(traced.trace):
        show(line)
    if with_value:
        show(f"value    {'' if traced.value is None else traced.value}")
    if traced.trace.table is None:
        say("a view does not say where its rows are; --full does")
    elif traced.trace.source is None:
        say("the line is not known: the value was not written from one file alone")


def _lines(trace: "CellTrace") -> list[str]:
    cell = f"cell     {trace.entity}.{trace.field} of {trace.dataset}"
    if trace.table is None:
        return [cell]
    lines = [
        cell,
        f"table    {trace.table}@{trace.table_version}",
        f"parquet  {trace.file}, row {trace.row}",
    ]
    if trace.made_by:
        lines.append(f"made by  {trace.made_by}, {trace.operation}")
    if trace.source is not None:
        line = "" if trace.source.line is None else f", line {trace.source.line}"
        lines.append(f"source   {trace.source.file}{line}, column {trace.column}")
        lines.append(f"sha256   {trace.source.sha256}")
    for each in trace.inputs:
        lines.append(f"source   {each.name}, column {trace.column}")
        lines.append(f"sha256   {each.sha256}")
    return lines
