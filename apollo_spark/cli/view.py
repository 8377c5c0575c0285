"""`apollo view`: publish a part of a dataset under its own name, without a JVM."""

from typing import Any

import click

from apollo_spark.cli.context import perform_and_print
from apollo_spark.cli.options import Option, VerbOptions

VIEW = VerbOptions(
    "as_name", "fields", "entities", "assays", "rows", "dry_run",
    required=("as_name",),
    others={
        "as_name": Option("The name of the view.", "NAME", spelled="as"),
        "entities": Option("Entities to keep.", "LIST", "names"),
        "dry_run": Option("Count what the view shows, and publish nothing.", kind="flag"),
    },
)  # fmt: skip


@click.command("view")
@click.argument("name", metavar="NAME[@V]")
@VIEW.add
def view_command(**values: Any) -> None:
    """Publish fewer entities, fields, assays or rows of NAME as a dataset of its own.

    Nothing is copied. Who can read the files of the lake can read what a view hides: for others
    write a sealed copy (apollo extract sealed).
    """
    perform_and_print(VIEW.request("view", values))
