"""Entities joined in one statement: where their columns come from, what is shown, in what order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.sql import ascending, column, labelled, name
from apollo_spark.query.values import (
    Codes,
    FieldSource,
    Shown,
    ValueMode,
    show_value,
    type_codes,
)

Asked = Sequence[tuple[Entity, FieldSpec]]
"""Fields with their entities, in the order of the columns."""


@dataclass(frozen=True)
class Join:
    """One more entity, joined left outer by a field to a field of one that is there."""

    near: str
    near_field: str
    far: str
    far_field: str


@dataclass(frozen=True)
class JoinedEntities:
    """Entities to read from: one whose rows are all kept, and those joined to it, in order.

    `order` names the entities whose primary keys order the rows; an entity without one orders
    them by its fields asked for.
    """

    first: str
    joins: tuple[Join, ...]
    order: tuple[str, ...]


def select_fields(
    scope: QueryScope, joined: JoinedEntities, asked: Asked, mode: ValueMode
) -> exp.Select:
    """Return the statement that shows some fields of joined entities."""
    dictionary = scope.dictionary
    order = [key for entity in joined.order for key in _order_fields(dictionary, entity, asked)]
    needed = _needed_fields(joined, asked, order)
    codes = _type_codes(dictionary, asked, mode)
    shown = [
        show_value(_source(scope, entity, spec), codes.get((spec.coding_name, spec.type)), mode)
        for entity, spec in asked
    ]
    values = [
        labelled(each.value, f"{entity.name}.{spec.name}")
        for each, (entity, spec) in zip(shown, asked, strict=True)
    ]
    tree = exp.select(*values)
    tree = tree.from_(_read(scope, joined.first, needed), copy=False)
    for join in joined.joins:
        same = exp.EQ(
            this=column(join.near, join.near_field), expression=column(join.far, join.far_field)
        )
        far = _read(scope, join.far, needed)
        tree = tree.join(far, on=same, join_type="left outer", copy=False)
    _add_lookups(tree, shown)
    keys = [ascending(column(entity, key)) for entity, key in order]
    return tree.order_by(*keys, copy=False)


def _order_fields(dictionary: DataDictionary, entity: str, asked: Asked) -> list[tuple[str, str]]:
    found = dictionary.find_entity(entity)
    if found is not None and found.primary_key is not None:
        return [(entity, found.primary_key)]
    return [
        (entity, spec.name)
        for each, spec in asked
        if each.name == entity and not spec.is_multi_select
    ]


def _needed_fields(
    joined: JoinedEntities, asked: Asked, order: Iterable[tuple[str, str]]
) -> dict[str, list[str]]:
    """Return the stored fields that the statement mentions, by entity, each once."""
    pairs = [(entity.name, spec.name) for entity, spec in asked]
    for join in joined.joins:
        pairs += [(join.near, join.near_field), (join.far, join.far_field)]
    needed: dict[str, list[str]] = {}
    for entity, field in dict.fromkeys([*pairs, *order]):
        needed.setdefault(entity, []).append(field)
    return needed


def _type_codes(
    dictionary: DataDictionary, asked: Asked, mode: ValueMode
) -> dict[tuple[str | None, FieldType], Codes]:
    if mode is ValueMode.RAW:
        return {}
    used = dict.fromkeys((spec.coding_name, spec.type) for _, spec in asked)
    found = ((*key, dictionary.find_coding(key[0])) for key in used)
    return {(title, type_): type_codes(coding, type_) for title, type_, coding in found if coding}


def _source(scope: QueryScope, entity: Entity, spec: FieldSpec) -> FieldSource:
    return FieldSource(
        entity=entity.name,
        spec=spec,
        rows=lambda alias: scope.source(entity.name, [spec.name], alias),
        column=column(entity.name, spec.name),
    )


def _read(scope: QueryScope, entity: str, needed: dict[str, list[str]]) -> exp.Table | exp.Subquery:
    return scope.source(entity, needed.get(entity, ()))


def _add_lookups(tree: exp.Select, shown: Iterable[Shown]) -> None:
    queries = {alias: query for each in shown for alias, query in each.queries}
    for alias, query in queries.items():
        tree.with_(name(alias), as_=query, copy=False)
    for each in shown:
        for found, same in each.joins:
            tree.join(found, on=same, join_type="left outer", copy=False)
