"""A filter as a condition on a row, which asks for rows of other entities one by one.

Other entities are asked for by EXISTS over what stands one step further out, and numbers of rows
by EXISTS over the keys that have as many: both engines make joins of these, also under or and not.
"""

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlglot import exp

from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.filter import (
    And,
    Comparison,
    CountOf,
    Exists,
    Filter,
    Not,
    Operator,
    Or,
)
from apollo_spark.query.filters.compare import ComparedField, compare, joined
from apollo_spark.query.filters.reach import EntityTree, needed_below
from apollo_spark.query.filters.values import NO_CODES, Codes, codes_of
from apollo_spark.query.sql import column, derived, labelled
from apollo_spark.records.join_path import JoinStep

_KEY, _LINK, _REACHED, _COUNTED = "key", "link", "reached", "counted"
COUNTS: dict[Operator, tuple[type[exp.Binary], Callable[[int, int], bool]]] = {
    Operator.EQUAL: (exp.EQ, operator.eq),
    Operator.NOT_EQUAL: (exp.NEQ, operator.ne),
    Operator.LESS: (exp.LT, operator.lt),
    Operator.LESS_OR_EQUAL: (exp.LTE, operator.le),
    Operator.GREATER: (exp.GT, operator.gt),
    Operator.GREATER_OR_EQUAL: (exp.GTE, operator.ge),
}


class EntitySource(Protocol):
    """What a filter may read: a `QueryScope` is one."""

    @property
    def dictionary(self) -> DataDictionary:
        """The entities, fields, relations and codings."""
        ...

    def source(
        self, entity: str, fields: Sequence[str], alias: str | None = None
    ) -> exp.Table | exp.Subquery:
        """Return what stands after FROM for an entity, with at least these columns."""
        ...


@dataclass(frozen=True, eq=False)
class Row:
    """The row in hand: its entity, and what it goes by in the statement."""

    entity: str
    alias: str


class ExistsCompiler:
    """Writes conditions of a filter that was checked.

    Args:
        scope: What is read for other entities.
        entities: The tree of the entities.
        main_alias: What the caller reads the main entity as.
    """

    def __init__(self, scope: EntitySource, entities: EntityTree, main_alias: str) -> None:
        self._scope = scope
        self._main_alias = main_alias
        self._entities = entities
        self._codes: dict[tuple[str | None, str], Codes] = {}

    def condition(self, tree: Filter, row: Row) -> exp.Expr:
        """Return a condition on the row in hand, true or false and never NULL."""
        if isinstance(tree, And | Or):
            kind = exp.And if isinstance(tree, And) else exp.Or
            return joined(kind, [self.condition(each, row) for each in tree.parts])
        if isinstance(tree, Not):
            return exp.Not(this=exp.Paren(this=self.condition(tree.part, row)))
        assert isinstance(tree, Comparison | Exists | CountOf), "the filter was checked"
        steps = self._path(row, tree.entity)
        if isinstance(tree, CountOf):
            return self._count(tree, row, steps)
        return self._some_row(tree, row, steps) if steps else self._inner(tree, row)

    def joins(self, row: Row) -> Sequence[exp.Join]:  # noqa: ARG002 - others join by it
        """Return what conditions on a row read beside it: nothing, each asks by itself."""
        return ()

    def _some_row(self, tree: Comparison | Exists, row: Row, steps: Sequence[JoinStep]) -> exp.Expr:
        """Return whether some row at the end of a path fulfils what is asked of it."""
        step, rest = steps[0], steps[1:]
        further = [rest[0].parent_field] if rest else self._fields(tree, step.entity)
        far, source = self._read(step.entity, [step.field, *further])
        related = exp.EQ(
            this=column(far.alias, step.field), expression=column(row.alias, step.parent_field)
        )
        found = exp.select(exp.Literal.number(1)).from_(source, copy=False)
        inner = self._some_row(tree, far, rest) if rest else self._inner(tree, far)
        return exp.Exists(this=found.where(joined(exp.And, [related, inner]), copy=False))

    def _inner(self, tree: Comparison | Exists | CountOf, row: Row) -> exp.Expr:
        if isinstance(tree, Comparison):
            return self._compare(tree, row)
        return exp.true() if tree.condition is None else self.condition(tree.condition, row)

    def _count(self, tree: CountOf, row: Row, steps: Sequence[JoinStep]) -> exp.Expr:
        """Return whether the key of a row is among those that have the right number of rows.

        Keys without any row are in no group; where none is right, the wrong groups are searched.
        """
        node, holds = COUNTS[tree.operator]
        holds_for_none = holds(0, tree.number)
        is_right: exp.Expr = node(
            this=exp.Count(this=exp.Star()), expression=exp.Literal.number(tree.number)
        )
        if holds_for_none:
            is_right = exp.Not(this=exp.Paren(this=is_right))
        far, key, reached = self._reach(steps, self._fields(tree, tree.entity))
        counted = reached.where(self._inner(tree, far), copy=False)
        grouped = counted.select(labelled(key, _KEY), copy=False)
        grouped = grouped.group_by(key.copy(), copy=False).having(is_right, copy=False)
        same = exp.EQ(
            this=column(_COUNTED, _KEY), expression=column(row.alias, steps[0].parent_field)
        )
        found = exp.select(exp.Literal.number(1)).from_(derived(grouped, _COUNTED), copy=False)
        exists = exp.Exists(this=found.where(same, copy=False))
        return exp.Not(this=exists) if holds_for_none else exists

    def _reach(
        self, steps: Sequence[JoinStep], fields: Iterable[str]
    ) -> tuple[Row, exp.Column, exp.Select]:
        """Return the rows at the end of a path, each once for each key it belongs to; and the key.

        On the way the pairs of a key and what the next entity is joined by are made distinct: a
        row that is reached in two ways is one row.
        """
        before: exp.Select | None = None
        for place, step in enumerate(steps):
            is_last = place == len(steps) - 1
            further = fields if is_last else [steps[place + 1].parent_field]
            far, source = self._read(step.entity, [step.field, *further])
            key = column(far.alias, step.field)
            query = exp.select().from_(source, copy=False)
            if before is not None:
                same = exp.EQ(this=column(_REACHED, _LINK), expression=key)
                key = column(_REACHED, _KEY)
                query = query.join(derived(before, _REACHED), on=same, copy=False)
            if is_last:
                return far, key, query
            link = labelled(column(far.alias, steps[place + 1].parent_field), _LINK)
            before = query.select(labelled(key, _KEY), link, copy=False).distinct(copy=False)
        raise AssertionError("rows that are counted are of another entity")

    def _compare(self, tree: Comparison, row: Row) -> exp.Expr:
        entity = self._scope.dictionary.find_entity(tree.entity)
        spec = entity.find_field(tree.field) if entity else None
        assert spec is not None, "the filter was checked"
        field = ComparedField(
            spec=spec,
            coding=self._scope.dictionary.find_coding(spec.coding_name),
            column=column(row.alias, tree.field),
            stored=lambda alias: self._scope.source(tree.entity, [tree.field], alias),
            codes=self._codes_of(spec),
        )
        return compare(field, tree)

    def _codes_of(self, spec: FieldSpec) -> Codes:
        # Text is its own code: a coding of 100,000 codes is left alone where nothing asks for it.
        if spec.type is FieldType.STRING and not spec.is_sparse:
            return NO_CODES
        key = (spec.coding_name, spec.type.value)
        if key not in self._codes:
            coding = self._scope.dictionary.find_coding(spec.coding_name)
            self._codes[key] = codes_of(spec, coding)
        return self._codes[key]

    def _path(self, row: Row, entity: str) -> tuple[JoinStep, ...]:
        path = self._entities.path(row.entity, entity)
        assert path is not None, "the filter was checked"
        return path

    def _fields(self, tree: Comparison | Exists | CountOf, entity: str) -> Iterable[str]:
        """Return the fields of an entity's row that are asked about, once that row is in hand."""
        if isinstance(tree, Comparison):
            return [tree.field]
        if tree.condition is None:
            return []
        needed = needed_below(tree.condition, self._entities, entity)
        return [field for owner, field in needed if owner == entity]

    def _read(self, entity: str, fields: Iterable[str]) -> tuple[Row, exp.Table | exp.Subquery]:
        is_taken = entity.lower() == self._main_alias.lower()
        far = Row(entity, f"{entity} row" if is_taken else entity)
        return far, self._scope.source(entity, list(dict.fromkeys(fields)), far.alias)
