"""`apollo load`: raw files in, a published dataset out."""

from typing import Any

import click

from apollo_spark.cli.context import perform_and_print
from apollo_spark.cli.options import ABOUT_MATRICES, ABOUT_ROWS, VerbOptions

CLINICAL = VerbOptions(
    "entities", "schema_tag", "encoding", "delimiter", *ABOUT_ROWS,
    required=("data",),
)  # fmt: skip
EXPRESSION = VerbOptions(
    "unit", *ABOUT_MATRICES, "annotation", "release", "feature_ids", "replace", *ABOUT_ROWS,
    required=("assay", "unit", "sources"),
)  # fmt: skip


@click.group("load")
def load_command() -> None:
    """Load raw files and publish a dataset."""


@load_command.command("clinical")
@click.argument("name")
@CLINICAL.add
def clinical(**values: Any) -> None:
    """Load clinical files as the next version of NAME.

    Without --dictionary one is drafted from the files, and shown.
    """
    request = CLINICAL.request("load clinical", values)
    perform_and_print(request, may_be_new=True, has_steps=True)


@load_command.command("expression")
@click.argument("name")
@EXPRESSION.add
def expression(**values: Any) -> None:
    """Load one unit of an expression assay as the next version of NAME."""
    request = EXPRESSION.request("load expression", values)
    perform_and_print(request, may_be_new=True, has_steps=True)
