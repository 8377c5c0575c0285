"""`apollo extract`: rows and dictionaries out of a dataset."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import (
    common_options,
    current,
    perform_here,
    print_outcome,
    print_plans,
)
from apollo_spark.cli.options import Option, VerbOptions
from apollo_spark.cli.terminal import print_json, put_data, say
from apollo_spark.errors import UsageError

if TYPE_CHECKING:
    from apollo_spark.assays.expression.read.matrix_memory import ReadEstimate


SEALED = VerbOptions(
    "output", "dry_run",
    required=("output",),
    others={
        "output": Option("Folder; not there, or empty.", "DIR", short="o"),
        "dry_run": Option("Count what it would hold, and write nothing.", kind="flag"),
    },
    waits=False,
)  # fmt: skip


@click.group("extract")
def extract_command() -> None:
    """Write rows or dictionaries to files."""


@extract_command.command("fields")
@click.argument("name", metavar="NAME[@V]")
@click.option(
    "--fields",
    required=True,
    metavar="LIST|F",
    help="entity.field,entity.field ... or a file with one a line.",
)
@click.option(
    "--values",
    type=click.Choice(["raw", "decoded", "exclude-sparse"]),
    default="raw",
    show_default=True,
    help="Codes as stored, as meanings, or without sparse codes.",
)
@click.option("--per-entity", is_flag=True, help="Write one file for each entity.")
@click.option("-o", "--output", metavar="F", help="csv, tsv or parquet by its ending; - is stdout.")
@click.option("--force", is_flag=True, help="Overwrite existing files.")
@click.option(
    "--spreadsheet-safe",
    is_flag=True,
    help="Put ' before text that a spreadsheet would take for a formula.",
)
@click.option("--sql", "only_sql", is_flag=True, help="Print the statement instead of the rows.")
@click.option("--full", is_flag=True, help="Print a statement that shows the rule of a view.")
@click.option(
    "--engine",
    type=click.Choice(["auto", "spark", "embedded"]),
    default="auto",
    show_default=True,
    help="Who answers; auto starts no JVM on a local lake.",
)
@common_options
def fields_command(
    *, name: str, fields: str, values: str, per_entity: bool, output: str | None, force: bool,
    spreadsheet_safe: bool, only_sql: bool, full: bool, engine: str,
) -> None:  # fmt: skip
    """Extract fields of one or several entities, joined outward from the main entity."""
    from apollo_spark.verbs.ask.extract import ExtractJob, extract_fields, extract_sql, plan_extract

    job = ExtractJob(
        name=name, fields=fields, values=values.replace("-", "_"), per_entity=per_entity,
        output=output, force=force, engine=engine, spreadsheet_safe=spreadsheet_safe,
    )  # fmt: skip
    _require_file_for_json(output)
    lake = current().lake()
    if only_sql:
        _print_statement(extract_sql(lake, job, full=full))
    elif current().as_json and output is None:
        plan_extract(lake, job)
        _print_written({})
    else:
        _print_written(extract_fields(lake, job, settings=current().settings(), say=say))


def _require_file_for_json(output: str | None) -> None:
    if current().as_json and output == "-":
        raise UsageError(
            "Data and the JSON object cannot both go to standard output.",
            fix="Name a file with -o, or leave --json out.",
        )


def _print_statement(text: str) -> None:
    if current().as_json:
        print_json({"sql": text})
    else:
        put_data(text)


def _print_written(rows: Mapping[str, int]) -> None:
    """Print for --json the files that were written and how many rows; data need a file then."""
    if not current().as_json:
        return
    if not rows:
        say("note: no data were written, because --json takes standard output; add -o F")
    files = [{"path": path, "rows": count} for path, count in rows.items()]
    print_json({"written": list(rows), "rows": sum(rows.values()), "files": files})


@extract_command.command("expression")
@click.argument("name", metavar="NAME[@V]")
@click.option("--assay", metavar="A", help="The assay; by default the first one.")
@click.option("--unit", metavar="U", help="The unit; by default that of the first load.")
@click.option(
    "--filter-json",
    metavar="F",
    help="A filter: a file, - for stdin, or the JSON itself; without one everything.",
)
@click.option("--matrix", is_flag=True, help="A row for each sample, a column for each feature.")
@click.option(
    "--additional-fields",
    metavar="LIST",
    help="Of feature_name, chrom, start, end, strand.",
)
@click.option(
    "-o",
    "--output",
    metavar="F",
    help="csv, tsv or parquet by its ending, a matrix also h5ad; - is stdout.",
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.option("--sql", "only_sql", is_flag=True, help="Print the statement instead of the rows.")
@click.option("--full", is_flag=True, help="Print a statement that shows the rule of a view.")
@click.option("--dry-run", is_flag=True, help="Say how many rows and bytes it would be.")
@common_options
def expression_command(
    *, name: str, assay: str | None, unit: str | None, filter_json: str | None, matrix: bool,
    additional_fields: str | None, output: str | None, force: bool, only_sql: bool, full: bool,
    dry_run: bool,
) -> None:  # fmt: skip
    """Extract expression values: feature_id,sample_id,expression, or a matrix."""
    from apollo_spark.assays.expression.read.extract import (
        ExpressionJob,
        estimate_expression,
        expression_sql,
        extract_expression,
        plan_expression,
    )

    job = ExpressionJob(
        name=name, assay=assay, unit=unit, filter_json=filter_json, matrix=matrix,
        additional_fields=additional_fields, output=output, force=force,
    )  # fmt: skip
    _require_file_for_json(output)
    lake = current().lake()
    if only_sql:
        _print_statement(expression_sql(lake, job, full=full, say=say))
    elif dry_run:
        _print_estimate(estimate_expression(lake, job, say=say))
    elif current().as_json and output is None:
        plan_expression(lake, job)
        _print_written({})
    else:
        _print_written(extract_expression(lake, job, say=say))


def _print_estimate(found: "ReadEstimate") -> None:
    if current().as_json:
        print_json(asdict(found))
        return
    read = "" if found.stored_bytes is None else f", {found.stored_bytes:,} bytes read"
    say(
        f"{found.samples:,} samples x {found.features:,} features: at most {found.rows:,} rows, "
        f"{found.bytes:,} bytes in memory{read}"
    )


@extract_command.command("dictionary")
@click.argument("name", metavar="NAME[@V]")
@click.option("-o", "--output", required=True, metavar="DIR", help="Folder; made if missing.")
@click.option("--force", is_flag=True, help="Overwrite existing files.")
@common_options
def dictionary_command(*, name: str, output: str, force: bool) -> None:
    """Write the three dictionary files of a dataset."""
    from apollo_spark.verbs.ask.extract import extract_dictionary

    written = extract_dictionary(current().lake(), name, folder=output, force=force)
    if current().as_json:
        print_json({"written": list(written)})
    else:
        for path in written:
            say(f"wrote {path}")


@extract_command.command("sealed")
@click.argument("name", metavar="NAME[@V]")
@SEALED.add
def sealed_command(**values: Any) -> None:
    """Write a copy that holds what NAME shows and no more, as a lake of its own."""
    outcome = perform_here(SEALED.request("extract sealed", values))
    print_plans(outcome)
    if outcome.plan is None:
        say(f"wrote a lake with {', '.join(outcome.published)} to {values['output']}")
    else:
        say("nothing was written: this was a dry run")
    print_outcome(outcome, lambda _: None)


@extract_command.command("sql")
@click.argument("name", metavar="NAME[@V]")
@click.option(
    "--dialect",
    default="databricks",
    show_default=True,
    metavar="D",
    help="databricks or spark.",
)
@click.option("--schema", metavar="CATALOG.SCHEMA", help="Where the views go; by default NAME.")
@click.option("--grant", multiple=True, metavar="GROUP", help="Who may read the views.")
@click.option("--full", is_flag=True, help="Print statements that show the rule of a view.")
@common_options
def sql_command(
    *, name: str, dialect: str, schema: str | None, grant: tuple[str, ...], full: bool
) -> None:
    """Print statements that make a view of each entity, at the pinned versions."""
    from apollo_spark.verbs.ask.sql import SqlJob, create_views

    job = SqlJob(name=name, dialect=dialect, schema_name=schema, grant_to=grant, full=full)
    _print_statement(create_views(current().lake(), job))
