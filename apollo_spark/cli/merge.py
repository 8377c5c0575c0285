"""`apollo merge`: two datasets, or an assay and a dataset, as one, without a JVM."""

from typing import TYPE_CHECKING, Literal

import click

from apollo_spark.cli.context import (
    common_options,
    perform_and_print,
    split_names,
    wait_option,
)

if TYPE_CHECKING:
    from apollo_spark.model.request import PublishRequest


@click.group("merge")
def merge_command() -> None:
    """Publish two datasets as one; nothing is copied."""


@merge_command.command("clinical")
@click.argument("source", metavar="SOURCE[@V]")
@click.argument("target", metavar="TARGET[@V]")
@click.option("--as", "as_name", required=True, metavar="NAME", help="The name of the result.")
@click.option(
    "--link",
    metavar="S_ENTITY.FIELD=T_ENTITY.FIELD",
    help="Fields that hold the same values; by default both global keys.",
)
@click.option(
    "--relationship",
    type=click.Choice(["one_to_one", "many_to_one", "one_to_many"]),
    help="Read from source to target; one_to_one between primary keys, else many_to_one.",
)
@click.option(
    "--on-clash",
    default="refuse",
    show_default=True,
    metavar="RULE",
    help="Names that both have: refuse, join, prefix:P or join,prefix:P.",
)
@click.option("--policy", metavar="F", help="YAML: what refuses or warns.")
@click.option("--report", metavar="DIR", help="Folder for the ids that match nothing, as csv.")
@click.option("--dry-run", is_flag=True, help="Count what matches, and publish nothing.")
@wait_option
@common_options
def clinical(
    *, source: str, target: str, as_name: str, link: str | None,
    relationship: Literal["one_to_one", "many_to_one", "one_to_many"] | None, on_clash: str,
    policy: str | None, report: str | None, dry_run: bool,
) -> None:  # fmt: skip
    """Join the entities of SOURCE to those of TARGET, whose main entity stays main."""
    from apollo_spark.verbs.merge.merge import ClinicalMergeRequest

    request = ClinicalMergeRequest(
        source=source,
        target=target,
        as_name=as_name,
        link=link,
        relationship=relationship,
        on_clash=on_clash,
        policy=policy,
        report=report,
        dry_run=dry_run,
    )
    _perform(request)


@merge_command.command("assay")
@click.argument("source", metavar="SOURCE[@V]")
@click.argument("target", metavar="TARGET[@V]")
@click.option("--as", "as_name", required=True, metavar="NAME", help="The name of the result.")
@click.option("--assay", required=True, metavar="A", help="The assay of the source.")
@click.option("--name", metavar="N", help="What the assay is called in the result.")
@click.option(
    "--link-file",
    metavar="F",
    help="csv with a header: ids of samples, and values of the target's field.",
)
@click.option(
    "--link", metavar="ENTITY.FIELD", help="A field of the target; by default its global key."
)
@click.option(
    "--sample-fields", metavar="LIST", help="Fields of the samples that come along; all by default."
)
@click.option("--no-sample-fields", is_flag=True, help="Leave the samples' own fields out.")
@click.option("--policy", metavar="F", help="YAML: what refuses or warns.")
@click.option("--report", metavar="DIR", help="Folder for the ids that match nothing, as csv.")
@click.option("--dry-run", is_flag=True, help="Count what matches, and publish nothing.")
@wait_option
@common_options
def assay(
    *, source: str, target: str, as_name: str, assay: str, name: str | None,
    link_file: str | None, link: str | None, sample_fields: str | None, no_sample_fields: bool,
    policy: str | None, report: str | None, dry_run: bool,
) -> None:  # fmt: skip
    """Join an assay of SOURCE to an entity of TARGET."""
    from apollo_spark.verbs.merge.merge import AssayMergeRequest

    request = AssayMergeRequest(
        source=source,
        target=target,
        as_name=as_name,
        assay=assay,
        name=name,
        link_file=link_file,
        link=link,
        sample_fields=split_names(sample_fields),
        no_sample_fields=no_sample_fields,
        policy=policy,
        report=report,
        dry_run=dry_run,
    )
    _perform(request)


def _perform(request: "PublishRequest") -> None:
    from apollo_spark.verbs.merge.merge import describe_receipt

    perform_and_print(request, describe=lambda outcome: describe_receipt(outcome.receipt_json()))
