"""What rows that are given change in the tables of an entity, as questions over both.

Rows meet by key, and a missing key meets none. The questions run on the embedded engine, which
tells the file of a row in the column `FILE`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from apollo_spark.query.sql import ascending, column, derived, labelled, table
from apollo_spark.workers.files.patching import DROPPED, KEY

FILE = "file of the row"
"""The column with the path of the file that a row is in; no column of a table is called so."""
GONE = "keys to delete"
"""The table of the keys whose rows go; its one column is `KEY`."""

Source = Callable[[str], exp.Table | exp.Subquery]
"""Gives what comes after FROM, under an alias."""

_OLD, _GIVEN, _CHANGED, _FOUND = "old", "given", "changed", "found"
_ROWS, _IS_THERE = "rows", "is there"


@dataclass(frozen=True)
class ChangedTable:
    """One table of an entity, with rows that are given for it.

    Attributes:
        old: The stored rows, by the name that questions use.
        given: The rows given, in the same columns.
        key: The column of the key.
        columns: The columns that the input has, beside the key.
        kept: The columns that it lacks: rows that are there keep their values.
        has_every_row: Whether every row of the entity is in it.
    """

    old: str
    given: str
    key: str
    columns: tuple[str, ...]
    kept: tuple[str, ...]
    has_every_row: bool


def matched_files(old: str, key: str, other: str, other_key: str) -> exp.Select:
    """Ask which files hold rows whose keys are in another table: `file` and `rows`."""
    value = column(_OLD, key)
    found = exp.select(labelled(column(_OLD, FILE), FILE), labelled(count_all(), _ROWS))
    found = found.from_(table(old, _OLD), copy=False)
    found = found.where(in_table(value, other, other_key), copy=False)
    return found.group_by(column(_OLD, FILE), copy=False)


def dropped_rows(changed: ChangedTable | None, old: str, key: str, *, deletes: bool) -> exp.Query:
    """Ask for the stored rows that go or change, file by file: all of them are `DROPPED`.

    Args:
        changed: The rows given, None where there are none.
        old: The stored rows.
        key: Their column of the key.
        deletes: Whether there are keys to delete.
    """
    parts: list[exp.Query] = []
    if changed is not None:
        parts.append(
            _met(changed, _place(_OLD, changed.key), how="inner").where(
                _differs(changed), copy=False
            )
        )
    if deletes:
        gone = exp.select(*_place(_OLD, key)).from_(table(old, _OLD), copy=False)
        parts.append(gone.where(in_table(column(_OLD, key), GONE, KEY), copy=False))
    return _by_file(_all_of(parts), [FILE, KEY], labelled(exp.true(), DROPPED))


def patched_rows(changed: ChangedTable) -> exp.Query:
    """Ask for the rows given that are not to be stored as they are, file by file.

    Those that change nothing are dropped; the others get the values that the input lacks.
    """
    values = [labelled(column(_OLD, each), each) for each in changed.kept]
    there = exp.Not(this=is_missing(column(_OLD, changed.key)))
    unchanged = labelled(exp.Not(this=_differs(changed)), DROPPED)
    shown = [*_place(_GIVEN, changed.key), labelled(there, _IS_THERE), unchanged, *values]
    wanted: exp.Expr = column(_FOUND, DROPPED)
    if changed.kept:
        wanted = exp.or_(wanted, column(_FOUND, _IS_THERE))
    found = _by_file(_pairs(changed, shown), [FILE, KEY, DROPPED, *changed.kept])
    return found.where(wanted, copy=False)


def count_changed(tables: Iterable[ChangedTable], entity: Source, key: str) -> exp.Select:
    """Ask how many rows of an entity get another value in any of its tables.

    Args:
        tables: The tables with the rows given for them.
        entity: The stored rows of the entity.
        key: Their column of the key.
    """
    keys: list[exp.Query] = [
        _pairs(each, [labelled(column(_GIVEN, each.key), KEY)]).where(_differs(each), copy=False)
        for each in tables
    ]
    value = column(_CHANGED, KEY)
    counted = exp.Count(this=exp.Distinct(expressions=[value]))
    found = exp.select(counted).from_(derived(_all_of(keys), _CHANGED), copy=False)
    return found.where(in_source(value.copy(), entity(_FOUND), column(_FOUND, key)), copy=False)


def count_met(keys: str, key: str, entity: Source, entity_key: str) -> exp.Select:
    """Ask how many different keys of a table are those of rows of an entity."""
    value = column(_GIVEN, key)
    counted = exp.Count(this=exp.Distinct(expressions=[value]))
    found = exp.select(counted).from_(table(keys, _GIVEN), copy=False)
    met = in_source(value.copy(), entity(_FOUND), column(_FOUND, entity_key))
    return found.where(met, copy=False)


def unmet_keys(keys: str, key: str, entity: Source, entity_key: str) -> exp.Select:
    """Ask for the keys of a table that no row of an entity has, each once, as `KEY`."""
    value = column(_GIVEN, key)
    found = exp.select(labelled(value, KEY)).distinct().from_(table(keys, _GIVEN), copy=False)
    met = in_source(value.copy(), entity(_FOUND), column(_FOUND, entity_key))
    there = exp.Not(this=is_missing(value))
    return found.where(exp.and_(there, exp.Not(this=met)), copy=False)


def shared_keys(keys: str, key: str, other: str, other_key: str) -> exp.Select:
    """Ask for the keys of a table that are in another one too, each once, as `KEY`."""
    value = column(_GIVEN, key)
    found = exp.select(labelled(value, KEY)).distinct().from_(table(keys, _GIVEN), copy=False)
    return found.where(in_table(value.copy(), other, other_key), copy=False)


def key_range(keys: str, key: str) -> exp.Select:
    """Ask for the least and the largest key of a table."""
    value = column(_GIVEN, key)
    found = exp.select(exp.Min(this=value), exp.Max(this=value.copy()))
    return found.from_(table(keys, _GIVEN), copy=False)


def in_table(value: exp.Expr, other: str, other_column: str) -> exp.Exists:
    """Return whether a value is in a column of a table."""
    alias = f"in {other}"
    return in_source(value, table(other, alias), column(alias, other_column))


def in_source(value: exp.Expr, source: exp.Table | exp.Subquery, found: exp.Column) -> exp.Exists:
    """Return whether a value is in a column of what may come after FROM."""
    one = exp.select(exp.Literal.number(1)).from_(source, copy=False)
    return exp.Exists(this=one.where(exp.EQ(this=found, expression=value.copy()), copy=False))


def is_missing(value: exp.Expr) -> exp.Is:
    """Return whether there is no value."""
    return exp.Is(this=value, expression=exp.Null())


def count_all() -> exp.Count:
    """Return the number of rows."""
    return exp.Count(this=exp.Star())


def _pairs(changed: ChangedTable, shown: Sequence[exp.Expr]) -> exp.Select:
    """Put each row given beside the stored one of its key.

    Rows that another table than the first does not have are empty there, so that a row given
    without any value changes nothing.
    """
    return _met(changed, shown, how="inner" if changed.has_every_row else "left outer")


def _met(changed: ChangedTable, shown: Sequence[exp.Expr], *, how: str) -> exp.Select:
    same = exp.EQ(this=column(_OLD, changed.key), expression=column(_GIVEN, changed.key))
    found = exp.select(*shown).from_(table(changed.given, _GIVEN), copy=False)
    return found.join(table(changed.old, _OLD), on=same, join_type=how, copy=False)


def _differs(changed: ChangedTable) -> exp.Expr:
    """Return whether a row given differs from the stored one in a column that the input has."""
    each = [
        exp.NullSafeNEQ(this=column(_GIVEN, name), expression=column(_OLD, name))
        for name in changed.columns
    ]
    return exp.paren(exp.or_(*each, copy=False), copy=False) if each else exp.false()


def _place(owner: str, key: str) -> list[exp.Expr]:
    return [labelled(column(owner, FILE), FILE), labelled(column(owner, key), KEY)]


def _all_of(parts: Sequence[exp.Query]) -> exp.Query:
    found = parts[0]
    for part in parts[1:]:
        found = exp.Union(this=found, expression=part, distinct=False)
    return found


def _by_file(query: exp.Query, names: Sequence[str], *more: exp.Expr) -> exp.Select:
    shown = [column(_FOUND, each) for each in names]
    found = exp.select(*shown, *more).from_(derived(query, _FOUND), copy=False)
    return found.order_by(ascending(column(_FOUND, FILE)), copy=False)
