"""`apollo verify` and `doctor`: is everything still as it was published, and what is missing."""

import click

from apollo_spark.cli.context import common_options, current, print_json, say
from apollo_spark.errors import BrokenPinError, EnvironmentProblemError


@click.command("verify")
@click.argument("name", required=False, metavar="[NAME[@V]]")
@click.option("--deep", is_flag=True, help="Read all rows and compare their content hashes.")
@common_options
def verify_command(*, name: str | None, deep: bool) -> None:
    """Prove that pins can be read as published: those of NAME, or of every version of all."""
    from apollo_spark.workflows.verify import verify_records

    result = verify_records(current().lake(), name, deep=deep)
    if current().as_json:
        print_json(result.model_dump(mode="json"))
    for of, count in result.withdrawn:
        say(f"withdrawn: {count:,} of {of} are hidden from all readers")
    for problem in result.problems:
        say(f"{'broken' if problem.is_broken else 'at risk'}: {problem}")
    if broken := [each for each in result.problems if each.is_broken]:
        raise BrokenPinError(
            f"{len(broken)} of {result.pins} pins or parts are broken.",
            fix="Bring the files back from a copy of the lake; other versions stay readable.",
        )
    if not current().as_json:
        click.echo(f"{len(result.records)} versions, {result.pins} pins: all as published")


@click.command("doctor")
@common_options
def doctor_command() -> None:
    """Check the machine and, if one is given, the lake."""
    from apollo_spark.workflows.verify import examine

    lake = current().lake() if current().has_lake else None
    facts = examine(lake)
    if current().as_json:
        print_json({"facts": [each.model_dump(mode="json") for each in facts]})
    else:
        for fact in facts:
            click.echo(f"{'ok     ' if fact.ok else 'PROBLEM'}  {fact.name}: {fact.found}")
            if not fact.ok and fact.fix:
                click.echo(f"         {fact.fix}")
    if not all(fact.ok for fact in facts):
        raise EnvironmentProblemError("Something is not as it is needed; see above.")
