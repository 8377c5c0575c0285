"""`apollo load`: raw files in, a published dataset out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from apollo_spark.cli.columns import column_options, read_column_options
from apollo_spark.cli.context import common_options, perform_and_print, wait_option

DELIMITER_HELP = "What parts the cells of data files: a character, or tab; else files tell."

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group("load")
def load_command() -> None:
    """Load raw files and publish a dataset."""


def load_options(*, needs_table: bool) -> Callable[[Command], Command]:
    """Return what adds the options that every load has: of tables of rows, and of checks.

    Args:
        needs_table: Whether there is no load without a dictionary and data files.
    """
    options = (
        click.option("--dictionary", required=needs_table, metavar="F",
                     help="data_dictionary.csv"),
        click.option("--codings", metavar="F", help="codings.csv"),
        click.option("--data", multiple=True, required=needs_table, metavar="ENTITY=FILE|DIR",
                     help="Data files of an entity; may be repeated."),
        click.option("--missing", metavar="LIST",
                     help="Texts that mean missing, parted by commas; empty always does."),
        click.option("--policy", metavar="F", help="YAML: what refuses, quarantines or warns."),
        click.option("--report", metavar="DIR", help="Folder of the validation report."),
        click.option("--dry-run", is_flag=True,
                     help="Run every check, write nothing to the lake."),
    )  # fmt: skip

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def _read_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return what a request of any load takes, from options as they were given."""
    from apollo_spark.sources.inputs import parse_data_option

    missing, report = options.pop("missing"), options.pop("report")
    return {
        **options,
        "data": tuple(parse_data_option(each) for each in options.pop("data")),
        "missing": tuple(missing.split(",")) if missing else (),
        "report": str(Path(report)) if report else None,
    }


@load_command.command("clinical")
@click.argument("name")
@click.option("--entities", metavar="F", help="entity_dictionary.csv")
@click.option("--schema", "schema_tag", metavar="TAG", help="Tag of like datasets.")
@click.option(
    "--encoding",
    default="utf-8",
    show_default=True,
    metavar="E",
    help="Encoding of the data files.",
)
@click.option("--delimiter", metavar="D", help=DELIMITER_HELP)
@load_options(needs_table=True)
@wait_option
@common_options
def clinical(**options: Any) -> None:
    """Load clinical files with their dictionaries as the next version of NAME."""
    from apollo_spark.ingest.plan import ClinicalLoad

    perform_and_print(ClinicalLoad(**_read_options(options)), may_be_new=True, has_steps=True)


@load_command.command("expression")
@click.argument("name")
@click.option("--assay", required=True, metavar="A", help="Name of the assay.")
@click.option(
    "--unit",
    required=True,
    metavar="U",
    help="count, expected_count, tpm, fpkm, fpkm_uq, rpkm or other:NAME.",
)
@click.option(
    "--source",
    "sources",
    multiple=True,
    required=True,
    metavar="FILE|DIR",
    help="Matrix, long file, manifest or outputs of a quantifier; may be repeated.",
)
@click.option(
    "--format",
    default="auto",
    show_default=True,
    metavar="F",
    help="matrix, long, manifest, salmon, kallisto ...; auto detects it.",
)
@click.option("--annotation", metavar="F", help="GTF file or table of genes or transcripts.")
@click.option("--release", metavar="TEXT", help="Release of the annotation.")
@click.option("--id-map", metavar="F", help="csv with columns from and to: other ids to Ensembl.")
@click.option(
    "--feature-ids",
    type=click.Choice(["ensembl", "any"]),
    default="ensembl",
    show_default=True,
    help="Whether ids must be ENSG or ENST.",
)
@click.option(
    "--features",
    type=click.Choice(["refuse", "union"]),
    default="refuse",
    show_default=True,
    help="What files with different features do.",
)
@click.option(
    "--on-duplicate",
    type=click.Choice(["refuse", "sum", "mean", "first"]),
    default="refuse",
    show_default=True,
    help="What a repeated feature does.",
)
@click.option("--sample-pattern", metavar="RE", help="Finds the sample id in a file's path.")
@column_options
@click.option("--delimiter", metavar="D", help=DELIMITER_HELP)
@click.option(
    "--strand",
    type=click.Choice(["unstranded", "forward", "reverse"]),
    default="unstranded",
    show_default=True,
    help="Which counts of STAR and of the GDC are taken.",
)
@click.option(
    "--replace",
    is_flag=True,
    help="Keep nothing of the version before: no other units, no sample fields.",
)
@load_options(needs_table=False)
@wait_option
@common_options
def expression(**options: Any) -> None:
    """Load one unit of an expression assay as the next version of NAME."""
    from apollo_spark.assays.expression.request import ExpressionLoad

    read_column_options(options)
    perform_and_print(ExpressionLoad(**_read_options(options)), may_be_new=True, has_steps=True)
