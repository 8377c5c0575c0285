"""`apollo extend`: what comes later, added to a dataset that stands."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.columns import column_options, read_column_options
from apollo_spark.cli.context import (
    common_options,
    perform_and_print,
    split_names,
    wait_option,
)
from apollo_spark.cli.load import DELIMITER_HELP
from apollo_spark.errors import UsageError

if TYPE_CHECKING:
    from apollo_spark.model.request import PublishRequest


@click.command("extend")
@click.argument("name", metavar="NAME[@V]")
@click.option(
    "--data", multiple=True, metavar="ENTITY=FILE|DIR", help="Files with fields or rows to add."
)
@click.option(
    "--delete", multiple=True, metavar="ENTITY=FILE", help="Keys of rows that go, under the header."
)
@click.option("--dictionary", metavar="F", help="data_dictionary.csv of what is added.")
@click.option("--codings", metavar="F", help="codings.csv of that dictionary.")
@click.option("--no-codings", is_flag=True, help="Infer no codings: values stay as they are.")
@click.option(
    "--codings-of", metavar="LIST", help="The columns whose values are codes, and no others."
)
@click.option(
    "--mode",
    type=click.Choice(["fields", "rows", "entity"]),
    help="What the files add; by default their entity and columns tell.",
)
@click.option("--as", "as_name", metavar="NAME", help="Publish under another name.")
@click.option(
    "--encoding", default="utf-8", show_default=True, metavar="E", help="Encoding of data files."
)
@click.option("--delimiter", metavar="D", help=DELIMITER_HELP)
@click.option("--assay", metavar="A", help="The assay that gets more samples.")
@click.option(
    "--source",
    multiple=True,
    metavar="[UNIT=]FILE|DIR",
    help="Matrix, long file, manifest or outputs of a quantifier; may be repeated. An assay of "
    "several units needs UNIT=FILE for each of them.",
)
@click.option(
    "--format",
    "format_",
    default="auto",
    show_default=True,
    metavar="F",
    help="matrix, long, manifest, salmon, kallisto ...; auto detects it.",
)
@click.option("--id-map", metavar="F", help="csv with columns from and to: other ids to Ensembl.")
@click.option(
    "--features",
    type=click.Choice(["refuse", "union"]),
    default="refuse",
    show_default=True,
    help="What features do that the assay has not, or that the new samples lack.",
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
@click.option(
    "--strand",
    type=click.Choice(["unstranded", "forward", "reverse"]),
    default="unstranded",
    show_default=True,
    help="Which column of the files that count by strand.",
)
@click.option("--missing", metavar="LIST", help="Texts that mean missing; empty always does.")
@click.option("--policy", metavar="F", help="YAML: what refuses, quarantines or warns.")
@click.option("--report", metavar="DIR", help="Folder of the validation report.")
@click.option("--dry-run", is_flag=True, help="Run every check, write nothing to the lake.")
@wait_option
@common_options
def extend_command(*, name: str, **options: Any) -> None:
    """Add clinical files, or samples of an assay, to NAME as its next version.

    Only what is new is written.
    """
    _require_one_form(options)
    read_column_options(options)
    is_clinical = options["data"] or options["delete"]
    read = _read_clinical if is_clinical else _read_assay
    perform_and_print(read(name, options), has_steps=True)


CLINICAL = (
    "data", "delete", "dictionary", "codings", "no_codings", "codings_of", "mode", "as_name",
)  # fmt: skip
ASSAY = ("assay", "source", "id_map", "sample_pattern", "sample_columns", "no_header", "samples")


def _require_one_form(options: Mapping[str, Any]) -> None:
    clinical = [each for each in CLINICAL if options[each]]
    assay = [each for each in ASSAY if options[each]]
    if clinical and assay:
        raise UsageError(
            f"--{assay[0].replace('_', '-')} and "
            f"--{clinical[0].removesuffix('_name').replace('_', '-')} "
            "do not go together.",
            why="An extension adds clinical files or samples of an assay.",
        )
    if not (options["data"] or options["delete"] or (options["assay"] and options["source"])):
        raise UsageError(
            "What is added is not said.",
            fix="Give --data ENTITY=FILE for clinical files, or --assay A with --source F for "
            "more samples.",
        )


def _read_clinical(name: str, options: Mapping[str, Any]) -> "PublishRequest":
    from apollo_spark.operations.requests.extend import ClinicalExtension
    from apollo_spark.sources.inputs import parse_data_option

    return ClinicalExtension(
        name=name,
        data=tuple(parse_data_option(each) for each in options["data"]),
        delete=tuple(parse_data_option(each) for each in options["delete"]),
        dictionary=options["dictionary"],
        codings=options["codings"],
        no_codings=options["no_codings"],
        codings_of=split_names(options["codings_of"]),
        mode=options["mode"],
        as_name=options["as_name"],
        encoding=options["encoding"],
        delimiter=options["delimiter"],
        **_shared_options(options),
    )


def _read_assay(name: str, options: Mapping[str, Any]) -> "PublishRequest":
    from apollo_spark.assays.expression.extend.plan import AssayExtension

    return AssayExtension(
        name=name,
        assay=options["assay"],
        sources=options["source"],
        format=options["format_"],
        id_map=options["id_map"],
        features=options["features"],
        on_duplicate=options["on_duplicate"],
        sample_pattern=options["sample_pattern"],
        sample_columns=options["sample_columns"],
        delimiter=options["delimiter"],
        no_header=options["no_header"],
        samples=options["samples"],
        strand=options["strand"],
        **_shared_options(options),
    )


def _shared_options(options: Mapping[str, Any]) -> dict[str, Any]:
    missing, report = options["missing"], options["report"]
    return {
        "missing": tuple(missing.split(",")) if missing else (),
        "policy": options["policy"],
        "report": str(Path(report)) if report else None,
        "dry_run": options["dry_run"],
    }
