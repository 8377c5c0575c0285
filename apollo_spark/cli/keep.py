"""`apollo verify` and `doctor`: is everything still as it was published, and what is missing."""

from typing import TYPE_CHECKING

import click

from apollo_spark.cli.context import common_options, current
from apollo_spark.cli.terminal import print_json, say, show
from apollo_spark.errors import BrokenPinError, EnvironmentProblemError, InputFileError

if TYPE_CHECKING:
    from apollo_spark.verbs.verify.proof import SourceProof
    from apollo_spark.verbs.verify.verify import Verification

SAID = {"file": "source changed", "different": "different", "unproven": "not proven"}


@click.command("verify")
@click.argument("name", required=False, metavar="[NAME[@V]]")
@click.option("--deep", is_flag=True, help="Read all rows and compare their content hashes.")
@click.option(
    "--sources", is_flag=True, help="Make the tables again from their files, and compare."
)
@click.option("--full", is_flag=True, help="Say of views too what is not as it was.")
@common_options
def verify_command(*, name: str | None, deep: bool, sources: bool, full: bool) -> None:
    """Prove that pins can be read as published: those of NAME, or of every version of all."""
    from apollo_spark.verbs.verify.verify import verify_records

    settings = current().settings() if sources else None
    result = verify_records(current().lake(), name, deep=deep, sources=settings, full=full)
    if current().as_json:
        print_json(result.model_dump(mode="json"))
    for of, count in result.withdrawn:
        say(f"withdrawn: {count:,} of {of} are hidden from all readers")
    for problem in result.problems:
        say(f"{'broken' if problem.is_broken else 'at risk'}: {problem}")
    _require_equal_sources(result)
    if broken := [each for each in result.problems if each.is_broken]:
        raise BrokenPinError(
            f"{len(broken)} of {result.pins} pins or parts are broken.",
            fix="Bring the files back from a copy of the lake; other versions stay readable.",
        )
    if not current().as_json:
        show(f"{len(result.records)} versions, {result.pins} pins: all as published")


def _equal(proof: "SourceProof") -> str:
    if proof.tables is None:
        return "what it shows equals its source files"
    return f"{proof.tables} tables equal their {proof.files} source files"


def _require_equal_sources(result: "Verification") -> None:
    """Show how versions compare with their files, and refuse where they differ."""
    for proof in result.sources:
        if not proof.problems:
            say(f"{proof.record}: {_equal(proof)}")
        for problem in proof.problems:
            say(f"{SAID[problem.kind]}: {problem}")
    kinds = {problem.kind for proof in result.sources for problem in proof.problems}
    if "file" in kinds:
        raise InputFileError(
            "Not all sources are as they were loaded, and what was made of them is not proven.",
            fix="Bring the files back to where they were; relative paths start from here.",
        )
    if "different" in kinds:
        raise BrokenPinError("What is stored is not what its sources hold; see above.")


@click.command("doctor")
@click.option(
    "--load-size",
    metavar="SIZE",
    default="0",
    help="Say who would run a load of so many bytes, and why: 200MB, 5GB.",
)
@common_options
def doctor_command(load_size: str) -> None:
    """Check the machine and, if one is given, the lake."""
    from apollo_spark.operations.engines import read_size
    from apollo_spark.verbs.verify.doctor import examine

    lake = current().lake(may_be_new=True) if current().has_lake else None
    facts = examine(lake, current().settings(), read_size(load_size))
    if current().as_json:
        print_json({"facts": [each.model_dump(mode="json") for each in facts]})
    else:
        for fact in facts:
            show(f"{'ok     ' if fact.ok else 'PROBLEM'}  {fact.name}: {fact.found}")
            if not fact.ok and fact.fix:
                show(f"         {fact.fix}")
    if lake is not None:
        lake.require_there()
    if any(fact.is_broken for fact in facts):
        raise BrokenPinError("The lake is not as it was published; see above.")
    if not all(fact.ok for fact in facts):
        raise EnvironmentProblemError("Something is not as it is needed; see above.")
