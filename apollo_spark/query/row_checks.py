"""Checks of what rows that come and go do to the rules between rows and tables.

Only what the change touches is asked for: values that come, and values that nothing holds any
more. What was right before and is not touched is right after.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from apollo_spark.query.row_changes import GONE, count_all, in_source, in_table, is_missing
from apollo_spark.query.scope import KEY as LINKED
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.sql import ascending, column, derived, labelled, table
from apollo_spark.workers.files.patching import KEY

_VALUE = "value"
_OLD, _AFTER, _CHILD, _FOUND = "old", "after", "child", "found"


@dataclass(frozen=True)
class EntityAfter:
    """An entity as it will be: its stored rows, rows given in their place, and keys that go.

    Attributes:
        scope: What may be read, with all rows of the entity.
        entity: The entity.
        key: Its primary key, None where it has none.
        given: For each field that the input has, the table of rows given and its column.
        given_key: The column of the key in those tables, by table.
        deletes: Whether there are keys to delete.
    """

    scope: QueryScope
    entity: str
    key: str | None
    given: dict[str, tuple[str, str]]
    given_key: dict[str, str]
    deletes: bool

    def values(self, field: str) -> exp.Query:
        """Ask for the values of a field as they will be, as `value`."""
        found = self._stored(field)
        gone = self._touched(field)
        if gone:
            found = found.where(exp.Not(this=exp.paren(exp.or_(*gone))), copy=False)
        if field not in self.given:
            return found
        name, own = self.given[field]
        more = exp.select(labelled(column(name, own), _VALUE)).from_(table(name), copy=False)
        return exp.Union(this=found, expression=more, distinct=False)

    def lost_values(self, field: str) -> exp.Select:
        """Ask for the values of a field in the stored rows that go or change."""
        touched = self._touched(field) or [exp.false()]
        return self._stored(field).where(exp.or_(*touched), copy=False)

    def _stored(self, field: str) -> exp.Select:
        needed = dict.fromkeys([*([self.key] if self.key else []), field])
        source = self.scope.source(self.entity, list(needed), _OLD)
        return exp.select(labelled(column(_OLD, field), _VALUE)).from_(source, copy=False)

    def _touched(self, field: str) -> list[exp.Expr]:
        """Return what holds of a stored row whose value of a field goes."""
        if self.key is None:
            return []
        key = column(_OLD, self.key)
        found: list[exp.Expr] = [in_table(key, GONE, KEY)] if self.deletes else []
        if field in self.given:
            name = self.given[field][0]
            found.append(in_table(key, name, self.given_key[name]))
        return found


def unresolved_values(
    given: str, given_column: str, scope: QueryScope, target: str, target_field: str
) -> exp.Select:
    """Ask for the values given that are not in the field that they refer to."""
    source = scope.source(target, [target_field], _FOUND)
    met = in_source(column(given, given_column), source, column(_FOUND, target_field))
    return _different(given, given_column, exp.Not(this=met))


def different_values(given: str, given_column: str, *, limit: int) -> exp.Select:
    """Ask for the different values of a column of rows given, at most so many, in no order."""
    value = column(given, given_column)
    found = exp.select(labelled(value, KEY)).distinct().from_(table(given), copy=False)
    found = found.where(exp.Not(this=is_missing(value.copy())), copy=False)
    return found.limit(limit, copy=False)


def repeated_values(after: EntityAfter, field: str) -> exp.Select:
    """Ask for the values given that will be in more than one row."""
    name, own = after.given[field]
    value = column(_AFTER, _VALUE)
    several = exp.GT(this=count_all(), expression=exp.Literal.number(1))
    found = exp.select(labelled(value, KEY)).from_(derived(after.values(field), _AFTER), copy=False)
    found = found.where(in_table(value, name, own), copy=False).group_by(value.copy(), copy=False)
    return found.having(several, copy=False).order_by(ascending(value.copy()), copy=False)


def count_left_alone(
    after: EntityAfter, field: str, children: QueryScope, child: str, child_field: str
) -> exp.Select:
    """Ask how many rows of a child refer to a value that nothing will hold any more."""
    source = children.source(child, [child_field], _CHILD)
    return _count_left(after, field, source, column(_CHILD, child_field))


def count_samples_left(after: EntityAfter, field: str, samples: exp.Select) -> exp.Select:
    """Ask how many samples belong to a value that nothing will hold any more.

    Args:
        after: The entity of the rows that samples belong to.
        field: Its field that holds the value.
        samples: The value of each sample, as `key`.
    """
    return _count_left(after, field, derived(samples, _CHILD), column(_CHILD, LINKED))


def _count_left(after: EntityAfter, field: str, source: exp.Expr, value: exp.Column) -> exp.Select:
    found = exp.select(count_all()).from_(source, copy=False)
    if field == after.key:
        return found.where(in_table(value, GONE, KEY), copy=False)
    lost = derived(after.lost_values(field), _FOUND)
    left = derived(after.values(field), _AFTER)
    was_lost = in_source(value, lost, column(_FOUND, _VALUE))
    is_left = in_source(value, left, column(_AFTER, _VALUE))
    return found.where(exp.and_(was_lost, exp.Not(this=is_left)), copy=False)


def repeated_given(given: str, given_column: str) -> exp.Select:
    """Ask for the values that are in more than one of the rows given."""
    several = exp.GT(this=count_all(), expression=exp.Literal.number(1))
    return _different(given, given_column).having(several, copy=False)


def _different(given: str, given_column: str, *conditions: exp.Expr) -> exp.Select:
    value = column(given, given_column)
    found = exp.select(labelled(value, KEY)).from_(table(given), copy=False)
    there: Sequence[exp.Expr] = (exp.Not(this=is_missing(value.copy())), *conditions)
    found = found.where(exp.and_(*there), copy=False).group_by(value.copy(), copy=False)
    return found.order_by(ascending(value.copy()), copy=False)
