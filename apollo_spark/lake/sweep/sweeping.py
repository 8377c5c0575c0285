"""Which files of a lake nobody reads any more: a pure decision over what lies there.

Kept are the files of every version of a table that an unretired record pins, and whatever is
younger than the grace period: a load that is under way has written files that nobody pins yet.
"""

from collections.abc import Iterable

from apollo_spark.lake.storage.disk import DiskFile
from apollo_spark.model.base import Record
from apollo_spark.model.pin import TABLES, owner_of


class PinnedVersion(Record):
    """A version of a table that an unretired record pins, and the files that it is made of."""

    version: int
    names: frozenset[str]


class StoredTable(Record):
    """The folder of a table.

    Attributes:
        location: The table.
        files: Its Parquet files.
        rest: Everything else in the folder: the log.
        changed_ns: When anything in it changed last.
        pinned: What is read of it.
        head_is_pinned: Whether the newest version is equal to the newest that is pinned.
        fault: Why it is to be left alone, or nothing.
    """

    location: str
    files: tuple[DiskFile, ...]
    rest: tuple[DiskFile, ...] = ()
    changed_ns: int
    pinned: tuple[PinnedVersion, ...] = ()
    head_is_pinned: bool = True
    fault: str = ""


class FileCount(Record):
    """How many files, and their bytes."""

    files: int
    bytes: int


class TableSweep(Record):
    """What is done to one table.

    Attributes:
        location: The table.
        remove: The files that go.
        is_whole: Whether the folder goes with them: nothing of it is read any more.
        back_to: The version that the newest one is brought back to, or None.
        kept: Files that are read.
        young: Files that nobody reads, but that are younger than the grace period.
        fault: Why the table is left alone, or nothing.
    """

    location: str
    remove: tuple[DiskFile, ...] = ()
    is_whole: bool = False
    back_to: int | None = None
    kept: FileCount
    young: FileCount
    fault: str = ""

    @property
    def dataset(self) -> str:
        """The name under whose lease the table is written."""
        owner = owner_of(self.location)
        assert owner is not None, "what is swept lies in the folder of a dataset"
        return owner

    @property
    def title(self) -> str:
        """The table as people read it: `DATASET/TABLE`."""
        return self.location.removeprefix(f"{TABLES}/")

    @property
    def does_something(self) -> bool:
        """Whether anything changes."""
        return bool(self.remove) or self.is_whole or self.back_to is not None


class SweepPlan(Record):
    """What is swept from a lake.

    Attributes:
        tables: Every table, by location.
        parts: The parts that no unretired record names.
        reports: Folders of reports of names that have no unretired version; these stay.
        unpublished: Those of them whose name never had a version: of loads that were refused, or
            of dry runs.
    """

    tables: tuple[TableSweep, ...]
    parts: tuple[DiskFile, ...]
    reports: tuple[str, ...] = ()
    unpublished: tuple[str, ...] = ()

    @property
    def total(self) -> FileCount:
        """All that goes."""
        return count_files([*(file for each in self.tables for file in each.remove), *self.parts])


def count_files(files: Iterable[DiskFile]) -> FileCount:
    """Return how many files there are, and their bytes."""
    sizes = [each.size for each in files]
    return FileCount(files=len(sizes), bytes=sum(sizes))


def plan_sweep(
    tables: Iterable[StoredTable],
    parts: Iterable[DiskFile],
    *,
    named: frozenset[str],
    older_than_ns: int,
    reports: Iterable[str] = (),
    unpublished: Iterable[str] = (),
) -> SweepPlan:
    """Decide what is swept.

    Args:
        tables: The tables of the lake, with what is pinned of them.
        parts: The files in the folder of parts.
        named: Every SHA-256 that an unretired record names.
        older_than_ns: Only what changed before this moment goes.
        reports: Folders of reports that belong to nothing.
        unpublished: Those of them that never belonged to anything.
    """
    swept = [plan_table(each, older_than_ns=older_than_ns) for each in tables]
    return SweepPlan(
        tables=tuple(sorted(swept, key=lambda each: each.location)),
        parts=tuple(
            each for each in parts if each.changed_ns < older_than_ns and not is_named(each, named)
        ),
        reports=tuple(reports),
        unpublished=tuple(unpublished),
    )


def plan_table(table: StoredTable, *, older_than_ns: int) -> TableSweep:
    """Decide what goes of one table."""
    everything = (*table.files, *table.rest)
    read = frozenset(name for each in table.pinned for name in each.names)
    if table.fault:
        kept, loose = everything, []
    elif not table.pinned:
        kept, loose = (), list(everything)
    else:
        kept = (*(each for each in table.files if each.name in read), *table.rest)
        loose = [each for each in table.files if each.name not in read]
    is_whole = not table.pinned and not table.fault and table.changed_ns < older_than_ns
    may_go = is_whole or bool(table.pinned)
    remove = [each for each in loose if may_go and each.changed_ns < older_than_ns]
    is_elsewhere = bool(table.pinned) and not table.head_is_pinned and not table.fault
    return TableSweep(
        location=table.location,
        remove=tuple(remove),
        is_whole=is_whole,
        back_to=max(each.version for each in table.pinned) if is_elsewhere else None,
        kept=count_files(kept),
        young=count_files(each for each in loose if each not in remove),
        fault=table.fault,
    )


def narrow_sweep(planned: TableSweep, now: TableSweep) -> TableSweep:
    """Return what was planned and still holds: never more than was planned."""
    if planned.is_whole and not now.is_whole:
        return now.model_copy(update={"remove": (), "back_to": None})
    still = frozenset(now.remove)
    return now.model_copy(
        update={
            "remove": tuple(each for each in planned.remove if each in still),
            "is_whole": planned.is_whole and frozenset(planned.remove) == still,
        }
    )


def is_named(part: DiskFile, named: frozenset[str]) -> bool:
    """Whether the file of a part is one that records name; a draft is not."""
    digest, _, ending = part.name.rpartition("/")[2].partition(".")
    return digest in named and not ending.endswith("draft")
