"""Examine the machine and the lake."""

from apollo_spark.errors import ApolloError, BrokenPinError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.rescue import records_in_files, unpinned
from apollo_spark.model.base import Record
from apollo_spark.model.record import PublishedRecord
from apollo_spark.model.request import VerbRequest
from apollo_spark.operations.asker import Asker
from apollo_spark.operations.engines import choose_runner, read_size
from apollo_spark.runtime.machine import MachineFact, machine_facts
from apollo_spark.runtime.settings import LakeSettings
from apollo_spark.verbs.verify.verify import verify_records

NAMED_RECORDS = 20


class DoctorRequest(VerbRequest):
    """What a person asks for: the options of `apollo doctor`.

    Attributes:
        load_size: Bytes of the files of a load, as `200MB`: who would run it is said.
    """

    verb = "doctor"

    load_size: str = "0"


class Examination(Record):
    """What was found on the machine and in the lake."""

    facts: tuple[MachineFact, ...]


def doctor(asker: Asker, request: DoctorRequest) -> Examination:
    """Examine the machine and, if one is given, the lake.

    Raises:
        UsageError: The size is none.
    """
    size = read_size(request.load_size)
    return Examination(facts=examine(asker.lake_given, asker.read_settings(), size))


def examine(
    lake: Lake | None, settings: LakeSettings, load_bytes: int = 0
) -> tuple[MachineFact, ...]:
    """Return what was found on the machine and in the lake, and who would run a load.

    Args:
        lake: The lake, if one is given.
        settings: What the configuration says.
        load_bytes: Bytes of the files of that load. What only Spark needs may be missing where
            threads run it.
    """
    choice = choose_runner(settings, load_bytes)
    by_spark = choice.runner == "spark"
    runner = MachineFact(
        name="Runner of a load" + (f" of {load_bytes:,} bytes" if load_bytes else ""),
        ok=True,
        found=f"{'Spark' if by_spark else 'threads of one process'}: {choice.why}",
    )
    machine = tuple(each if by_spark else _without_spark(each) for each in machine_facts())
    return (*machine, runner, *(() if lake is None else _examine_lake(lake)))


def _without_spark(fact: MachineFact) -> MachineFact:
    if fact.ok or not fact.is_for_spark:
        return fact
    return fact.model_copy(update={"ok": True, "found": f"{fact.found} (only Spark needs it)"})


def _examine_lake(lake: Lake) -> tuple[MachineFact, ...]:
    where = f"Lake {lake.root}"
    if not lake.is_there:
        return (
            MachineFact(name=where, ok=False, found="not there", fix="The first load makes it."),
        )
    try:
        verified = verify_records(lake, None, deep=False)
    except BrokenPinError as error:
        return (_broken(where, str(error)), _what_is_left(lake))
    except ApolloError as error:
        return (
            MachineFact(name=where, ok=False, found=str(error), fix="Bring it back from a copy."),
        )
    found = f"{len(verified.records)} versions, {verified.pins} pins"
    if not verified.problems:
        fact = MachineFact(name=where, ok=True, found=f"{found}, all as published")
        return (fact, *_unpinned(lake))
    return tuple(_broken(where, str(problem)) for problem in verified.problems)


def _broken(where: str, what: str) -> MachineFact:
    return MachineFact(
        name=where,
        ok=False,
        is_broken=True,
        found=what,
        fix="Bring the files back from a copy of the lake; never run VACUUM on its tables.",
    )


def _what_is_left(lake: Lake) -> MachineFact:
    names = records_in_files(lake.registry.folder)
    shown = ", ".join(names[:NAMED_RECORDS]) + (", ..." if len(names) > NAMED_RECORDS else "")
    return MachineFact(
        name="Records in its other files",
        ok=True,
        found=f"{len(names):,}" + (f": {shown}; their tables were not looked at" if names else ""),
    )


def _unpinned(lake: Lake) -> tuple[MachineFact, ...]:
    """Say what of a lake that an earlier version wrote is not pinned."""
    snapshot = lake.registry.snapshot()
    records = tuple(lake.registry.read_all(snapshot.unretired(), PublishedRecord))
    if not (lacking := unpinned(lake, records)):
        return ()
    return (
        MachineFact(
            name="Not pinned",
            ok=True,
            found=f"{', '.join(lacking)}: an earlier version wrote them. The next publication "
            "pins the registry, and the bytes of every file that it writes; apollo verify --deep "
            "compares the rows of the others.",
        ),
    )
