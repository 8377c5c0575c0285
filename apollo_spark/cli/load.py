"""`apollo load`: raw files in, a published dataset out."""

from pathlib import Path
from typing import Literal

import click

from apollo_spark.cli.context import common_options, current, print_published, say


@click.group("load")
def load_command() -> None:
    """Load raw files and publish a dataset."""


@load_command.command("clinical")
@click.argument("name")
@click.option("--dictionary", required=True, metavar="F", help="data_dictionary.csv")
@click.option("--codings", metavar="F", help="codings.csv")
@click.option("--entities", metavar="F", help="entity_dictionary.csv")
@click.option(
    "--data",
    multiple=True,
    required=True,
    metavar="ENTITY=FILE|DIR",
    help="Data files of an entity; may be repeated.",
)
@click.option("--schema", metavar="TAG", help="Tag of like datasets.")
@click.option(
    "--missing",
    metavar="LIST",
    help="Texts that mean missing, parted by commas; empty always does.",
)
@click.option(
    "--encoding",
    default="utf-8",
    show_default=True,
    metavar="E",
    help="Encoding of the data files.",
)
@click.option("--policy", metavar="F", help="YAML: what refuses, quarantines or warns.")
@click.option("--report", metavar="DIR", help="Folder of the validation report.")
@click.option("--dry-run", is_flag=True, help="Run every check, write nothing to the lake.")
@common_options
def clinical(
    *, name: str, dictionary: str, codings: str | None, entities: str | None,
    data: tuple[str, ...], schema: str | None, missing: str | None, encoding: str,
    policy: str | None, report: str | None, dry_run: bool,
) -> None:  # fmt: skip
    """Load clinical files with their dictionaries as the next version of NAME."""
    from apollo_spark.sources.inputs import parse_data_option
    from apollo_spark.workflows.clinical_plan import ClinicalLoad
    from apollo_spark.workflows.start import run_clinical_load

    request = ClinicalLoad(
        name=name,
        dictionary=dictionary,
        codings=codings,
        entities=entities,
        data=tuple(parse_data_option(each) for each in data),
        schema_tag=schema,
        missing=tuple(missing.split(",")) if missing else (),
        encoding=encoding,
        policy=policy,
        report=str(Path(report)) if report else None,
        dry_run=dry_run,
    )
    shared = current()
    outcome = run_clinical_load(
        shared.lake(), request, settings=shared.settings(), say=say, verbose=shared.verbose
    )
    print_published(list(outcome.published), list(outcome.current), outcome.receipt_json())


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
    multiple=True,
    required=True,
    metavar="FILE|DIR",
    help="Matrix, long file, manifest or outputs of a quantifier; may be repeated.",
)
@click.option(
    "--format",
    "format_",
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
@click.option("--missing", metavar="LIST", help="Texts that mean missing; empty always does.")
@click.option("--policy", metavar="F", help="YAML: what refuses or warns.")
@click.option("--report", metavar="DIR", help="Folder of the validation report.")
@click.option("--dry-run", is_flag=True, help="Run every check, write nothing to the lake.")
@common_options
def expression(
    *, name: str, assay: str, unit: str, source: tuple[str, ...], format_: str,
    annotation: str | None, release: str | None, id_map: str | None, feature_ids: str,
    features: str, on_duplicate: Literal["refuse", "sum", "mean", "first"],
    sample_pattern: str | None, missing: str | None, policy: str | None, report: str | None,
    dry_run: bool,
) -> None:  # fmt: skip
    """Load an expression assay as the next version of NAME."""
    from apollo_spark.workflows.expression_plan import ExpressionLoad
    from apollo_spark.workflows.start import run_expression_load

    request = ExpressionLoad(
        name=name,
        assay=assay,
        unit=unit,
        sources=source,
        format=format_,
        annotation=annotation,
        release=release,
        id_map=id_map,
        feature_ids=feature_ids,
        features=features,
        on_duplicate=on_duplicate,
        sample_pattern=sample_pattern,
        missing=tuple(missing.split(",")) if missing else (),
        policy=policy,
        report=report,
        dry_run=dry_run,
    )
    shared = current()
    outcome = run_expression_load(
        shared.lake(), request, settings=shared.settings(), say=say, verbose=shared.verbose
    )
    print_published(list(outcome.published), list(outcome.current), outcome.receipt_json())
