"""Checks between rows and tables as questions on their key columns alone.

Each gives the values that break a rule in a column `key`, each once and in ascending order. A
missing value is not a key: it neither repeats nor refers to anything.
"""

from collections.abc import Sequence

from sqlglot import exp

from apollo_spark.query.sql import ascending, column, derived, labelled, table

TARGET = "target"
"""The name under which a question reads what keys refer to."""

_SOURCE, _FOUND = "source", "found"
_KEY, _COUNT = "key", "count"


def repeated_keys(table_name: str, column_name: str, limit: int | None = None) -> exp.Select:
    """Ask for the values of a column that are in more than one row."""
    return _keys(_repeated(table_name, column_name), limit)


def unresolved_keys(
    table_name: str,
    column_name: str,
    target_table: str,
    target_column: str,
    limit: int | None = None,
) -> exp.Select:
    """Ask for the values of a column that are not in the column that it refers to."""
    return unresolved_in(table_name, column_name, table(target_table, TARGET), target_column, limit)


def unresolved_in(
    table_name: str,
    column_name: str,
    target: exp.Table | exp.Subquery,
    target_column: str,
    limit: int | None = None,
) -> exp.Select:
    """Ask for the values of a column that are not in a column of a source under the name TARGET."""
    return _keys(_unresolved(table_name, column_name, target, target_column), limit)


def values_of_hidden(
    table_name: str,
    column_name: str,
    *,
    stored: exp.Table | exp.Subquery,
    shown: exp.Table | exp.Subquery,
    field: str,
    taken: Sequence[tuple[exp.Table, exp.Expr]],
) -> exp.Select:
    """Ask for the values of a column that are stored and not shown, or among the keys taken out.

    Args:
        table_name: The table of the column.
        column_name: The column.
        stored: A source under the name TARGET with all rows.
        shown: One with those that are shown.
        field: The field of both that holds the values.
        taken: Tables of keys, each with its key in the type of the field.
    """
    is_stored, is_shown = (
        _stands_in(column_name, each, column(TARGET, field)) for each in (stored, shown)
    )
    hidden: list[exp.Expr] = [exp.and_(is_stored, exp.Not(this=is_shown), copy=False)]
    hidden += [_stands_in(column_name, source, key) for source, key in taken]
    found = _grouped(table_name, column_name)
    return _keys(found.where(exp.paren(exp.or_(*hidden, copy=False)), copy=False), None)


def _stands_in(column_name: str, source: exp.Table | exp.Subquery, value: exp.Expr) -> exp.Exists:
    same = exp.EQ(this=value, expression=column(_SOURCE, column_name))
    one = exp.select(exp.Literal.number(1)).from_(source, copy=False)
    return exp.Exists(this=one.where(same, copy=False))


def count_lacking(
    target: exp.Table | exp.Subquery, target_column: str, table_name: str, column_name: str
) -> exp.Select:
    """Count the rows of a source under the name TARGET whose value no row of a table has."""
    same = exp.EQ(this=column(_SOURCE, column_name), expression=column(TARGET, target_column))
    one = exp.select(exp.Literal.number(1)).from_(table(table_name, _SOURCE), copy=False)
    found = exp.Exists(this=one.where(same, copy=False))
    counted = exp.select(labelled(exp.Count(this=exp.Star()), _COUNT)).from_(target, copy=False)
    return counted.where(exp.Not(this=found), copy=False)


def _repeated(table_name: str, column_name: str) -> exp.Select:
    several = exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1))
    return _grouped(table_name, column_name).having(several, copy=False)


def _unresolved(
    table_name: str,
    column_name: str,
    target: exp.Table | exp.Subquery,
    target_column: str,
) -> exp.Select:
    same = exp.EQ(this=column(TARGET, target_column), expression=column(_SOURCE, column_name))
    one = exp.select(exp.Literal.number(1)).from_(target, copy=False)
    resolved = exp.Exists(this=one.where(same, copy=False))
    return _grouped(table_name, column_name).where(exp.Not(this=resolved), copy=False)


def _grouped(table_name: str, column_name: str) -> exp.Select:
    """Return the different values of a column."""
    value = column(_SOURCE, column_name)
    found = exp.select(labelled(value, _KEY))
    found = found.from_(table(table_name, _SOURCE), copy=False)
    return found.where(exp.Not(this=_is_missing(value)), copy=False).group_by(value.copy())


def _keys(grouped: exp.Select, limit: int | None) -> exp.Select:
    key = column(_FOUND, _KEY)
    found = exp.select(labelled(key, _KEY)).from_(derived(grouped, _FOUND), copy=False)
    found = found.order_by(ascending(key.copy()), copy=False)
    return found if limit is None else found.limit(limit, copy=False)


def _is_missing(value: exp.Expr) -> exp.Is:
    return exp.Is(this=value.copy(), expression=exp.Null())
