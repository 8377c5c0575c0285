"""A field compared with other fields, as a condition that is true or false, and never NULL.

A missing value fulfils `!=` alone, on either side. Of fields with several values some value of the
one and some of the other fulfil a comparison. A date and a datetime are compared by their days.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.filter import BETWEENS, FilterValue, Offset, Operator
from apollo_spark.query.dialects import Moved
from apollo_spark.query.filters.compare import is_more_than_none, joined
from apollo_spark.query.filters.values import NO_CODES, Codes, typed_value
from apollo_spark.query.sql import cast, literal

_NODES: dict[Operator, type[exp.Binary]] = {
    Operator.EQUAL: exp.EQ,
    Operator.LESS: exp.LT,
    Operator.LESS_OR_EQUAL: exp.LTE,
    Operator.GREATER: exp.GT,
    Operator.GREATER_OR_EQUAL: exp.GTE,
}


@dataclass(frozen=True)
class Side:
    """A field on one side of a comparison.

    Attributes:
        spec: The field.
        column: Its column in a row at hand.
        codes: The codes of its coding, as values of its type.
        offset: What is added to its value.
    """

    spec: FieldSpec
    column: exp.Column
    codes: Codes
    offset: Offset | None = None

    @property
    def sparse_codes(self) -> Codes:
        """The codes that are not values."""
        return self.codes if self.spec.is_sparse else NO_CODES


@dataclass(frozen=True)
class _Value:
    """A value at hand: what it is, and whether it is one that has an order."""

    side: Side | None
    value: exp.Expr
    type: FieldType

    def moved(self) -> "_Value":
        offset = self.side.offset if self.side else None
        if offset is None:
            return self
        moved = Moved(
            this=self.value.copy(),
            number=exp.Var(this=str(offset.number)),
            unit=exp.Var(this=offset.unit.value),
            of=exp.Var(this=self.type.value),
        )
        return _Value(self.side, moved, self.type)

    def no_code(self) -> Iterator[exp.Expr]:
        if self.side is None or not self.side.sparse_codes:
            return
        codes = [literal(each) for each in self.side.sparse_codes]
        yield exp.Not(this=exp.In(this=self.value.copy(), expressions=codes))


def compare_sides(operator: Operator, side: Side, others: Sequence[Side | FilterValue]) -> exp.Expr:
    """Return a comparison of a field with others, of two bounds one may be a value."""
    if operator is Operator.NOT_EQUAL:
        return exp.Not(this=exp.Paren(this=compare_sides(Operator.EQUAL, side, others)))
    hows = BETWEENS.get(operator, (operator,))
    fields = [side, *(each for each in others if isinstance(each, Side))]
    is_there = [
        exp.Not(this=exp.Is(this=each.column.copy(), expression=exp.Null())) for each in fields
    ]

    def asked(value: _Value) -> exp.Expr:
        parts = [_ask(how, value, each) for how, each in zip(hows, others, strict=True)]
        return joined(exp.And, parts)

    return joined(exp.And, [*is_there, _some(side, "item", asked)])


def _ask(how: Operator, value: _Value, other: Side | FilterValue) -> exp.Expr:
    if isinstance(other, Side):
        return _some(other, "other", lambda each: _compare(how, value, each))
    assert value.side is not None, "a field is compared"
    typed = typed_value(other, value.side.spec, NO_CODES)
    assert typed is not None, "the filter was checked"
    is_day = value.type is FieldType.DATETIME and not hasattr(typed, "hour")
    type_ = FieldType.DATE if is_day else value.type
    return _compare(how, value, _Value(None, literal(typed), type_))


def _some(side: Side, name: str, asked: Callable[[_Value], exp.Expr]) -> exp.Expr:
    """Return whether the value of a field fulfils a condition, or some item of several."""
    if not side.spec.is_multi_select:
        return asked(_Value(side, side.column, side.spec.type))
    item = _Value(side, exp.column(name), side.spec.type)
    kept = exp.Lambda(this=asked(item), expressions=[exp.to_identifier(name)])
    return is_more_than_none(exp.ArrayFilter(this=side.column.copy(), expression=kept))


def _compare(how: Operator, near: _Value, other: _Value) -> exp.Expr:
    left, right = _on_scale(near.moved(), other.moved())
    compared = _NODES[how](this=left, expression=right)
    if how is Operator.EQUAL and _share_codes(near, other):
        return compared
    return joined(exp.And, [compared, *near.no_code(), *other.no_code()])


def _share_codes(near: _Value, other: _Value) -> bool:
    """Whether a code of the one is the same code of the other; moved it would be none."""
    if near.side is None or other.side is None or near.side.offset or other.side.offset:
        return False
    return near.side.spec.coding_name == other.side.spec.coding_name


def _on_scale(near: _Value, other: _Value) -> tuple[exp.Expr, exp.Expr]:
    """Return two values as ones of a type."""
    values = (near.value.copy(), other.value.copy())
    types = {near.type, other.type}
    for wider, mixed in (
        (FieldType.DATE, {FieldType.DATE, FieldType.DATETIME}),
        (FieldType.FLOAT, {FieldType.INTEGER, FieldType.FLOAT}),
    ):
        if types == mixed:
            return cast(values[0], wider), cast(values[1], wider)
    return values
