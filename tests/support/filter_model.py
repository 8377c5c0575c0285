"""What a filter means, in plain Python over rows: the reference that both engines must equal."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.filter import (
    BETWEENS,
    And,
    Comparison,
    CountOf,
    Day,
    Exists,
    Filter,
    FilterValue,
    Moment,
    Not,
    Operator,
    Or,
)
from apollo_spark.sources.code_values import parse_code

Row = Mapping[str, Any]
Rows = Mapping[str, Sequence[Row]]

ORDERS: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.LESS: operator.lt,
    Operator.LESS_OR_EQUAL: operator.le,
    Operator.GREATER: operator.gt,
    Operator.GREATER_OR_EQUAL: operator.ge,
}
COUNTS = {**ORDERS, Operator.EQUAL: operator.eq, Operator.NOT_EQUAL: operator.ne}


def held_by(tree: Filter, dictionary: DataDictionary, rows: Rows) -> list[bool]:
    """Whether the filter holds, for each row of the main entity in its order."""
    model = FilterModel(dictionary, rows)
    main = dictionary.main_entity
    return [model.holds(tree, main, row) for row in rows[main]]


class FilterModel:
    """Nested loops over rows."""

    def __init__(self, dictionary: DataDictionary, rows: Rows) -> None:
        self.dictionary = dictionary
        self.rows = rows

    def holds(self, tree: Filter, entity: str, row: Row) -> bool:
        if isinstance(tree, And):
            return all(self.holds(each, entity, row) for each in tree.parts)
        if isinstance(tree, Or):
            return any(self.holds(each, entity, row) for each in tree.parts)
        if isinstance(tree, Not):
            return not self.holds(tree.part, entity, row)
        if isinstance(tree, Comparison):
            spec = self._spec(tree)
            found = self.related(entity, row, tree.entity)
            return any(self.compares(tree, spec, each.get(tree.field)) for each in found)
        found = [
            each
            for each in self.related(entity, row, tree.entity)
            if tree.condition is None or self.holds(tree.condition, tree.entity, each)
        ]
        if isinstance(tree, Exists):
            return bool(found)
        assert isinstance(tree, CountOf)
        return COUNTS[tree.operator](len(found), tree.number)

    def related(self, entity: str, row: Row, target: str) -> list[Row]:
        """The rows of an entity that are related to a row, each once."""
        found = [row]
        for near_field, far, far_field in self._way(entity, target):
            keys = {each[near_field] for each in found} - {None}
            found = [each for each in self.rows[far] if each[far_field] in keys]
        return found

    def compares(self, tree: Comparison, spec: FieldSpec, value: Any) -> bool:
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

    def _item_holds(self, tree: Comparison, spec: FieldSpec, item: Any) -> bool:
        if tree.operator is Operator.MATCHES:
            pattern = re.escape(str(tree.values[0]))
            return re.search(pattern, item, re.IGNORECASE) is not None
        if tree.operator is Operator.CONTAINS:
            return str(tree.values[0]) in item
        if tree.operator is Operator.STARTS_WITH:
            return bool(item.startswith(tree.values[0]))
        if tree.operator is Operator.UNDER:
            is_below = any(item in self._below(spec, str(each)) for each in tree.values)
            return is_below and not any(item in self._below(spec, x) for x in tree.exceptions)
        if tree.operator in BETWEENS:
            ends = zip(BETWEENS[tree.operator], tree.values, strict=True)
            return all(self._is_ordered(spec, item, how, bound) for how, bound in ends)
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

    def _below(self, spec: FieldSpec, code: str) -> set[Any]:
        coding = self.dictionary.find_coding(spec.coding_name)
        assert coding is not None
        found = {code}
        while more := {row.code for row in coding.rows if row.parent_code in found} - found:
            found |= more
        return {parse_code(each, spec.type) for each in found}

    def _spec(self, tree: Comparison) -> FieldSpec:
        entity = self.dictionary.find_entity(tree.entity)
        spec = entity.find_field(tree.field) if entity else None
        assert spec is not None
        return spec

    def _way(self, near: str, far: str) -> list[tuple[str, str, str]]:
        """(field, next entity, its field) on the way outward."""
        ways: dict[str, list[tuple[str, str, str]]] = {near: []}
        waiting = [near]
        for entity in waiting:
            for one in self.dictionary.tree_relations:
                there = (one.from_entity, one.from_field, one.to_entity, one.to_field)
                back = (one.to_entity, one.to_field, one.from_entity, one.from_field)
                for start, field, end, end_field in (there, back):
                    if start == entity and end not in ways:
                        ways[end] = [*ways[entity], (field, end, end_field)]
                        waiting.append(end)
        return ways[far]


def _plain(value: FilterValue) -> Any:
    if isinstance(value, Day):
        return value.day
    return value.moment if isinstance(value, Moment) else value


def _on_scale(item: Any, wanted: FilterValue) -> Any:
    """A datetime that is compared with a day is compared as its day."""
    is_day = isinstance(item, datetime) and isinstance(wanted, Day)
    return item.date() if is_day else item
