"""Verify records, and examine the machine and the lake."""

from apollo_spark.errors import ApolloError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.machine import MachineFact, machine_facts
from apollo_spark.lake.verifying import VerifyProblem
from apollo_spark.model.base import Record
from apollo_spark.model.names import RecordReference, parse_reference


class Verification(Record):
    """What was verified, and what is not as it was published."""

    records: tuple[str, ...]
    pins: int
    problems: tuple[VerifyProblem, ...]


def verify_records(lake: Lake, name: str | None, *, deep: bool) -> Verification:
    """Verify one version, all versions of a name given without a version, or everything.

    Raises:
        NotFoundError: There is no such record.
    """
    snapshot = lake.registry.snapshot()
    if name is None:
        entries = tuple(each for each in snapshot.entries if each.kind == "dataset")
    else:
        reference = parse_reference(name)
        newest = snapshot.get(reference)
        has_version = reference.version is not None or reference.before is not None
        entries = (newest,) if has_version else snapshot.versions_of(newest.name)
    records = [
        lake.load_record(RecordReference(name=each.name, version=each.version)) for each in entries
    ]
    problems = [problem for each in records for problem in lake.verify(each, deep=deep)]
    return Verification(
        records=tuple(str(each) for each in records),
        pins=sum(len(each.pins) for each in records),
        problems=tuple(problems),
    )


def examine(lake: Lake | None) -> tuple[MachineFact, ...]:
    """Return what was found on the machine and in the lake."""
    return (*machine_facts(), *(() if lake is None else _examine_lake(lake)))


def _examine_lake(lake: Lake) -> tuple[MachineFact, ...]:
    where = f"Lake {lake.root}"
    if not lake.root.exists:
        return (MachineFact(name=where, ok=True, found="not there yet; the first load makes it"),)
    try:
        verified = verify_records(lake, None, deep=False)
    except ApolloError as error:
        return (
            MachineFact(name=where, ok=False, found=str(error), fix="Bring it back from a copy."),
        )
    found = f"{len(verified.records)} versions, {verified.pins} pins"
    if not verified.problems:
        return (MachineFact(name=where, ok=True, found=f"{found}, all as published"),)
    return tuple(
        MachineFact(
            name=where,
            ok=False,
            found=str(problem),
            fix="Bring the files back from a copy of the lake; never run VACUUM on its tables.",
        )
        for problem in verified.problems
    )
