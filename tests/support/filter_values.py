"""What is asked of the values of fields, in plain Python: one cell, or two."""

import calendar
import operator
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timezone
from typing import Any

from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.filter import (
    BETWEENS,
    Comparison,
    Day,
    FieldOf,
    FilterValue,
    Moment,
    Offset,
    OffsetUnit,
    Operand,
    Operator,
)
from apollo_spark.workers.values.code_values import parse_code

ORDERS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.LESS: operator.lt,
    Operator.LESS_OR_EQUAL: operator.le,
    Operator.GREATER: operator.gt,
    Operator.GREATER_OR_EQUAL: operator.ge,
}
_SEARCHES: dict[Operator, Callable[[str, str], bool]] = {
    Operator.CONTAINS: lambda item, text: text in item,
    Operator.STARTS_WITH: lambda item, text: item.startswith(text),
    Operator.MATCHES: lambda item, text: (
        re.search(re.escape(text), item, re.IGNORECASE) is not None
    ),
}
Other = tuple[Operand, FieldSpec, Any]
"""What a field is compared with: as it is written, its field, and the value of that field."""


class FieldModel:
    """Compares values, one after the other."""

    def __init__(self, dictionary: DataDictionary) -> None:
        self.dictionary = dictionary

    def is_value(self, spec: FieldSpec, item: Any) -> bool:
        """Whether something is there that has an order: neither missing nor a code."""
        return item is not None and item not in self._codes(spec)

    def compares(self, tree: Comparison, spec: FieldSpec, value: Any) -> bool:
        """Whether the value of a field fulfils a comparison with values."""
        if tree.operator is Operator.NOT_EQUAL:
            equal = tree.model_copy(update={"operator": Operator.EQUAL})
            return not self.compares(equal, spec, value)
        is_missing = value is None or value == []
        if tree.operator is Operator.IS_MISSING:
            return is_missing
        if is_missing or tree.operator is Operator.IS_NOT_MISSING:
            return not is_missing
        items = value if spec.is_multi_select else [value]
        if tree.operator is Operator.ALL_OF:
            return all(
                any(self._equals(spec, item, wanted) for item in items) for wanted in tree.values
            )
        return any(self._item_holds(tree, spec, item) for item in items)

    def compares_fields(
        self, how: Operator, spec: FieldSpec, value: Any, others: Sequence[Other]
    ) -> bool:
        """Whether the value of a field fulfils a comparison with those of others."""
        if how is Operator.NOT_EQUAL:
            return not self.compares_fields(Operator.EQUAL, spec, value, others)
        orders = BETWEENS.get(how, (how,))
        return any(
            all(
                self._holds_beside(order, spec, item, other)
                for order, other in zip(orders, others, strict=True)
            )
            for item in _items(spec, value)
        )

    def _holds_beside(self, how: Operator, spec: FieldSpec, item: Any, other: Other) -> bool:
        operand, other_spec, other_value = other
        if not isinstance(operand, FieldOf):
            return self._is_ordered(spec, item, how, operand)
        return any(
            self._holds_between(how, (spec, item), (other_spec, each), operand.offset)
            for each in _items(other_spec, other_value)
        )

    def _holds_between(
        self,
        how: Operator,
        near: tuple[FieldSpec, Any],
        far: tuple[FieldSpec, Any],
        offset: Offset | None,
    ) -> bool:
        are_codes_alike = (
            how is Operator.EQUAL and offset is None and near[0].coding_name == far[0].coding_name
        )
        if not are_codes_alike and not all(self._is_no_sparse_code(*each) for each in (near, far)):
            return False
        left, right = near[1], far[1]
        if FieldType.FLOAT in (near[0].type, far[0].type):
            left, right = float(left), float(right)
        if isinstance(left, date):
            is_by_day = {near[0].type, far[0].type} == {FieldType.DATE, FieldType.DATETIME}
            left, right = moment_of(left), moment_of(right, offset)
            if is_by_day:
                left, right = left[:1], right[:1]
        return {**ORDERS, Operator.EQUAL: operator.eq}[how](left, right)

    def _is_no_sparse_code(self, spec: FieldSpec, item: Any) -> bool:
        return not spec.is_sparse or item not in self._codes(spec)

    def _item_holds(self, tree: Comparison, spec: FieldSpec, item: Any) -> bool:
        if tree.operator in _SEARCHES:
            return _SEARCHES[tree.operator](item, str(tree.values[0]))
        if tree.operator is Operator.UNDER:
            meant = self._below(spec, tree.values) - self._below(spec, tree.exceptions)
            return item in meant
        if tree.operator in BETWEENS:
            bounds = zip(BETWEENS[tree.operator], tree.values, strict=True)
            return all(self._is_ordered(spec, item, *each) for each in bounds)
        if tree.operator in ORDERS:
            return self._is_ordered(spec, item, tree.operator, tree.values[0])
        return any(self._equals(spec, item, wanted) for wanted in tree.values)

    def _equals(self, spec: FieldSpec, item: Any, wanted: FilterValue) -> bool:
        code = self._as_code(spec, wanted)
        if item in self._codes(spec) or code in self._codes(spec):
            return bool(item == code)
        return bool(_on_scale(item, wanted) == _plain(wanted))

    def _is_ordered(self, spec: FieldSpec, item: Any, order: Operator, wanted: FilterValue) -> bool:
        if item in self._codes(spec):
            return False
        return ORDERS[order](_on_scale(item, wanted), _plain(wanted))

    def _as_code(self, spec: FieldSpec, wanted: FilterValue) -> Any:
        if isinstance(wanted, Day) and spec.type is FieldType.DATETIME:
            return parse_code(wanted.day.isoformat(), spec.type)
        if isinstance(wanted, str):
            return parse_code(wanted, spec.type)
        return _plain(wanted)

    def _codes(self, spec: FieldSpec) -> set[Any]:
        coding = self.dictionary.find_coding(spec.coding_name)
        return {parse_code(each, spec.type) for each in coding.codes} if coding else set()

    def _below(self, spec: FieldSpec, codes: Sequence[FilterValue]) -> set[Any]:
        coding = self.dictionary.find_coding(spec.coding_name)
        assert coding is not None
        found = {str(each) for each in codes}
        while more := {row.code for row in coding.rows if row.parent_code in found} - found:
            found |= more
        return {parse_code(each, spec.type) for each in found}


def moment_of(value: date, offset: Offset | None = None) -> tuple[int, Any]:
    """Return a date as the number of its day and the time of it, moved by an offset.

    Days before the year 1 and after 9999 are moved by 400 years, after which the calendar repeats.
    """
    time = value.astimezone(timezone.utc).timetz() if isinstance(value, datetime) else None
    day = value.astimezone(timezone.utc).date() if isinstance(value, datetime) else value
    if offset is None:
        return day.toordinal(), time
    if offset.unit in (OffsetUnit.DAYS, OffsetUnit.WEEKS):
        weeks = 7 if offset.unit is OffsetUnit.WEEKS else 1
        return day.toordinal() + offset.number * weeks, time
    months = offset.number * (12 if offset.unit is OffsetUnit.YEARS else 1)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    rounds, year = divmod(year - 400, 400)
    last = calendar.monthrange(year + 400, month + 1)[1]
    moved = date(year + 400, month + 1, min(day.day, last))
    return moved.toordinal() + rounds * 146_097, time


def _items(spec: FieldSpec, value: Any) -> Sequence[Any]:
    if value is None:
        return []
    return value if spec.is_multi_select else [value]


def _plain(value: FilterValue) -> Any:
    if isinstance(value, Day):
        return value.day
    return value.moment if isinstance(value, Moment) else value


def _on_scale(item: Any, wanted: FilterValue) -> Any:
    """A datetime that is compared with a day is compared as its day."""
    is_day = isinstance(item, datetime) and isinstance(wanted, Day)
    return item.date() if is_day else item
