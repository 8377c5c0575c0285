"""Which rows differ between two versions, as questions over both at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlglot import exp

from apollo_spark.model.field import FieldType
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.sql import ascending, cast, column, derived, labelled

SECOND = "second "
"""Put before the names of the later version's tables."""
ADDED, REMOVED, CHANGED = "added", "removed", "changed"
"""The columns of the answers."""

Which = Literal["added", "removed", "changed"]

_BEFORE, _AFTER, _ROWS, _IS_THERE = "before", "after", "rows", "is there"
_KEY, _TIMES, _WEIGHT = "key", "times", "weight"


@dataclass(frozen=True)
class ComparedEntity:
    """An entity in two versions.

    Attributes:
        before: What may be read of the earlier version.
        after: What may be read of the later one, under the label `SECOND`.
        entity: The entity.
        key: The key in either version, None where rows are compared whole.
        fields: The fields to compare, as they are called in either version.
    """

    before: QueryScope
    after: QueryScope
    entity: str
    key: tuple[str, str] | None
    fields: tuple[tuple[str, str], ...]


def under_label(scope: QueryScope, label: str) -> QueryScope:
    """Return a scope whose tables go by other names, those of its rules too."""
    rules = tuple(
        replace(
            each,
            scope=under_label(each.scope, label),
            keys=None if each.keys is None else f"{label}{each.keys}",
        )
        for each in scope.rules
    )
    measured = None if scope.measured is None else scope.measured.labelled(label)
    return replace(scope, rules=rules, label=f"{label}{scope.label}", measured=measured)


def count_differences(compared: ComparedEntity) -> exp.Select:
    """Ask how many rows were added and removed and, with a key, how many changed."""
    if compared.key is None:
        return _count_whole_rows(compared)
    shown = [
        labelled(_times(_is_absent(_BEFORE)), ADDED),
        labelled(_times(_is_absent(_AFTER)), REMOVED),
        labelled(_times(_is_changed(compared)), CHANGED),
    ]
    return _side_by_side(compared, shown)


def count_field_changes(compared: ComparedEntity) -> exp.Select:
    """Ask in how many rows that both versions have each field differs, in the order of fields."""
    shown = [
        labelled(_times(_differs(number)), _numbered(number))
        for number in range(len(compared.fields))
    ]
    return _side_by_side(compared, shown, how="inner")


def differing_keys(compared: ComparedEntity, which: Which) -> exp.Select:
    """Ask for the keys of rows that were added, removed or changed, in ascending order.

    The one column is called as the key is in the version that the rows are in.
    """
    assert compared.key is not None, "rows without a key have none to ask for"
    condition = {
        ADDED: _is_absent(_BEFORE),
        REMOVED: _is_absent(_AFTER),
        CHANGED: _is_changed(compared),
    }[which]
    side = _BEFORE if which == REMOVED else _AFTER
    key = column(side, _KEY)
    name = compared.key[0 if which == REMOVED else 1]
    there = exp.Not(this=exp.Is(this=key.copy(), expression=exp.Null()))
    found = _side_by_side(compared, [labelled(key, name)])
    found = found.where(exp.and_(condition, there), copy=False)
    return found.order_by(ascending(key.copy()), copy=False)


def _side_by_side(
    compared: ComparedEntity, shown: Sequence[exp.Expr], *, how: str = "full outer"
) -> exp.Select:
    same = exp.EQ(this=column(_BEFORE, _KEY), expression=column(_AFTER, _KEY))
    found = exp.select(*shown).from_(derived(_side(compared, 0), _BEFORE), copy=False)
    after = derived(_side(compared, 1), _AFTER)
    return found.join(after, on=same, join_type=how, copy=False)


def _side(compared: ComparedEntity, side: int, *more: exp.Expr) -> exp.Select:
    """Return the rows of one version; fields are numbered, as they may have two names."""
    scope = (compared.before, compared.after)[side]
    names = [each[side] for each in compared.fields]
    needed = names if compared.key is None else [compared.key[side], *names]
    shown = [labelled(column(_ROWS, name), _numbered(n)) for n, name in enumerate(names)]
    if compared.key is not None:
        shown.insert(0, labelled(column(_ROWS, compared.key[side]), _KEY))
        shown.append(labelled(exp.true(), _IS_THERE))
    source = scope.source(compared.entity, list(dict.fromkeys(needed)), _ROWS)
    return exp.select(*shown, *more).from_(source, copy=False)


def _count_whole_rows(compared: ComparedEntity) -> exp.Select:
    """Add up each different row, later ones as one and earlier ones as minus one."""
    sides = [
        _side(compared, side, labelled(exp.Literal.number(weight), _WEIGHT))
        for side, weight in ((0, -1), (1, 1))
    ]
    both = derived(exp.Union(this=sides[0], expression=sides[1], distinct=False), _ROWS)
    times = _sum(column(_ROWS, _WEIGHT))
    rows = exp.select(labelled(times, _TIMES)).from_(both, copy=False)
    groups = [column(_ROWS, _numbered(number)) for number in range(len(compared.fields))]
    if groups:
        rows = rows.group_by(*groups, copy=False)
    value, nothing = column(_ROWS, _TIMES), exp.Literal.number(0)
    more = exp.Greatest(this=value, expressions=[nothing])
    less = exp.Greatest(this=exp.Neg(this=value.copy()), expressions=[nothing.copy()])
    found = exp.select(labelled(_sum(more), ADDED), labelled(_sum(less), REMOVED))
    return found.from_(derived(rows, _ROWS), copy=False)


def _is_changed(compared: ComparedEntity) -> exp.Expr:
    """Return whether a row is in both versions, and not the same."""
    there = [exp.Not(this=_is_absent(side)) for side in (_BEFORE, _AFTER)]
    differs = [_differs(number) for number in range(len(compared.fields))]
    changed = exp.or_(*differs, copy=False) if differs else exp.false()
    return exp.and_(*there, exp.paren(changed, copy=False), copy=False)


def _differs(number: int) -> exp.NullSafeNEQ:
    name = _numbered(number)
    return exp.NullSafeNEQ(this=column(_BEFORE, name), expression=column(_AFTER, name))


def _is_absent(side: str) -> exp.Is:
    return exp.Is(this=column(side, _IS_THERE), expression=exp.Null())


def _times(condition: exp.Expr) -> exp.Cast:
    """Count the rows for which a condition holds."""
    one = exp.If(this=condition, true=exp.Literal.number(1))
    return _sum(exp.Case(ifs=[one], default=exp.Literal.number(0)))


def _sum(value: exp.Expr) -> exp.Cast:
    """Add up whole numbers; the engines give sums of them different types."""
    return cast(exp.Sum(this=value), FieldType.INTEGER)


def _numbered(number: int) -> str:
    return f"field {number}"
