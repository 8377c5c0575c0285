"""A lake as it would be with records that are planned: what they are the base of is planned on it.

Nothing is written: planned records and their parts are kept in memory, beside all that is there.
"""

from collections.abc import Collection, Iterable, Iterator

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.leases.leases import LeaseStore
from apollo_spark.lake.registry.registry import Registry
from apollo_spark.lake.registry.rows import StoredRecord, stored_form
from apollo_spark.lake.registry.snapshot import RecordEntry, RegistrySnapshot
from apollo_spark.lake.storage.parts import PartStore
from apollo_spark.lake.storage.root import LakeRoot
from apollo_spark.model.base import sha256_text
from apollo_spark.model.record import PublishedRecord


class PlannedRegistry(Registry):
    """A registry with records that are planned, each the next version of its name.

    Args:
        root: The lake.
        leases: Its leases.
        planned: The records.
    """

    def __init__(
        self, root: LakeRoot, leases: LeaseStore, planned: Iterable[PublishedRecord] = ()
    ) -> None:
        super().__init__(root, reached=leases.reached)
        self._planned: dict[str, StoredRecord] = {}
        self._ahead: tuple[RegistrySnapshot, RegistrySnapshot] | None = None
        for each in planned:
            self.plan(each)

    def plan(self, record: PublishedRecord) -> None:
        """Take a record in, or another form of one that was taken in."""
        self._planned[str(record)] = stored_form(record)
        self._ahead = None

    def snapshot(self) -> RegistrySnapshot:
        """Read what is published, and add what is planned."""
        found = super().snapshot()
        # Who asks twice gets the same: what is read of a snapshot is kept by that.
        if self._ahead is None or self._ahead[0] is not found:
            known = {str(each) for each in found.entries}
            new = (each for each in self._planned.values() if str(each) not in known)
            entries = (*found.entries, *map(_listed, new))
            together = sorted(entries, key=RecordEntry.order)
            self._ahead = (found, found.model_copy(update={"entries": tuple(together)}))
        return self._ahead[1]

    def read_texts(self, entries: Collection[RecordEntry]) -> Iterator[tuple[RecordEntry, str]]:
        """Read the JSON of many records; that of planned ones is here."""
        planned = {each.id: each.json_text for each in self._planned.values()}
        yield from ((each, planned[each.id]) for each in entries if each.id in planned)
        yield from super().read_texts([each for each in entries if each.id not in planned])


class PlannedParts(PartStore):
    """The parts of a lake, and those of planned records; what is put is kept in memory."""

    def __init__(self, root: LakeRoot) -> None:
        super().__init__(root)
        self._planned: dict[str, str] = {}

    def put(self, text: str) -> str:
        """Keep a text and return its SHA-256 in hexadecimal."""
        digest = sha256_text(text)
        self._planned[digest] = text
        return digest

    def get(self, digest: str) -> str:
        """Return the text of a part."""
        found = self._planned.get(digest)
        return super().get(digest) if found is None else found


class PlannedLake(Lake):
    """A lake with records that are planned.

    Args:
        lake: The lake as it is.
    """

    registry: PlannedRegistry
    parts: PlannedParts

    def __init__(self, lake: Lake) -> None:
        registry = PlannedRegistry(lake.root, lake.leases)
        super().__init__(lake.root, registry, lake.leases, clock=lake.clock)
        self.parts = PlannedParts(lake.root)
        # Tables are only read, and what was opened for the lake as it is need not be opened again.
        self.tables = lake.tables

    def plan(self, record: PublishedRecord, parts: Iterable[str] = ()) -> None:
        """Take in a record that is planned, with the texts of its parts."""
        for each in parts:
            self.parts.put(each)
        self.registry.plan(record)


def _listed(record: StoredRecord) -> RecordEntry:
    return RecordEntry(**{name: getattr(record, name) for name in RecordEntry.model_fields})
