"""A lake: everything that is stored under one root."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from apollo_spark.lake.leases.lease import Tell
from apollo_spark.lake.leases.leases import LeaseStore
from apollo_spark.lake.registry.registry import Registry, read_withdrawals
from apollo_spark.lake.registry.snapshot import RecordEntry, RegistrySnapshot
from apollo_spark.lake.storage.missing import is_lake, require_lake
from apollo_spark.lake.storage.parts import PartStore
from apollo_spark.lake.storage.root import LakeRoot, open_root
from apollo_spark.lake.storage.space import Spare
from apollo_spark.lake.storage.system import SYSTEM_CLOCK, Clock
from apollo_spark.model.names import RecordReference
from apollo_spark.model.withdrawal import WithdrawalRecord
from apollo_spark.runtime.questions import NO_LIMITS

# What a list of records does without is loaded when it is asked for: it takes longer than listing.
if TYPE_CHECKING:
    from apollo_spark.lake.opened import OpenDataset
    from apollo_spark.lake.publishing import OnStep, Publication
    from apollo_spark.lake.tables.store import TableStore
    from apollo_spark.lake.verifying import HashSpecial, Seen, VerifyProblem
    from apollo_spark.lake.withdrawing import Withdrawing
    from apollo_spark.model.dataset import DatasetRecord
    from apollo_spark.model.dictionary import DataDictionary
    from apollo_spark.model.record import PublishedRecord
    from apollo_spark.records.content import Content

R = TypeVar("R", bound="PublishedRecord")


class Lake:
    """What verbs get: the stores of one root, and what needs several of them."""

    def __init__(
        self,
        root: LakeRoot,
        registry: Registry,
        leases: LeaseStore,
        *,
        clock: Clock = SYSTEM_CLOCK,
        on_step: "OnStep | None" = None,
    ) -> None:
        self._on_step = on_step
        self.limits = NO_LIMITS
        self.root = root
        self.registry = registry
        self.parts = PartStore(root)
        self.leases = leases
        self.clock = clock
        self._withdrawals: tuple[RegistrySnapshot, tuple[WithdrawalRecord, ...]] | None = None

    @cached_property
    def tables(self) -> "TableStore":
        """The tables of rows."""
        from apollo_spark.lake.tables.store import TableStore

        return TableStore(self.root, self.limits)

    def waiting(self, seconds: float | None = None, tell: Tell | None = None) -> "Lake":
        """Return this lake for one more verb, with a time of its own to wait for other writers.

        Args:
            seconds: How long it waits; by default as long as this one does.
            tell: Called once with whom it waits for; by default as this one.

        Raises:
            UsageError: That is not a number of seconds.
        """
        return self._with(self.leases.waiting(seconds, tell), self._on_step)

    def listening(self, on_step: "OnStep | None") -> "Lake":
        """Return this lake with somebody who is called before each step of what is published.

        Args:
            on_step: Called with the name of the step; what it raises ends the publication there.
        """
        return self._with(self.leases, on_step)

    def elsewhere(self, uri: str) -> "Lake":
        """Return the lake at another address, with the same clock and who listens here."""
        return open_lake(uri, clock=self.clock).listening(self._on_step)

    def _with(self, leases: LeaseStore, on_step: "OnStep | None") -> "Lake":
        found = Lake(self.root, self.registry, leases, clock=self.clock, on_step=on_step)
        found.limits = self.limits
        return found

    @property
    def spare(self) -> Spare:
        """Space that is kept for what frees a full disk."""
        return Spare(self.root)

    @property
    def is_there(self) -> bool:
        """Whether anything was written yet."""
        return is_lake(self.root.path)

    def require_there(self) -> None:
        """Require that there is a lake.

        Raises:
            NotFoundError: There is none.
        """
        require_lake(self.root)

    def list_records(self) -> tuple[RecordEntry, ...]:
        """Return the newest version of every record, by name.

        Raises:
            NotFoundError: There is no lake.
        """
        self.require_there()
        return self.registry.snapshot().newest_of_all()

    def history(self, name: str) -> tuple[RecordEntry, ...]:
        """Return all versions of a record, retired ones too, newest last.

        Raises:
            NotFoundError: There is no record of that name.
        """
        snapshot = self.registry.snapshot()
        return snapshot.versions_of(snapshot.find(RecordReference(name=name)).name)

    def load_record(self, reference: RecordReference) -> "DatasetRecord":
        """Return the dataset record that a reference names.

        Raises:
            NotFoundError: There is none, or it is of another kind.
            BrokenPinError: The record is not as it was published.
        """
        from apollo_spark.model.dataset import DatasetRecord

        return self.load(reference, DatasetRecord)

    def load(self, reference: RecordReference, model: "type[R]") -> "R":
        """Return the record that a reference names, of the kind of a class, as `load_record`."""
        return self.registry.read_record(self.registry.snapshot().get(reference), model)

    def newest(self, name: str, model: "type[R]") -> "R | None":
        """Return the newest version of a name, or None where there is none of a class."""
        newest = self.registry.snapshot().newest_of(name)
        return next(self.registry.read_all([newest] if newest else [], model), None)

    def next_version(self, name: str) -> str:
        """Return the version of a name that would be published next."""
        last = self.registry.snapshot().last_of(name) if self.root.exists else None
        return f"{name}@{last.version + 1 if last else 1}"

    def load_dictionary(self, record: "DatasetRecord") -> "DataDictionary":
        """Return the data dictionary of a record, put together from its parts.

        Raises:
            BrokenPinError: A part is missing or damaged.
        """
        from apollo_spark.lake.storage.part_reader import PartReader

        return PartReader(self.parts).dictionary(record)

    def load_content(self, record: "DatasetRecord") -> "Content":
        """Return what a record says about its data, for making others of it.

        Raises:
            BrokenPinError: A part is missing or damaged.
        """
        from apollo_spark.records.content import content_of

        return content_of(record, self.load_dictionary(record))

    def open(self, reference: RecordReference) -> "OpenDataset":
        """Open the dataset that a reference names for reading.

        Raises:
            NotFoundError: There is none, or it is of another kind.
            BrokenPinError: The record is not as it was published.
        """
        return self.open_record(self.load_record(reference))

    def open_record(
        self, record: "DatasetRecord", *, planned: Mapping[str, str] | None = None
    ) -> "OpenDataset":
        """Open a record for reading: its rows are read through this only.

        Args:
            record: A published record, or one that is planned.
            planned: Parts that are not stored yet, by SHA-256.
        """
        from apollo_spark.lake.opened import OpenDataset
        from apollo_spark.lake.storage.part_reader import PartReader
        from apollo_spark.records.withdrawn import without_withdrawn

        read = without_withdrawn(record, self.withdrawals())
        return OpenDataset(read, PartReader(self.parts, planned or {}), tables=self.tables)

    @property
    def withdrawing(self) -> "Withdrawing":
        """Where people are taken out."""
        from apollo_spark.lake.withdrawing import Withdrawing

        return Withdrawing(self.registry, self.leases, self.tables)

    def withdrawals(self) -> tuple[WithdrawalRecord, ...]:
        """Return the newest withdrawal of each entity of each dataset."""
        snapshot = self.registry.snapshot()
        # The registry gives out the same snapshot while nothing is published.
        if self._withdrawals is None or self._withdrawals[0] is not snapshot:
            self._withdrawals = (snapshot, read_withdrawals(self.registry, snapshot))
        return self._withdrawals[1]

    def withdrawn_from(self, record: "PublishedRecord") -> dict[str, int]:
        """Return how many keys are withdrawn from what a record reads, by `DATASET.ENTITY`."""
        if not (withdrawals := self.withdrawals()):
            return {}
        from apollo_spark.records.withdrawn import concerning

        found = concerning(record, withdrawals)
        return {f"{each.name}.{each.entity}": each.keys.rows for each in found}

    def publication(
        self, name: str, *, holder: str, on_step: "OnStep | None" = None
    ) -> "Publication":
        """Return the context in which the next version of a dataset is published.

        Args:
            name: The name of the dataset.
            holder: Who publishes, for the message to others.
            on_step: Called with the name of each step before it acts.
        """
        from apollo_spark.model.dataset import DatasetRecord

        return self.publication_of(DatasetRecord, name, holder=holder, on_step=on_step)

    def publication_of(
        self, model: type[R], name: str, *, holder: str, on_step: "OnStep | None" = None
    ) -> "Publication[R]":
        """Return what `publication` does, for records of the kind of a class."""
        from apollo_spark.lake.publishing import Publication

        return Publication(
            spare=self.spare,
            registry=self.registry,
            leases=self.leases,
            tables=self.tables,
            name=name,
            model=model,
            holder=holder,
            on_step=self.steps_for(on_step),
        )

    def steps_for(self, on_step: "OnStep | None") -> "OnStep":
        """Return what is called before each step of a publication."""
        from apollo_spark.lake.publishing import calling_all

        return calling_all(self._on_step, on_step)

    def verify(
        self,
        record: "PublishedRecord",
        *,
        deep: bool = False,
        seen: "Seen | None" = None,
        hash_special: "HashSpecial" = lambda _pin, _files: None,
        dataset: "DatasetRecord | None" = None,
    ) -> "tuple[VerifyProblem, ...]":
        """Return what of a record is not as it was published; see `verify_record`."""
        from apollo_spark.lake.verifying import verify_record
        from apollo_spark.records.withdrawn import concerning

        withdrawn = [each.keys for each in concerning(record, self.withdrawals())]
        return verify_record(
            record,
            tables=self.tables,
            parts=self.parts,
            withdrawn=withdrawn,
            deep=deep,
            seen=seen,
            hash_special=hash_special,
            dataset=dataset,
        )


def open_lake(uri: str, *, clock: Clock = SYSTEM_CLOCK) -> Lake:
    """Open the lake at an address; a lake that is not there is made by the first write.

    What is opened so waits for no other writer: see `Lake.waiting`.

    Args:
        uri: The address.
        clock: Gives the time, and waits.

    Raises:
        UsageError: The address names no folder, or a kind of storage that is not supported.
    """
    root = open_root(uri)
    leases = LeaseStore(root, clock=clock)
    return Lake(root, Registry(root, reached=leases.reached), leases, clock=clock)
