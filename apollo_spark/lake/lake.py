"""A lake: everything that is stored under one root."""

from apollo_spark.dataset.build import entity_entry
from apollo_spark.errors import NotFoundError
from apollo_spark.lake.leases import LeaseStore
from apollo_spark.lake.parts import PartStore
from apollo_spark.lake.publishing import OnStep, Publication, no_step
from apollo_spark.lake.registry import Registry
from apollo_spark.lake.snapshot import RecordEntry
from apollo_spark.lake.storage import LakeRoot, open_root
from apollo_spark.lake.tables import TableStore
from apollo_spark.lake.verifying import VerifyProblem, verify_record
from apollo_spark.model.coding import Coding
from apollo_spark.model.dataset import CodingEntry, DatasetRecord, EntityEntry
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.names import RecordReference


class Lake:
    """What workflows get: the stores of one root, and what needs several of them."""

    def __init__(
        self,
        root: LakeRoot,
        registry: Registry,
        parts: PartStore,
        leases: LeaseStore,
        tables: TableStore,
    ) -> None:
        self.root = root
        self.registry = registry
        self.parts = parts
        self.leases = leases
        self.tables = tables

    def list_records(self) -> tuple[RecordEntry, ...]:
        """Return the newest version of every record, by name."""
        return self.registry.snapshot().newest_of_all()

    def history(self, name: str) -> tuple[RecordEntry, ...]:
        """Return all versions of a record, newest last.

        Raises:
            NotFoundError: There is no record of that name.
        """
        snapshot = self.registry.snapshot()
        return snapshot.versions_of(snapshot.get(RecordReference(name=name)).name)

    def load_record(self, reference: RecordReference) -> DatasetRecord:
        """Return the dataset record that a reference names.

        Raises:
            NotFoundError: There is none, or it is of another kind.
            BrokenPinError: The record is not as it was published.
        """
        entry = self.registry.snapshot().get(reference)
        if entry.kind != "dataset":
            raise NotFoundError(f"{entry} is a {entry.kind} and no dataset.")
        return self.registry.read_record(entry)

    def load_dictionary(self, record: DatasetRecord) -> DataDictionary:
        """Return the data dictionary of a record, put together from its parts.

        Raises:
            BrokenPinError: A part is missing or damaged.
        """
        return DataDictionary(
            main_entity=record.main_entity,
            entities=tuple(self.load_entity(each) for each in record.entities),
            relations=record.relations,
            codings=tuple(self.load_coding(each) for each in record.codings),
        )

    def load_entity(self, entry: EntityEntry) -> Entity:
        """Return an entity with its fields.

        Raises:
            BrokenPinError: Its part is missing or damaged.
        """
        return Entity.model_validate_json(self.parts.get(entry.part))

    def load_coding(self, entry: CodingEntry) -> Coding:
        """Return a coding with its codes.

        Raises:
            BrokenPinError: Its part is missing or damaged.
        """
        return Coding.model_validate_json(self.parts.get(entry.part))

    def store_dictionary(
        self, dictionary: DataDictionary
    ) -> tuple[tuple[EntityEntry, ...], tuple[CodingEntry, ...]]:
        """Store the parts of a dictionary and return how a record names them."""
        entities = tuple(
            entity_entry(each, part=self.parts.put(each.to_json())) for each in dictionary.entities
        )
        codings = tuple(
            CodingEntry(
                name=each.name,
                code_count=len(each.codes),
                is_hierarchical=each.is_hierarchical,
                part=self.parts.put(each.to_json()),
            )
            for each in dictionary.codings
        )
        return entities, codings

    def publication(
        self, name: str, *, holder: str, wait_seconds: float = 0, on_step: OnStep = no_step
    ) -> Publication:
        """Return the context in which the next version of a name is published.

        Args:
            name: The name of the dataset.
            holder: Who publishes, for the message to others.
            wait_seconds: How long to wait for another writer of the name.
            on_step: Called with the name of each step before it acts.
        """
        return Publication(
            registry=self.registry,
            leases=self.leases,
            tables=self.tables,
            name=name,
            holder=holder,
            wait_seconds=wait_seconds,
            on_step=on_step,
        )

    def verify(self, record: DatasetRecord, *, deep: bool = False) -> tuple[VerifyProblem, ...]:
        """Return what of a record is not as it was published; see `verify_record`."""
        return verify_record(record, tables=self.tables, parts=self.parts, deep=deep)


def open_lake(uri: str) -> Lake:
    """Open the lake at an address; a lake that is not there is made by the first write.

    Raises:
        UsageError: The address names no folder, or a kind of storage that is not supported.
    """
    root = open_root(uri)
    return Lake(root, Registry(root), PartStore(root), LeaseStore(root), TableStore(root))
