"""`apollo extend`: what comes later, added to a dataset."""

from collections.abc import Mapping
from typing import Any

import click

from apollo_spark.cli.context import perform_and_print
from apollo_spark.cli.options import ABOUT_MATRICES, OPTIONS, Option, VerbOptions
from apollo_spark.errors import UsageError

OF_CLINICAL = (
    "data", "delete", "dictionary", "codings", "no_codings", "codings_of", "mode", "as_name",
)  # fmt: skip
OF_ASSAYS = (
    "assay", "sources", "id_map", "sample_pattern", "sample_columns", "no_header", "samples",
)  # fmt: skip
EXTENSION = VerbOptions(
    *OF_CLINICAL, "encoding", *ABOUT_MATRICES, "missing", "policy", "report", "dry_run",
    others={
        "data": Option("Files with fields or rows to add.", "ENTITY=FILE|DIR", "pairs"),
        "dictionary": Option("data_dictionary.csv of what is added.", "F"),
        "codings": Option("codings.csv of that dictionary.", "F"),
        "as_name": Option("Publish under another name.", "NAME", spelled="as"),
        "assay": Option("The assay that gets more samples.", "A"),
        "sources": Option(
            "Matrix, long file, manifest or outputs of a quantifier; may be repeated. An assay of "
            "several units needs UNIT=FILE for each of them.",
            "[UNIT=]FILE|DIR", "files", spelled="source",
        ),
        "features": OPTIONS["features"]._replace(
            help="What features do that the assay has not, or that the new samples lack."
        ),
    },
)  # fmt: skip


@click.command("extend")
@click.argument("name", metavar="NAME[@V]")
@EXTENSION.add
def extend_command(**values: Any) -> None:
    """Add clinical files, or samples of an assay, to NAME as its next version.

    Only what is new is written.
    """
    _require_one_form(values)
    verb = "extend" if values["data"] or values["delete"] else "extend assay"
    perform_and_print(EXTENSION.request(verb, values), has_steps=True)


def _require_one_form(values: Mapping[str, Any]) -> None:
    clinical = [_spelled(each) for each in OF_CLINICAL if values[each]]
    assay = [_spelled(each) for each in OF_ASSAYS if values[each]]
    if clinical and assay:
        raise UsageError(
            f"--{assay[0]} and --{clinical[0]} do not go together.",
            why="An extension adds clinical files or samples of an assay.",
        )
    if not (values["data"] or values["delete"] or (values["assay"] and values["sources"])):
        raise UsageError(
            "What is added is not said.",
            fix="Give --data ENTITY=FILE for clinical files, or --assay A with --source F for "
            "more samples.",
        )


def _spelled(name: str) -> str:
    return (OPTIONS[name].spelled or name).replace("_", "-")
