"""`apollo verify` and `doctor`: is everything still as it was published, and what is missing."""

from typing import TYPE_CHECKING, Any

import click

from apollo_spark.cli.context import ask_here, current, print_answer
from apollo_spark.cli.options import Option, VerbOptions
from apollo_spark.cli.terminal import print_json, say, show
from apollo_spark.errors import BrokenPinError, EnvironmentProblemError, InputFileError

if TYPE_CHECKING:
    from apollo_spark.verbs.verify.doctor import Examination
    from apollo_spark.verbs.verify.proof import SourceProof
    from apollo_spark.verbs.verify.verify import Verification

SAID = {"file": "source changed", "different": "different", "unproven": "not proven"}


VERIFY = VerbOptions(
    "deep", "sources", "full",
    others={
        "deep": Option("Read all rows and compare their content hashes.", kind="flag"),
        "sources": Option("Make the tables again from their files, and compare.", kind="flag"),
        "full": Option("Say of views too what is not as it was.", kind="flag"),
    },
    waits=False,
)  # fmt: skip
DOCTOR = VerbOptions(
    "load_size",
    others={
        "load_size": Option(
            "Say who would run a load of so many bytes, and why: 200MB, 5GB.", "SIZE", default="0"
        )
    },
    waits=False,
)


@click.command("verify")
@click.argument("name", required=False, metavar="[NAME[@V]]")
@VERIFY.add
def verify_command(**values: Any) -> None:
    """Prove that pins can be read as published: those of NAME, or of every version of all."""
    from apollo_spark.verbs.verify.verify import require_sound

    result = ask_here(VERIFY.request("verify", values))
    if current().as_json:
        print_json(result.as_json())
    for of, count in result.withdrawn:
        say(f"withdrawn: {count:,} of {of} are hidden from all readers")
    for problem in result.problems:
        risk = "not proven" if problem.is_unproven else "at risk"
        say(f"{'broken' if problem.is_broken else risk}: {problem}")
    _require_equal_sources(result)
    require_sound(result)
    if not current().as_json:
        unproven = any(each.is_unproven for each in result.problems)
        compared = "all that was compared is as published" if unproven else "all as published"
        show(f"{len(result.records)} versions, {result.pins} pins: {compared}")


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
@DOCTOR.add
def doctor_command(**values: Any) -> None:
    """Check the machine and, if one is given, the lake."""
    shared = current()
    found = ask_here(DOCTOR.request("doctor", values), needs_lake=False)
    print_answer(found, _render_facts)
    if shared.has_lake:
        shared.lake()
    if any(fact.is_broken for fact in found.facts):
        raise BrokenPinError("The lake is not as it was published; see above.")
    if not all(fact.ok for fact in found.facts):
        raise EnvironmentProblemError("Something is not as it is needed; see above.")


def _render_facts(found: "Examination") -> str:
    lines = []
    for fact in found.facts:
        lines.append(f"{'ok     ' if fact.ok else 'PROBLEM'}  {fact.name}: {fact.found}")
        if not fact.ok and fact.fix:
            lines.append(f"         {fact.fix}")
    return "\n".join(lines)
