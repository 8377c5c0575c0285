"""`apollo cohort`: ask, keep, combine and count, without a JVM."""

from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import common_options, current, perform_and_print
from apollo_spark.cli.options import OPTIONS, Option, VerbOptions
from apollo_spark.cli.terminal import print_json, put_data, say, show
from apollo_spark.cli.text import render_cohort, render_table
from apollo_spark.export.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from apollo_spark.operations.cohorts.opening import People

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
ENGINE = click.option(
    "--engine",
    type=click.Choice(["auto", "spark", "embedded"]),
    default="auto",
    show_default=True,
    help="Who answers; auto starts no JVM on a local lake.",
)
FROM = click.option("--from", "source", metavar="DATASET[@V]", help="A dataset, for --filter.")
FILTER = click.option("--filter", "text", metavar="TEXT", help="Who is meant, of --from.")


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
@FROM
@FILTER
@ENGINE
@common_options
def count(*, name: str | None, source: str | None, text: str | None, engine: str) -> None:
    """Count the people of a cohort, or of a dataset by a filter."""
    found = _ask(name, source, text, engine, lambda people, answers: people.count(answers))
    if current().as_json:
        print_json({"count": found})
    else:
        show(str(found))


@cohort_command.command("ids")
@click.argument("name", metavar="NAME[@V]")
@ENGINE
@common_options
def ids(*, name: str, engine: str) -> None:
    """List the ids of the people of a cohort, one a line, in the order of the key."""
    from apollo_spark.verbs.cohort.asking import list_ids

    found = _ask(name, None, None, engine, lambda *asked: list(list_ids(*asked)))
    if current().as_json:
        print_json({"ids": found})
    elif found:
        put_data("\n".join(found))


@cohort_command.command("attrition")
@click.argument("name", metavar="NAME[@V]", required=False)
@FROM
@FILTER
@ENGINE
@common_options
def attrition(*, name: str | None, source: str | None, text: str | None, engine: str) -> None:
    """Count who is left after each part of the outermost `and`, and by each part alone."""
    from apollo_spark.verbs.cohort.attrition import attrition_of

    found = _ask(name, source, text, engine, attrition_of)
    if current().as_json:
        print_json(found.model_dump(mode="json"))
        return
    rows = [("everybody", f"{found.people:,}", "")]
    rows += [(each.rule, f"{each.left:,}", f"{each.alone:,}") for each in found.steps]
    show(render_table(("rule", "left", "alone"), rows))


@cohort_command.command("show")
@click.argument("name", metavar="NAME[@V]")
@common_options
def show_cohort(*, name: str) -> None:
    """Show what a cohort means, on which version of which dataset it stands, and its count."""
    from apollo_spark.operations.cohorts.opening import load_cohort
    from apollo_spark.verbs.cohort.asking import describe_cohort

    lake = current().lake()
    shown = describe_cohort(lake, load_cohort(lake, name))
    if current().as_json:
        print_json(shown)
    else:
        show(render_cohort(shown))


def _ask(
    name: str | None,
    source: str | None,
    text: str | None,
    engine: str,
    question: "Callable[..., Any]",
) -> Any:
    """Ask something of the people who are meant."""
    from apollo_spark.operations.answering import answering
    from apollo_spark.verbs.cohort.asking import people_asked_for

    lake = current().lake()
    people: People = people_asked_for(lake, name, source=source, text=text)
    for note in people.notes:
        say(f"note: {printable(note)}")
    with answering(lake, engine, current().settings()) as answers:
        return question(people, answers)
