"""Publish the next version of a name, all of it or nothing.

The protocol, which every verb that writes follows:

1. Take the lease of the name, waiting for who holds it, and keep it renewed.
2. The base is the newest record of the name. Bring the head of each table back to the version
   that the base pins: a crash may have left something after it.
3. Write. Every commit to a table carries the id of this load.
4. Check that every commit after the base carries that id, else begin again at 2. Pin what is
   there, and check the rows behind the pin.
5. Append the record to the registry by compare-and-set: read the registry, check that the lease
   is still ours, the version free and everything that the record is based on unretired, append, so
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
from collections.abc import Callable
from types import TracebackType
from typing import Generic
from uuid import uuid4

from typing_extensions import Self, TypeVar

from apollo_spark.errors import CommitRaceError, ConflictError
from apollo_spark.lake.leases.keeper import HeldLease
from apollo_spark.lake.leases.leases import LeaseStore
from apollo_spark.lake.registry.reach import require_unretired
from apollo_spark.lake.registry.registry import Registry
from apollo_spark.lake.registry.rows import StoredRecord, stored_form
from apollo_spark.lake.registry.snapshot import RegistrySnapshot
from apollo_spark.lake.storage.space import Spare
from apollo_spark.lake.tables.draft import TableDraft
from apollo_spark.lake.tables.store import TableStore
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import require_dataset_name
from apollo_spark.model.plan import PlannedTable
from apollo_spark.model.record import PublishedRecord, kind_of, word_of

OnStep = Callable[[str], None]
Result = TypeVar("Result")
R = TypeVar("R", bound=PublishedRecord, default=DatasetRecord)
MOST_BEGINNINGS = 5


def no_step(name: str) -> None:
    """Do nothing at a step."""


def calling_all(*listeners: OnStep | None) -> OnStep:
    """Return what calls everybody who listens, in order."""
    heard_by = [each for each in listeners if each is not None]

    def step(name: str) -> None:
        for each in heard_by:
            each(name)

    return step


class Publication(Generic[R]):
    """One try to publish the next version of a name; a context that holds the lease.

    Args:
        registry: Where the record is published.
        leases: Where the lease is taken.
        tables: Where the rows are written.
        spare: Room for what frees a full disk, which is kept before this may fill it.
        name: The name. Where it is published already in other upper and lower case letters, that
            spelling is kept: see the attribute `name`.
        model: The class of the kind of record that is published.
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
        model: type[R],
        holder: str,
        on_step: OnStep = no_step,
    ) -> None:
        self.name = require_dataset_name(name)
        self.load_id = str(uuid4())
        self.base: R | None = None
        self.step = on_step
        self.model = model
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
            _require_kind(snapshot, self.name, kind_of(self.model))
            self.name, self._next_version = last.name, last.version + 1
        if (newest := snapshot.newest_of(self.name)) is not None:
            self.base = self._registry.read_record(newest, self.model)

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

    def table(self, table: str) -> TableDraft:
        """Bring a table back to its base and return it for writing; asked again, the same one."""
        if table not in self._drafts:
            location = self._tables.location(self.name, table)
            pins = self.base.pins if self.base else ()
            base = next((pin for pin in pins if pin.is_ours and pin.location == location), None)
            self.step(f"prepare {table}")
            after = self._tables.prepare(location, base, self.load_id)
            self._drafts[table] = TableDraft(
                self._tables,
                table,
                location=location,
                base=base,
                after=after,
                load_id=self.load_id,
                step=self.step,
            )
        return self._drafts[table]

    def written(self) -> tuple[PlannedTable, ...]:
        """Return the tables that were written so far, with their new rows."""
        return tuple(
            PlannedTable(table=name, rows=each.rows, files=each.files)
            for name, each in self._drafts.items()
            if each.files
        )

    def commit(self, build_record: Callable[[int], R]) -> R:
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
            if is_published(snapshot, stored):
                self._lease.leave(snapshot.version)
                return record
            self._lease.require()
            require_free(snapshot, record)
            require_unretired(record, written, snapshot, self._registry)
            try:
                self._lease.leave(self._registry.append([stored], based_on=snapshot.version))
            except CommitRaceError:
                continue
            return record


def is_published(snapshot: RegistrySnapshot, record: StoredRecord) -> bool:
    """Whether the record itself is there: a commit may succeed and its answer be lost."""
    return any(each.id == record.id for each in snapshot.versions_of(record.name))


def _require_kind(snapshot: RegistrySnapshot, name: str, kind: str) -> None:
    last = snapshot.last_of(name)
    if last is not None and last.kind != kind:
        raise ConflictError(
            f"{name!r} cannot be published as a {word_of(kind)}.",
            why=f"The name is taken by a {word_of(last.kind)}.",
            fix="Choose another name.",
        )


def require_free(snapshot: RegistrySnapshot, record: PublishedRecord) -> None:
    """Require that a record is the next version of its name, and the name of its kind.

    Raises:
        ConflictError: The name is taken by another kind.
        CommitRaceError: The version was published by somebody else.
    """
    _require_kind(snapshot, record.name, record.kind)
    last = snapshot.last_of(record.name)
    if (last.version if last else 0) + 1 != record.version:
        raise CommitRaceError(
            f"{record} was published by somebody else meanwhile.", fix="Run the command again."
        )
