"""From the entities of a dictionary to their tables: the columns, and how a wide entity is cut.

An extension writes a narrow table of its own. Small ones are folded by size classes: the fields of
a table are in a higher class each time they are written again, so that they are written seldom,
and of every class there is one table at most.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from apollo_spark.model.dictionary import DataDictionary, Entity, Relation
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.tables.keys import joined_fields, parent_references
from apollo_spark.workers.values.spec import ColumnSpec, EntitySpec

ARROW_TYPES: dict[FieldType, pa.DataType] = {
    FieldType.STRING: pa.string(),
    FieldType.INTEGER: pa.int64(),
    FieldType.FLOAT: pa.float64(),
    FieldType.DATE: pa.date32(),
    FieldType.DATETIME: pa.timestamp("us", tz="UTC"),
}


def arrow_type(spec: FieldSpec) -> pa.DataType:
    """Return the stored type of a field; a multi-select is a list of its items."""
    base = ARROW_TYPES[spec.type]
    return pa.list_(pa.field("element", base)) if spec.is_multi_select else base


def arrow_schema(entity: Entity) -> pa.Schema:
    """Return the columns of an entity's table, in the order of the dictionary."""
    return pa.schema([pa.field(spec.name, arrow_type(spec)) for spec in entity.fields])


def entity_spec(
    dictionary: DataDictionary, entity: Entity, *, missing: tuple[str, ...] = ("",)
) -> EntitySpec:
    """Return what a worker needs to know to read and check the rows of an entity."""
    parents, joined = parent_references(dictionary), joined_fields(dictionary)
    return EntitySpec(
        entity=entity.name,
        columns=tuple(
            _column(
                dictionary,
                entity,
                spec,
                is_reference=(entity.name, spec.name) in parents,
                joined=joined,
            )
            for spec in entity.fields
        ),
        missing=missing,
    )


def _column(
    dictionary: DataDictionary,
    entity: Entity,
    spec: FieldSpec,
    *,
    is_reference: bool,
    joined: frozenset[tuple[str, str]],
) -> ColumnSpec:
    coding = dictionary.find_coding(spec.coding_name) if spec.must_be_coded else None
    return ColumnSpec(
        header=spec.header,
        name=spec.name,
        type=spec.type.value,
        is_multi_select=spec.is_multi_select,
        codes=coding.codes if coding else None,
        is_key=spec.name == entity.primary_key,
        is_reference=is_reference,
        joins=spec.name == entity.primary_key or (entity.name, spec.name) in joined,
        format=spec.format,
    )


MAX_COLUMNS = 400
"""Columns of a table where the settings say nothing else."""


def cut_entity(
    relations: Iterable[Relation], entity: Entity, max_columns: int
) -> tuple[tuple[str, ...], ...]:
    """Return the columns of each table of an entity; each begins with the key if there are several.

    The first holds the fields that join entities. Without a key nothing could be joined: then
    there is one table, however wide.
    """
    key = entity.primary_key
    names = [each.name for each in entity.fields]
    if key is None or len(names) <= max_columns:
        return (tuple(names),)
    joining = _joining_fields(relations, entity.name) - {key}
    first = [each for each in names if each in joining]
    others = [each for each in names if each != key and each not in joining]
    room = max(max_columns - 1 - len(first), 0)
    order = {each: number for number, each in enumerate(names)}
    tables = [tuple(sorted([key, *first, *others[:room]], key=order.__getitem__))]
    return (*tables, *((key, *each) for each in cut_fields(others[room:], max_columns)))


def cut_fields(fields: Sequence[str], max_columns: int) -> tuple[tuple[str, ...], ...]:
    """Return the fields of each table, beside which there is room for the key."""
    room = max(max_columns - 1, 1)
    return tuple(tuple(fields[start : start + room]) for start in range(0, len(fields), room))


def _joining_fields(relations: Iterable[Relation], entity: str) -> set[str]:
    found = set()
    for each in relations:
        if each.from_entity == entity:
            found.add(each.from_field)
        if each.to_entity == entity:
            found.add(each.to_field)
    return found


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """Return a name for tables that neither is taken nor begins the name of a further table."""
    used = {each.lower() for each in taken}
    name, number = wanted, 1
    while any(each == name.lower() or each.startswith(f"{name.lower()}.") for each in used):
        number += 1
        name = f"{wanted}-{number}"
    return name


@dataclass(frozen=True)
class SliceSize:
    """A table of an entity that may be folded, and how many fields it holds beside the key."""

    table: str
    fields: int


def plan_slice_folds(before: Iterable[SliceSize], added: int, max_columns: int) -> tuple[str, ...]:
    """Say which earlier tables become one with what is added; none is an answer.

    Args:
        before: Tables of the entity that only extensions wrote.
        added: Fields that are added to them.
        max_columns: Most columns of a table; one that is full stays as it is.
    """
    room = max(max_columns - 1, 1)
    waiting = sorted(
        (each for each in before if 0 < each.fields < room), key=lambda each: each.fields
    )
    folded: list[str] = []
    total = added % room
    for each in waiting:
        if not total or _size_class(each.fields) > _size_class(total):
            break
        folded.append(each.table)
        total += each.fields
    return tuple(folded)


def _size_class(fields: int) -> int:
    return fields.bit_length()
