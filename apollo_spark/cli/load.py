"""`apollo load`: raw files in, a published dataset out."""

from pathlib import Path

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
