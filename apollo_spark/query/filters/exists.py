"""A filter as a condition on a row, which asks for rows of other entities one by one.

Other entities are asked for by EXISTS over what is one step further out, and numbers of rows
by EXISTS over the keys that have as many: both engines make joins of these, also under or and not.
"""

import operator
from collections.abc import Callable, Sequence

from sqlglot import exp

from apollo_spark.model.filter import (
    And,
    AssayValue,
    ChosenRow,
    Comparison,
    CountOf,
    Exists,
    FieldComparison,
    Filter,
    Not,
    Operator,
    Or,
    Rows,
    SummaryOf,
)
from apollo_spark.model.join_path import JoinStep
from apollo_spark.query.filters.choosing import CHOSEN_KEY, Choosing
from apollo_spark.query.filters.compare import joined
from apollo_spark.query.filters.conditions import RowConditions
from apollo_spark.query.filters.measured import is_measured
from apollo_spark.query.filters.reach import EntityTree, mixes_looks
from apollo_spark.query.filters.rows import EntitySource, Row
from apollo_spark.query.filters.summaries import NEGATIONS, compare_summary
from apollo_spark.query.sql import column, derived, labelled

_KEY, _COUNTED = "key", "counted"
COUNTS: dict[Operator, tuple[type[exp.Binary], Callable[[int, int], bool]]] = {
    Operator.EQUAL: (exp.EQ, operator.eq),
    Operator.NOT_EQUAL: (exp.NEQ, operator.ne),
    Operator.LESS: (exp.LT, operator.lt),
    Operator.LESS_OR_EQUAL: (exp.LTE, operator.le),
    Operator.GREATER: (exp.GT, operator.gt),
    Operator.GREATER_OR_EQUAL: (exp.GTE, operator.ge),
}

OnRows = Comparison | FieldComparison | Exists | AssayValue
"""Conditions that some row fulfils."""


class ExistsCompiler(RowConditions):
    """Writes conditions of a filter that was checked.

    Args:
        scope: What is read for other entities.
        entities: The tree of the entities.
    """

    def __init__(self, scope: EntitySource, entities: EntityTree) -> None:
        super().__init__(scope)
        self._entities = entities

    def condition(self, tree: Filter, row: Row) -> exp.Expr:
        """Return a condition on the current row, true or false and never NULL."""
        if isinstance(tree, And | Or):
            kind = exp.And if isinstance(tree, And) else exp.Or
            return joined(kind, [self.condition(each, row) for each in tree.parts])
        if isinstance(tree, Not):
            return exp.Not(this=exp.Paren(this=self.condition(tree.part, row)))
        if isinstance(tree, CountOf):
            return self._count(tree, row, self._path(tree, row))
        if isinstance(tree, ChosenRow):
            return self._chosen(tree, row, self._path(tree, row))
        if isinstance(tree, SummaryOf):
            return self._summary(tree, row, self._path(tree, row))
        assert isinstance(tree, OnRows), "the filter was checked"
        steps = self._path(tree, row)
        start = self._start(tree, row)
        return self._some_row(tree, row, steps, start) if steps else self._inner(tree, row)

    def joins(self, row: Row) -> Sequence[exp.Join]:  # noqa: ARG002 - others join by it
        """Return what conditions on a row read beside it: nothing, each asks by itself."""
        return ()

    def _some_row(self, tree: OnRows, row: Row, steps: Sequence[JoinStep], start: Row) -> exp.Expr:
        """Return whether some row at the end of a path fulfils what is asked of it.

        Args:
            tree: What is asked.
            row: The current row.
            steps: The path, one step or more.
            start: Where it begins: the current row, or for rows with names the main one.
        """
        far = self._next_row(row, start, steps[0])
        inside = tree.condition if isinstance(tree, Exists) else None
        far.sees_outer = len(steps) > 1 or not mixes_looks(inside, far.entity)
        if len(steps) > 1:
            inner = self._some_row(tree, far, steps[1:], far)
        else:
            inner = self._inner(tree, self._as_named(tree, far))
        conditions = [*far.is_same(), inner]
        found = self._reading(far).select(exp.Literal.number(1), copy=False)
        return exp.Exists(this=found.where(joined(exp.And, conditions), copy=False))

    def _reading(self, row: Row) -> exp.Select:
        """Return a query on a row, once all that is asked of it was written."""
        joins = self.joins(row)
        found = row.reading(self._scope)
        for each in joins:
            found.append("joins", each)
        return found

    def _inner(self, tree: OnRows | CountOf, row: Row) -> exp.Expr:
        if isinstance(tree, Comparison):
            return self._compare(tree, row)
        if isinstance(tree, FieldComparison):
            return self._compare_fields(tree, row)
        if isinstance(tree, AssayValue):
            return self._compare_measured(tree, row)
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
        far = self._far_row(row, self._start(tree, row), steps)
        inner = self._inner(tree, self._as_named(tree, far))
        exists = self._in_group(far, row, steps, inner, lambda found: found.having(is_right))
        return exp.Not(this=exists) if holds_for_none else exists

    def _summary(self, tree: SummaryOf, row: Row, steps: Sequence[JoinStep]) -> exp.Expr:
        """Return whether the key of a row is among those whose values make the right number."""
        if tree.operator in NEGATIONS:
            positive = tree.model_copy(update={"operator": NEGATIONS[tree.operator]})
            return exp.Not(this=self._summary(positive, row, steps))
        far = self._as_named(tree, self._far_row(row, self._start(tree, row), steps))
        inner = exp.true() if tree.condition is None else self.condition(tree.condition, far)
        spec = self._spec(tree.entity, tree.field)
        is_right = compare_summary(tree, spec, far.own(tree.field), self._codes_of(spec))
        return self._in_group(far, row, steps, inner, lambda found: found.having(is_right))

    def _chosen(self, tree: ChosenRow, row: Row, steps: Sequence[JoinStep]) -> exp.Expr:
        """Return whether the one row that is chosen for a row fulfils a condition."""
        start = self._start(tree, row)
        far = self._as_named(tree, self._far_row(row, start, steps))
        among = exp.true() if tree.among is None else self.condition(tree.among, far)
        choosing = Choosing(
            tree=tree,
            spec=self._spec(tree.entity, tree.by),
            codes=self._codes_of(self._spec(tree.entity, tree.by)),
            key=self._entities.key_of(tree.entity) or "",
            far=far,
            steps=len(steps),
            among=among,
            joins=self.joins(far),
            scope=self._scope,
        )
        step = steps[-1].model_copy(
            update={"parent_field": steps[0].parent_field, "field": CHOSEN_KEY}
        )
        chosen = self._as_named(tree, self._next_row(row, start, step))
        chosen.sees_outer = not mixes_looks(tree.condition, chosen.entity)
        chosen.source = choosing.rows
        conditions = [self.condition(tree.condition, chosen), *chosen.is_same()]
        conditions += choosing.same_outside(chosen)
        found = self._reading(chosen).select(exp.Literal.number(1), copy=False)
        return exp.Exists(this=found.where(joined(exp.And, conditions), copy=False))

    def _in_group(
        self,
        far: Row,
        row: Row,
        steps: Sequence[JoinStep],
        inner: exp.Expr,
        limited: Callable[[exp.Select], exp.Select],
    ) -> exp.Exists:
        """Return whether a row is among those that some group of far rows belongs to."""
        link = far.start_link(len(steps))
        key, outside = far.beside(*link), far.outside(len(steps))
        values = [far.beside(*each) for each in outside]
        found = self._reading(far).where(inner, copy=False)
        names = [f"outside {number}" for number in range(len(outside))]
        found = found.select(
            labelled(key, _KEY),
            *(labelled(value, name) for value, name in zip(values, names, strict=True)),
            copy=False,
        )
        found = limited(found.group_by(key.copy(), *(x.copy() for x in values), copy=False))
        same: list[exp.Expr] = [exp.EQ(this=column(_COUNTED, _KEY), expression=row.beside(*link))]
        same += [
            exp.NullSafeEQ(this=column(_COUNTED, name), expression=row.beside(*each))
            for each, name in zip(outside, names, strict=True)
        ]
        outer = exp.select(exp.Literal.number(1)).from_(derived(found, _COUNTED), copy=False)
        return exp.Exists(this=outer.where(joined(exp.And, same), copy=False))

    def _far_row(self, row: Row, start: Row, steps: Sequence[JoinStep]) -> Row:
        """Return the row at the end of a path, each once for each key that it belongs to.

        On the way the pairs of a key and what the next entity is joined by are made distinct: a
        row that is reached in two ways is one row.
        """
        far = self._next_row(row, start, steps[0])
        for step in steps[1:]:
            far = self._next_row(far, far, step)
        return far

    def _next_row(self, outer: Row, parent: Row, step: JoinStep) -> Row:
        taken = {each.alias.lower() for each in outer.enclosing()}
        alias, number = step.entity, 1
        while alias.lower() in taken:
            alias = f"{step.entity} row" if number == 1 else f"{step.entity} row {number}"
            number += 1
        return Row(step.entity, alias, outer, parent, step)

    def _compare_measured(self, tree: AssayValue, row: Row) -> exp.Expr:
        if tree.operator in NEGATIONS:
            positive = tree.model_copy(update={"operator": NEGATIONS[tree.operator]})
            return exp.Not(this=self._compare_measured(positive, row))
        place, source = self._entities.place_of(tree.assay), self._scope.measured
        assert place is not None, "the filter was checked"
        assert source is not None, "the filter was checked"
        return is_measured(tree, row.own(place[1]), source)

    def _as_named(self, tree: OnRows | Rows, far: Row) -> Row:
        far.name = tree.name if isinstance(tree, Rows) else None
        return far

    def _start(self, tree: OnRows | Rows, row: Row) -> Row:
        """Return the row whose rows are meant: of rows with names the main one."""
        is_named = isinstance(tree, Rows) and tree.name is not None
        return row.main if is_named else row

    def _path(self, tree: OnRows | Rows, row: Row) -> tuple[JoinStep, ...]:
        if isinstance(tree, Comparison | FieldComparison) and tree.row is not None:
            return ()
        owner = self._entities.owner_of(tree)
        assert owner is not None, "the filter was checked"
        path = self._entities.path(self._start(tree, row).entity, owner)
        assert path is not None, "the filter was checked"
        return path
