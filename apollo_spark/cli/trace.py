"""`apollo lineage` and `trace`: what a version was made from, and where one cell came from."""

from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import ask_here, current, print_answer
from apollo_spark.cli.options import Option, VerbOptions
from apollo_spark.cli.terminal import say

if TYPE_CHECKING:
    from apollo_spark.verbs.ask.trace import CellTrace, Traced

LINEAGE = VerbOptions(
    "svg", "force", "full",
    others={
        "svg": Option("Write a picture too.", "F"),
        "force": Option("Overwrite an existing picture.", kind="flag"),
        "full": Option("Show what views are made from too.", kind="flag"),
    },
    waits=False,
)  # fmt: skip
TRACE = VerbOptions(
    "value", "full",
    others={
        "value": Option("Show the value too: it is data.", kind="flag"),
        "full": Option("Show tables, files and lines of a view too.", kind="flag"),
    },
    waits=False,
)  # fmt: skip


@click.command("lineage")
@click.argument("name", metavar="NAME[@V]")
@LINEAGE.add
def lineage_command(**values: Any) -> None:
    """Show what a version was made from: operations, files and versions, as a tree."""
    from apollo_spark.export.lineage_text import lineage_text

    print_answer(ask_here(LINEAGE.request("lineage", values)), lineage_text)


@click.command("trace")
@click.argument("name", metavar="NAME[@V]")
@click.argument("entity")
@click.argument("key")
@click.argument("field")
@TRACE.add
def trace_command(**values: Any) -> None:
    """Find the raw file, its SHA-256 and the line that FIELD of the row KEY came from."""
    traced = ask_here(TRACE.request("trace", values))
    print_answer(traced, _render)
    if current().as_json:
        return
    if traced.trace.table is None:
        say("a view does not say where its rows are; --full does")
    elif traced.trace.source is None:
        say("the line is not known: the value was not written from one file alone")


def _render(traced: "Traced") -> str:
    lines = _lines(traced.trace)
    if traced.with_value:
        lines.append(f"value    {'' if traced.value is None else traced.value}")
    return "\n".join(lines)


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
