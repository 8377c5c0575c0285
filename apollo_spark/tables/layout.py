"""From the entities of a dictionary to the columns of their tables."""

import pyarrow as pa

from apollo_spark.model.dictionary import DataDictionary, Entity
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
    )
