"""`apollo merge`: two datasets, or an assay and a dataset, as one, without a JVM."""

from typing import Any

import click

from apollo_spark.cli.context import perform_and_print
from apollo_spark.cli.options import OPTIONS, Option, VerbOptions

OF_MERGES = {
    "policy": Option("YAML: what refuses or warns.", "F"),
    "report": OPTIONS["report"]._replace(help="Folder for the ids that match nothing, as csv."),
    "dry_run": Option("Count what matches, and publish nothing.", kind="flag"),
    "assay": Option("The assay of the source.", "A"),
}
CLINICAL = VerbOptions(
    "as_name", "link", "relationship", "on_clash", "policy", "report", "dry_run",
    required=("as_name",),
    others={
        **OF_MERGES,
        "link": OPTIONS["link"]._replace(
            help="Fields that hold the same values; by default both global keys."
        ),
    },
)  # fmt: skip
ASSAY = VerbOptions(
    "as_name", "assay", "name", "link_file", "link", "sample_fields", "no_sample_fields", "policy",
    "report", "dry_run",
    required=("as_name", "assay"),
    others={
        **OF_MERGES,
        "link": Option("A field of the target; by default its global key.", "ENTITY.FIELD"),
    },
)  # fmt: skip


@click.group("merge")
def merge_command() -> None:
    """Publish two datasets as one; nothing is copied."""


@merge_command.command("clinical")
@click.argument("source", metavar="SOURCE[@V]")
@click.argument("target", metavar="TARGET[@V]")
@CLINICAL.add
def clinical(**values: Any) -> None:
    """Join the entities of SOURCE to those of TARGET, whose main entity stays main."""
    _perform("merge clinical", CLINICAL, values)


@merge_command.command("assay")
@click.argument("source", metavar="SOURCE[@V]")
@click.argument("target", metavar="TARGET[@V]")
@ASSAY.add
def assay(**values: Any) -> None:
    """Join an assay of SOURCE to an entity of TARGET."""
    _perform("merge assay", ASSAY, values)


def _perform(verb: str, options: VerbOptions, values: dict[str, Any]) -> None:
    from apollo_spark.verbs.merge.merge import describe_receipt

    perform_and_print(
        options.request(verb, values),
        describe=lambda outcome: describe_receipt(outcome.receipt_json()),
    )
