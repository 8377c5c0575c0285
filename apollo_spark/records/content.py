"""What a record says about its data, put together: what merges, views and extensions start from.

Everything here is pure. What a change makes is again a `Content`, and texts that become parts; a
record is made of a content, its lineage and a fingerprint of the request.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from apollo_spark.model.assay import AssayRecord, SampleLink
from apollo_spark.model.base import canonical_json, sha256_text
from apollo_spark.model.change import Change
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
from apollo_spark.model.record import InputFile, Lineage


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


def fingerprint_of(
    operation: str,
    inputs: Iterable[InputFile],
    parameters: Iterable[tuple[str, str]],
    *,
    dictionary: DataDictionary | None = None,
) -> str:
    """Return a SHA-256 that is the same when the same is asked for with the same inputs.

    The names of the files do not count, their roles and contents do.
    """
    asked: dict[str, Any] = {
        "operation": operation,
        "inputs": sorted((each.role, each.sha256) for each in inputs),
        "parameters": sorted(parameters),
    }
    if dictionary is not None:
        asked["dictionary"] = sha256_text(dictionary.to_json())
    return sha256_text(canonical_json(asked))


def change_fingerprint(
    change: Change, parents: Iterable[DatasetRecord], parameters: Iterable[tuple[str, str]] = ()
) -> str:
    """Return a SHA-256 that is the same when the same change is made to the same versions."""
    return sha256_text(
        canonical_json(
            {
                "change": change.model_dump(mode="json"),
                "parents": [each.id for each in parents],
                "parameters": sorted(parameters),
            }
        )
    )


def build_dataset_record(
    *,
    name: str,
    version: int,
    content: Content,
    lineage: Lineage,
    receipt: str,
    schema_tag: str | None,
    change: Change | None = None,
) -> DatasetRecord:
    """Return the record of a version, with a new id; its parts are stored by the caller."""
    return DatasetRecord(
        name=name,
        version=version,
        id=str(uuid4()),
        schema_tag=schema_tag,
        main_entity=content.dictionary.main_entity,
        entities=entity_entries(content.dictionary, content.slices),
        codings=coding_entries(content.dictionary),
        relations=content.dictionary.relations,
        assays=content.assays,
        pins=content.pins,
        rules=content.rules,
        hides=content.hides,
        change=change,
        lineage=lineage,
        receipt=receipt,
    )


MakeRecord = Callable[[str, int, Lineage, str], DatasetRecord]
"""Returns a record from its name, number, lineage, and the part of its receipt."""


def record_of(
    content: Content, *, schema_tag: str | None, change: Change | None = None
) -> MakeRecord:
    """Return what makes the record of some content once its version is known."""

    def make(name: str, version: int, lineage: Lineage, receipt: str) -> DatasetRecord:
        return build_dataset_record(
            name=name,
            version=version,
            content=content,
            lineage=lineage,
            receipt=receipt,
            schema_tag=schema_tag,
            change=change,
        )

    return make
