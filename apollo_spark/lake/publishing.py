"""Publish the next version of a name, all of it or nothing.

The protocol, which every verb that writes follows:

1. Take the lease of the name, waiting for who holds it, and keep it renewed.
2. The base is the newest record of the name. Bring the head of each table back to the version
   that the base pins: a crash may have left something after it.
3. Write. Every commit to a table carries the id of this load.
4. Check that every commit after the base carries that id, else begin again at 2. Pin what is
   there, and check the rows behind the pin.
5. Append the record to the registry by compare-and-set: read the registry, check that the lease
   is still ours, the version free and everything that the record stands on unretired, append, so
   that the registry's next version is this one or the append fails. After a failure look again: a
   name taken by another kind is refused, a version taken meanwhile means to begin again at 2,
   anything else to try 5 again. The order counts: the registry is read before the lease is asked.
   The time of the record is never before that of anything that happened to the name.
6. Give the lease back, and leave with it the version that the registry reached: a registry that
   is shorter than that has lost a commit.

Before the commit of step 5 nobody sees anything, after it everybody sees everything. A process
that is killed leaves heads of tables, unused files and a lease behind; the next one to publish
brings heads back, takes the lease over, and the files are in no record.
"""

import contextlib
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from types import TracebackType
from typing import TypeVar
from uuid import uuid4

import pyarrow as pa
from typing_extensions import Self

from apollo_spark.errors import CommitRaceError, ConflictError
from apollo_spark.lake.leases.keeper import HeldLease
from apollo_spark.lake.leases.leases import LeaseStore
from apollo_spark.lake.registry.reach import require_standing
from apollo_spark.lake.registry.registry import Registry
from apollo_spark.lake.registry.rows import StoredRecord, stored_form
from apollo_spark.lake.registry.snapshot import RegistrySnapshot
from apollo_spark.lake.storage.room import Spare
from apollo_spark.lake.tables.store import TableStore, WriteMode
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import require_dataset_name
from apollo_spark.model.pin import TablePin
from apollo_spark.model.plan import PlannedTable
from apollo_spark.workers.files.parquet import WrittenFile

OnStep = Callable[[str], None]
Result = TypeVar("Result")
MOST_BEGINNINGS = 5


def no_step(name: str) -> None:
    """Do nothing at a step."""


class Publication:
    """One try to publish the next version of a name; a context that holds the lease.

    Args:
        registry: Where the record is published.
        leases: Where the lease is taken.
        tables: Where the rows are written.
        spare: Room for what frees a full disk, which is kept before this may fill it.
        name: The name. Where it is published already in other upper and lower case letters, that
            spelling is kept: see the attribute `name`.
        holder: Who publishes, for the message to others.
        on_step: Called with the name of each step before it acts.
    """

    def __init__(
        self,
        *,
        registry: Registry,
        leases: LeaseStore,
        tables: TableStore,
        spare: Spare,
        name: str,
        holder: str,
        on_step: OnStep = no_step,
    ) -> None:
        self.name = require_dataset_name(name)
        self.load_id = str(uuid4())
        self.base: DatasetRecord | None = None
        self.step = on_step
        self._registry = registry
        self._tables = tables
        self._spare = spare
        self._next_version = 1
        self._drafts: dict[str, TableDraft] = {}
        self._lease = HeldLease(leases, name, holder)

    def __enter__(self) -> Self:
        """Take the lease and read the base.

        Raises:
            LeaseHeldError: Somebody else is writing the name.
            ConflictError: The name is taken by another kind.
        """
        self.step("take the lease")
        with contextlib.ExitStack() as undone:
            undone.enter_context(self._lease)
            self._spare.keep()
            self.begin()
            undone.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lease back."""
        self._lease.__exit__(kind, error, trace)

    def begin(self) -> None:
        """Read the newest unretired record as the base, and forget what was drafted.

        Raises:
            ConflictError: The name is taken by another kind.
        """
        snapshot = self._registry.snapshot()
        self._drafts.clear()
        self.base, self._next_version = None, 1
        if (last := snapshot.last_of(self.name)) is not None:
            _require_kind(snapshot, self.name, "dataset")
            self.name, self._next_version = last.name, last.version + 1
        if (newest := snapshot.newest_of(self.name)) is not None:
            self.base = self._registry.read_record(newest)

    def run(self, work: Callable[[], Result]) -> Result:
        """Do the work of the publication, and again from the base when somebody interfered.

        Args:
            work: Writes tables, checks them and calls `commit`. It may be called several times.

        Raises:
            CommitRaceError: Somebody interfered every time.
            LeaseLostError: The lease passed to somebody else.
        """
        for _ in range(MOST_BEGINNINGS - 1):
            with contextlib.suppress(CommitRaceError):
                return work()
            self.step("begin again")
            self._lease.require()
            self.begin()
        return work()

    def table(self, table: str) -> "TableDraft":
        """Bring a table back to its base and return it for writing; asked again, the same one."""
        if table not in self._drafts:
            location = self._tables.location(self.name, table)
            pins = self.base.pins if self.base else ()
            base = next((pin for pin in pins if pin.is_ours and pin.location == location), None)
            self.step(f"prepare {table}")
            after = self._tables.prepare(location, base, self.load_id)
            self._drafts[table] = TableDraft(self, self._tables, table, base=base, after=after)
        return self._drafts[table]

    def written(self) -> tuple[PlannedTable, ...]:
        """Return the tables that were written so far, with their new rows."""
        return tuple(
            PlannedTable(table=name, rows=each.rows, files=each.files)
            for name, each in self._drafts.items()
            if each.files
        )

    def commit(self, build_record: Callable[[int], DatasetRecord]) -> DatasetRecord:
        """Publish a record.

        Args:
            build_record: Returns the record for a version number.

        Raises:
            LeaseLostError: The lease passed to somebody else.
            ConflictError: The name was taken by another kind, or a pin is in no unretired record.
            NotFoundError: A parent was retired.
            CommitRaceError: The version was taken: begin again.
            StorageRefusedError: The storage refused.
        """
        record = build_record(self._next_version)
        written = frozenset(place for each in self._drafts.values() for place in each.pinned)
        while True:
            self.step(f"publish {record}")
            snapshot = self._registry.snapshot()
            record = record.at_time(snapshot.time_after(record.name, record.lineage.time))
            stored = stored_form(record)
            if _is_published(snapshot, stored):
                self._lease.leave(snapshot.version)
                return record
            self._lease.require()
            _require_free(snapshot, record)
            require_standing(record, written, snapshot, self._registry)
            try:
                self._lease.leave(self._registry.append([stored], based_on=snapshot.version))
            except CommitRaceError:
                continue
            return record


class TableDraft:
    """A table that is being written: what is committed here nobody sees before it is published.

    Attributes:
        base: The pin that it stands on, or None for a table without rows.
        folder: Where its files are written.
        pinned: Location and version of what was pinned here.
        rows, files: What the last commit wrote.
    """

    def __init__(
        self,
        publication: Publication,
        tables: TableStore,
        table: str,
        *,
        base: TablePin | None,
        after: int,
    ) -> None:
        self._publication = publication
        self._tables = tables
        self._table = table
        self._location = tables.location(publication.name, table)
        self._after = after
        self.base = base
        self.folder: Path = tables.folder(self._location)
        self.pinned: set[tuple[str, int]] = set()
        self.rows = 0
        self.files = 0

    def commit(
        self,
        files: Iterable[WrittenFile],
        schema: pa.Schema,
        *,
        mode: WriteMode = "overwrite",
        removed: Collection[str] = (),
    ) -> int:
        """Commit files that lie in the folder, and return the new version: `TableStore.commit`."""
        self._publication.step(f"commit {self._table}")
        written = tuple(files)
        self.rows, self.files = sum(each.rows for each in written), len(written)
        return self._tables.commit(
            self._location,
            written,
            schema,
            mode=mode,
            load_id=self._publication.load_id,
            removed=removed,
        )

    def pin(self, *, content_hash: str) -> TablePin:
        """Pin what is there, after checking that this load alone wrote it.

        Args:
            content_hash: The hash of all rows of the table.

        Raises:
            CommitRaceError: Somebody else committed to the table: begin again.
        """
        self._publication.step(f"pin {self._table}")
        version = self._tables.check_chain(
            self._location, after=self._after, load_id=self._publication.load_id
        )
        self.pinned.add((self._location, version))
        return self._tables.pin(self._table, self._location, version, content_hash=content_hash)


def _is_published(snapshot: RegistrySnapshot, record: StoredRecord) -> bool:
    """Whether the record itself is there: a commit may succeed and its answer be lost."""
    return any(each.id == record.id for each in snapshot.versions_of(record.name))


def _require_kind(snapshot: RegistrySnapshot, name: str, kind: str) -> None:
    last = snapshot.last_of(name)
    if last is not None and last.kind != kind:
        raise ConflictError(
            f"{name!r} cannot be published as a {kind}.",
            why=f"The name is taken by a {last.kind}.",
            fix="Choose another name.",
        )


def _require_free(snapshot: RegistrySnapshot, record: DatasetRecord) -> None:
    _require_kind(snapshot, record.name, record.kind)
    last = snapshot.last_of(record.name)
    if (last.version if last else 0) + 1 != record.version:
        raise CommitRaceError(
            f"{record} was published by somebody else meanwhile.", fix="Run the command again."
        )
