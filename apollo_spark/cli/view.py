"""`apollo view`: publish a part of a dataset under its own name, without a JVM."""

import click

from apollo_spark.cli.context import (
    common_options,
    perform_and_print,
    split_names,
    wait_option,
)


@click.command("view")
@click.argument("name", metavar="NAME[@V]")
@click.option("--as", "as_name", required=True, metavar="NAME", help="The name of the view.")
@click.option("--fields", metavar="LIST|F", help="Fields to keep, or a file with one a line.")
@click.option("--entities", metavar="LIST", help="Entities to keep.")
@click.option("--assays", metavar="LIST", help="Assays to keep; an empty list keeps none.")
@click.option("--rows", metavar="FILTER", help="Rows of the main entity to keep, as a filter.")
@click.option("--dry-run", is_flag=True, help="Count what the view shows, and publish nothing.")
@wait_option
@common_options
def view_command(
    *,
    name: str,
    as_name: str,
    fields: str | None,
    entities: str | None,
    assays: str | None,
    rows: str | None,
    dry_run: bool,
) -> None:
    """Publish fewer entities, fields, assays or rows of NAME as a dataset of its own.

    Nothing is copied. Who can read the files of the lake can read what a view hides: for others
    write a sealed copy (apollo extract sealed).
    """
    from apollo_spark.verbs.view import ViewRequest

    request = ViewRequest(
        name=name,
        as_name=as_name,
        fields=fields,
        entities=split_names(entities),
        assays=split_names(assays),
        rows=rows,
        dry_run=dry_run,
    )
    perform_and_print(request)
