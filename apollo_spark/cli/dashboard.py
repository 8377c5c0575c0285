"""`apollo dashboard`: make, show, answer and export dashboards, without a JVM."""

from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import ask_here, perform_and_print, print_answer
from apollo_spark.cli.options import OPTIONS, Option, VerbOptions
from apollo_spark.cli.text import render_dashboard, render_table
from apollo_spark.export.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apollo_spark.model.dashboard.answer import TileAnswer
    from apollo_spark.verbs.dashboard.questions import DashboardData

OTHERS = {
    "from_name": Option("The dataset, or the cohort whose people it is about.", "NAME[@V]",
                        spelled="from"),
    "file": Option("The tiles: YAML or JSON.", "F"),
    "cohort": Option("Another cohort of the dataset, whose people alone are counted.", "NAME[@V]"),
    "compare": Option("A cohort beside it.", "NAME[@V]"),
    "output": Option("F.html is one page; any other F a folder.", "F", short="o"),
    "dry_run": OPTIONS["dry_run"]._replace(help="Check the tiles, and publish nothing."),
}  # fmt: skip
CREATE = VerbOptions("from_name", "file", "dry_run", required=("from_name", "file"), others=OTHERS)
SHOW = VerbOptions(waits=False)
DATA = VerbOptions("cohort", "compare", "engine", others=OTHERS, waits=False)
EXPORT = VerbOptions(
    "output", "cohort", "compare", "force", "engine",
    required=("output",), others=OTHERS, waits=False,
)  # fmt: skip


@click.group("dashboard")
def dashboard_command() -> None:
    """Make dashboards, answer their tiles and export them."""


@dashboard_command.command("create")
@click.argument("name", metavar="NAME")
@CREATE.add
def create(**values: Any) -> None:
    """Publish the tiles of a file over a dataset or a cohort."""
    perform_and_print(CREATE.request("dashboard create", values))


@dashboard_command.command("show")
@click.argument("name", metavar="NAME[@V]")
@SHOW.add
def show_dashboard(**values: Any) -> None:
    """Show the tiles of a dashboard, and which of them cannot be answered."""
    found = ask_here(SHOW.request("dashboard show", values))
    print_answer(found, lambda each: render_dashboard(dict(each.shown)))


@dashboard_command.command("data")
@click.argument("name", metavar="NAME[@V]")
@click.argument("tile", metavar="[TILE]", required=False)
@DATA.add
def data(**values: Any) -> None:
    """Answer the tiles of a dashboard, or one of them by number or title."""
    print_answer(ask_here(DATA.request("dashboard data", values)), _render_data)


@dashboard_command.command("export")
@click.argument("name", metavar="NAME[@V]")
@EXPORT.add
def export(**values: Any) -> None:
    """Write a dashboard as one page that opens offline, or as a folder of Vega-Lite files."""
    found = ask_here(EXPORT.request("dashboard export", values))
    print_answer(found, lambda each: "\n".join(each.files))


def _render_data(found: "DashboardData") -> str:
    several = len(found.tiles) > 1
    tiles = [
        "\n".join(_tile_lines(f"{number}. " if several else "", each))
        for number, each in enumerate(found.tiles, start=1)
    ]
    return "\n\n".join(tiles)


def _tile_lines(number: str, answer: "TileAnswer") -> "Iterator[str]":
    # Only answers need tables.
    from apollo_spark.export.charts.rows import cohort_label
    from apollo_spark.export.charts.tables import beside, chart_tables

    yield printable(f"{number}{answer.title}")
    if answer.problem is not None:
        yield printable(f"not answered: {answer.problem}")
        return
    several = len(answer.all_data) > 1
    for each in answer.all_data:
        name = f"{cohort_label(each)}: " if several else ""
        yield printable(name + ", ".join(beside(answer, each)))
    if answer.log_rank is not None:
        yield f"log-rank between the cohorts: p = {answer.log_rank.p:.3g}"
    for note in answer.notes:
        yield printable(f"note: {note}")
    for table in chart_tables(answer):
        if table.caption:
            yield printable(table.caption)
        if table.rows:
            yield render_table(table.header, table.rows)
