"""The dataset record: what there is, how it relates, and which table versions hold it."""

import operator
from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import Self

from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.base import Record
from apollo_spark.model.change import Change
from apollo_spark.model.cohort import CohortStep
from apollo_spark.model.dictionary import Relation
from apollo_spark.model.guard import RowGuard
from apollo_spark.model.names import MemberName
from apollo_spark.model.old_formats import in_format_2
from apollo_spark.model.pin import TablePin, table_location
from apollo_spark.model.profile_entry import ProfileEntry
from apollo_spark.model.record import PublishedRecord

DATASET_FORMAT = 2
"""The format in which records are stored: see docs/decisions/record-format-2.md."""


class TableSlice(Record):
    """The fields of an entity that one table holds.

    The first table of an entity holds every row. Each other one is joined to it: its column `key`
    to the entity's field `on`, both of them the primary key where they are not named.

    Attributes:
        table: The table, by the name of its pin.
        fields: What it holds beside the key; None is everything that no other table names.
        columns: The columns of fields that are stored under other names.
        key: The column that says to which row of the entity a row belongs.
        on: The field of the entity that the key stands for.
        guards: Rules that hide rows of this table, each on its own.
    """

    table: str
    fields: tuple[MemberName, ...] | None = None
    columns: tuple[tuple[MemberName, str], ...] = ()
    key: str | None = None
    on: MemberName | None = None
    guards: tuple[RowGuard, ...] = ()

    def column_of(self, field: str) -> str:
        """Return the column that holds a field."""
        return dict(self.columns).get(field, field)


def homes_of(tables: Sequence[TableSlice]) -> dict[str, int]:
    """Return the number of the table of each field that a table names; others are in the first."""
    found: dict[str, int] = {}
    for number, each in enumerate(tables):
        for field in each.fields or ():
            found.setdefault(field, number)
    return found


def home_of(tables: Sequence[TableSlice], field: str) -> int:
    """Return which of an entity's tables holds one field; `homes_of` tells it of many at once."""
    return homes_of(tables).get(field, 0)


class EntityEntry(Record):
    """An entity as the record names it; its fields are in the part of that SHA-256."""

    name: MemberName
    primary_key: MemberName | None = None
    title: str | None = None
    field_count: int
    part: str
    slices: tuple[TableSlice, ...]


class CodingEntry(Record):
    """A coding as the record names it; its codes are in the part of that SHA-256."""

    name: str
    code_count: int
    is_hierarchical: bool
    part: str


class RowRule(Record):
    """Which rows of an entity are shown, with all that is needed to tell: tables, fields, pins.

    A rule by `text` shows the rows that fulfil the filter, one by `members` those of a cohort,
    whose meaning is kept here by value; a rule by `keys` takes out those whose `field` is in
    that table; what hangs from the entity follows it. A rule by neither takes
    out what only rows refer to that the guards of its tables hide. The tables go by names of the
    rule's own pins; their guards are rules before this one.

    Attributes:
        entity: The entity that is limited.
        text: The filter, as people write it; of a cohort how people read it.
        members: How a cohort is made: the last step, of those before it.
        keys: The table of the keys that are taken out; its one column is `key`.
        field: The field that holds such a key.
        assays: The assays whose values it asks for, with the tables alone that answer. It names
            features by their ids, and units, so that nothing needs to be looked up.
    """

    entity: MemberName
    text: str | None = None
    members: Annotated[tuple[CohortStep, ...], Field(exclude_if=operator.not_)] = ()
    keys: str | None = None
    field: MemberName | None = None
    main_entity: MemberName
    entities: tuple[EntityEntry, ...]
    codings: tuple[CodingEntry, ...] = ()
    relations: tuple[Relation, ...] = ()
    assays: Annotated[tuple[AssayRecord, ...], Field(exclude_if=operator.not_)] = ()
    pins: tuple[TablePin, ...]


class DatasetRecord(PublishedRecord):
    """One published version of a dataset. It never changes.

    `rules` are what the guards of tables refer to; `hides` says that something of the tables is
    not to be seen through this record; `profiles` are what was counted of its fields.
    """

    format: int = Field(default=DATASET_FORMAT, ge=DATASET_FORMAT, le=DATASET_FORMAT)
    kind: str = "dataset"
    schema_tag: str | None = None
    title: str | None = None
    description: str | None = None
    main_entity: MemberName
    entities: tuple[EntityEntry, ...]
    codings: tuple[CodingEntry, ...] = ()
    relations: tuple[Relation, ...] = ()
    assays: tuple[AssayRecord, ...] = ()
    pins: tuple[TablePin, ...]
    rules: tuple[RowRule, ...] = ()
    profiles: Annotated[tuple[ProfileEntry, ...], Field(exclude_if=operator.not_)] = ()
    change: Change | None = None

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """Read a record of this format or an earlier one, which becomes one of this format."""
        text = json_data if isinstance(json_data, str) else json_data.decode()
        return super().model_validate_json(in_format_2(text), **options)

    @property
    def all_pins(self) -> tuple[TablePin, ...]:
        """The pins of its rules, and its own."""
        return (*(pin for rule in self.rules for pin in rule.pins), *self.pins)

    @property
    def all_parts(self) -> dict[str, str]:
        """Its receipt, its profiles, and the entities and codings of its rules and its own."""
        named = super().all_parts
        for each in self.profiles:
            named |= dict.fromkeys(each.parts, f"profiles of {each.entity}")
        described: list[DatasetRecord | RowRule] = [*self.rules, self]
        for one in described:
            named |= {coding.part: f"coding {coding.name}" for coding in one.codings}
            named |= {entity.part: f"entity {entity.name}" for entity in one.entities}
        return named

    @property
    def main_rows(self) -> int | None:
        """The rows of the main entity, or None where something of them is hidden."""
        main = self.find_entity(self.main_entity)
        if main is None or self.hides:
            return None
        return self.pin_of(main.slices[0].table).rows

    def find_entity(self, name: str) -> EntityEntry | None:
        """Return the entity of that name, or None."""
        return next((each for each in self.entities if each.name == name), None)

    def pin_of(self, table: str) -> TablePin:
        """Return the pin of a table that one of the record's slices names."""
        return self._pins_by_table[table]

    def owns(self, table: str) -> bool:
        """Return whether a table is the dataset's own, and called as the dataset itself does."""
        pin = self.pin_of(table)
        return pin.is_ours and pin.location == table_location(self.name, table)

    @cached_property
    def _pins_by_table(self) -> dict[str, TablePin]:
        return {each.table: each for each in self.pins}
