"""`apollo extract`: rows and dictionaries out of a dataset."""

import click

from apollo_spark.cli.context import common_options, current, print_json, say


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
@click.option("--sql", "only_sql", is_flag=True, help="Print the statement instead of the rows.")
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
    only_sql: bool, engine: str,
) -> None:  # fmt: skip
    """Extract fields of one or several entities, joined outward from the main entity."""
    from apollo_spark.workflows.extract import ExtractJob, extract_fields, extract_sql

    job = ExtractJob(
        name=name, fields=fields, values=values.replace("-", "_"), per_entity=per_entity,
        output=output, force=force, engine=engine,
    )  # fmt: skip
    lake = current().lake()
    if only_sql:
        click.echo(extract_sql(lake, job))
        return
    written = extract_fields(lake, job, settings=current().settings(), say=say)
    if written and current().as_json:
        print_json({"written": list(written)})


@extract_command.command("dictionary")
@click.argument("name", metavar="NAME[@V]")
@click.option("-o", "--output", required=True, metavar="DIR", help="Folder; made if missing.")
@click.option("--force", is_flag=True, help="Overwrite existing files.")
@common_options
def dictionary_command(*, name: str, output: str, force: bool) -> None:
    """Write the three dictionary files of a dataset."""
    from apollo_spark.workflows.extract import extract_dictionary

    written = extract_dictionary(current().lake(), name, folder=output, force=force)
    if current().as_json:
        print_json({"written": list(written)})
    else:
        for path in written:
            say(f"wrote {path}")
