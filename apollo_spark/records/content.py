"""What a record says about its data, put together: what merges, views and extensions start from.

Everything here is pure. What a change makes is again a `Content`, and texts that become parts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from apollo_spark.model.assay import AssayRecord, SampleLink
from apollo_spark.model.base import sha256_text
from apollo_spark.model.coding import Coding
from apollo_spark.model.dataset import (
    CodingEntry,
    DatasetRecord,
    EntityEntry,
    RowRule,
    TableSlice,
)
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.pin import TablePin


@dataclass(frozen=True)
class Content:
    """Entities, where their rows are, assays, and the rules that hide rows.

    Attributes:
        dictionary: Entities, fields, relations, codings.
        slices: The tables of each entity.
        pins: Every table that a slice or an assay names, each name once.
        assays: The assays.
        rules: What the guards of the tables refer to, by number.
        hides: Whether something of the tables is not to be seen here.
    """

    dictionary: DataDictionary
    slices: Mapping[str, tuple[TableSlice, ...]]
    pins: tuple[TablePin, ...]
    assays: tuple[AssayRecord, ...] = ()
    rules: tuple[RowRule, ...] = ()
    hides: bool = False

    def tables_of(self, entity: str) -> tuple[TableSlice, ...]:
        """Return the tables of an entity, the one with every row first."""
        return self.slices.get(entity) or (TableSlice(table=entity),)

    def with_labels(self, labels: Mapping[str, str]) -> "Content":
        """Return the same with other names for some tables; their locations stay."""

        def called(table: str) -> str:
            return labels.get(table, table)

        return replace(
            self,
            slices={
                entity: tuple(
                    each.model_copy(update={"table": called(each.table)}) for each in tables
                )
                for entity, tables in self.slices.items()
            },
            pins=tuple(each.model_copy(update={"table": called(each.table)}) for each in self.pins),
            assays=tuple(_relabelled(each, labels) for each in self.assays),
        )

    def only_used_pins(self) -> "Content":
        """Return the same with the pins of what it keeps alone."""
        used = {each.table for tables in self.slices.values() for each in tables}
        for assay in self.assays:
            used |= set(assay.all_tables)
        return replace(self, pins=tuple(each for each in self.pins if each.table in used))


@dataclass(frozen=True)
class Derived:
    """What a change makes of others, and the texts that its rules name as parts.

    `notes` are for people: what was kept besides what was asked for, say.
    """

    content: Content
    parts: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


def content_of(record: DatasetRecord, dictionary: DataDictionary) -> Content:
    """Return what a published record says, given its dictionary."""
    return Content(
        dictionary=dictionary,
        slices={each.name: each.slices for each in record.entities},
        pins=record.pins,
        assays=record.assays,
        rules=record.rules,
        hides=record.hides,
    )


def entity_entries(
    dictionary: DataDictionary, slices: Mapping[str, tuple[TableSlice, ...]]
) -> tuple[EntityEntry, ...]:
    """Return how a record names entities; an entity without slices is one table of its name."""
    return tuple(
        EntityEntry(
            name=each.name,
            primary_key=each.primary_key,
            title=each.title,
            field_count=len(each.fields),
            part=sha256_text(each.to_json()),
            slices=slices.get(each.name) or (TableSlice(table=each.name),),
        )
        for each in dictionary.entities
    )


def coding_entries(dictionary: DataDictionary) -> tuple[CodingEntry, ...]:
    """Return how a record names codings."""
    return tuple(
        CodingEntry(
            name=each.name,
            code_count=len(each.codes),
            is_hierarchical=each.is_hierarchical,
            part=sha256_text(each.to_json()),
        )
        for each in dictionary.codings
    )


def part_texts(dictionary: DataDictionary) -> tuple[str, ...]:
    """Return the texts of the parts that the entries of a dictionary name."""
    described: Iterable[Entity | Coding] = (*dictionary.entities, *dictionary.codings)
    return tuple(each.to_json() for each in described)


def samples_origin(content: Content, assay: AssayRecord) -> str | None:
    """Return where the table lies whose keys are the ids of an assay's samples, as it was loaded.

    It is None where the samples are linked by a table and nothing says where they came from.
    """
    if assay.origin is not None or assay.link is not None:
        return assay.origin
    first = content.tables_of(assay.entity)[0].table
    return next((each.location for each in content.pins if each.table == first), None)


def _relabelled(assay: AssayRecord, labels: Mapping[str, str]) -> AssayRecord:
    def called(table: str) -> str:
        return labels.get(table, table)

    return assay.model_copy(
        update={
            "tables": tuple(
                each.model_copy(update={"table": called(each.table)}) for each in assay.tables
            ),
            "link": None if assay.link is None else SampleLink(table=called(assay.link.table)),
        }
    )
