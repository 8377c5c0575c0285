"""The dataset record: what there is, how it relates, and which table versions hold it."""

from datetime import datetime
from functools import cached_property

from pydantic import Field

from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.base import Record
from apollo_spark.model.dictionary import Relation
from apollo_spark.model.names import DatasetName, MemberName
from apollo_spark.model.pin import TablePin

DATASET_FORMAT = 1


class TableSlice(Record):
    """The fields of an entity that one table holds; None means all of them."""

    table: str
    fields: tuple[MemberName, ...] | None = None


class EntityEntry(Record):
    """An entity as the record names it; its fields stand in the part of that SHA-256."""

    name: MemberName
    primary_key: MemberName | None = None
    title: str | None = None
    field_count: int
    part: str
    slices: tuple[TableSlice, ...]


class CodingEntry(Record):
    """A coding as the record names it; its codes stand in the part of that SHA-256."""

    name: str
    code_count: int
    is_hierarchical: bool
    part: str


class InputFile(Record):
    """A raw file that was read: the name it was given by, its bytes and their SHA-256."""

    role: str
    name: str
    size: int
    sha256: str


class Lineage(Record):
    """Where a version came from."""

    operation: str
    parents: tuple[str, ...] = ()
    inputs: tuple[InputFile, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    fingerprint: str
    tools: tuple[tuple[str, str], ...] = ()
    actor: str
    time: datetime


class DatasetRecord(Record):
    """One published version of a dataset. It never changes."""

    format: int = Field(default=DATASET_FORMAT, ge=1, le=DATASET_FORMAT)
    kind: str = "dataset"
    name: DatasetName
    version: int = Field(ge=1)
    id: str
    schema_tag: str | None = None
    title: str | None = None
    description: str | None = None
    main_entity: MemberName
    entities: tuple[EntityEntry, ...]
    codings: tuple[CodingEntry, ...] = ()
    relations: tuple[Relation, ...] = ()
    assays: tuple[AssayRecord, ...] = ()
    pins: tuple[TablePin, ...]
    lineage: Lineage
    receipt: str

    def __str__(self) -> str:
        """Return `name@version`."""
        return f"{self.name}@{self.version}"

    def find_entity(self, name: str) -> EntityEntry | None:
        """Return the entity of that name, or None."""
        return next((each for each in self.entities if each.name == name), None)

    def pin_of(self, table: str) -> TablePin:
        """Return the pin of a table that one of the record's slices names."""
        return self._pins_by_table[table]

    @cached_property
    def _pins_by_table(self) -> dict[str, TablePin]:
        return {each.table: each for each in self.pins}
