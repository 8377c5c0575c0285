"""Fields, codings and edges under the names that notebooks know."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apollo_spark.model.coding import Coding as StoredCoding
from apollo_spark.model.dictionary import Relation
from apollo_spark.model.field import FieldSpec

if TYPE_CHECKING:
    from apollo_spark.dxdata.entity import Entity


class Coding:
    """The codes of a field.

    Attributes:
        name: Its name.
        codes: Meaning by code, in order.
        hierarchy: Codes in order; one with codes below it is `{CODE: [...]}`.
    """

    def __init__(self, stored: StoredCoding) -> None:
        self.name = stored.name
        self.codes = dict(stored.meanings)
        self.hierarchy: list[Any] = _below(stored, "")

    def __repr__(self) -> str:
        """Return the coding with its name."""
        return f'<Coding "{self.name}">'


@dataclass(frozen=True, eq=False)
class Field:
    """A field of an entity."""

    name: str
    coding: Coding | None
    entity: "Entity"
    title: str | None
    description: str | None
    units: str | None
    concept: str | None
    linkout: str | None
    folder_path: list[str]
    longitudinal_axis_type: str | None
    type: str
    is_multi_select: bool
    is_sparse_coding: bool
    table_name: str
    column_name: str
    database_name: str | None = None
    database_id: str | None = None
    optimized_column: str | None = None
    primary_table_name: str | None = None
    logical_table_name: str | None = None

    def __repr__(self) -> str:
        """Return the field with its name."""
        return f'<Field "{self.name}">'


@dataclass(frozen=True)
class Edge:
    """A field of one entity that refers to a field of another."""

    source_entity: str
    source_field: str
    dest_entity: str
    dest_field: str
    relationship: str

    def __str__(self) -> str:
        """Return the edge from its source."""
        source, dest = self.source_entity, self.dest_entity
        return f"{source}:{self.source_field} -> {dest}:{self.dest_field}"


def field_of(spec: FieldSpec, entity: "Entity", coding: StoredCoding | None) -> Field:
    """Return a field as notebooks know it; it has no database of its own."""
    return Field(
        name=spec.name,
        coding=None if coding is None else Coding(coding),
        entity=entity,
        title=spec.title,
        description=spec.description,
        units=spec.units,
        concept=spec.concept,
        linkout=spec.linkout,
        folder_path=list(spec.folder_path),
        longitudinal_axis_type=spec.longitudinal_axis_type,
        type=spec.type.value,
        is_multi_select=spec.is_multi_select,
        is_sparse_coding=spec.is_sparse,
        table_name=entity.name,
        column_name=spec.name,
        primary_table_name=entity.name,
        logical_table_name=entity.name,
    )


def edge_of(relation: Relation) -> Edge:
    """Return a relation as an edge."""
    return Edge(
        source_entity=relation.from_entity,
        source_field=relation.from_field,
        dest_entity=relation.to_entity,
        dest_field=relation.to_field,
        relationship=relation.relationship.value,
    )


def _below(stored: StoredCoding, code: str) -> list[Any]:
    below = stored.children.get(code, ())
    return [{each: _below(stored, each)} if each in stored.children else each for each in below]
