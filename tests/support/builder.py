"""Filters built in Python from their trees, as a person writes them."""

from typing import Any

from apollo_spark.api.conditions.compared import Compared, Field, Later, Ranged, RowsNumber
from apollo_spark.api.conditions.condition import Condition, all_of, any_of
from apollo_spark.api.conditions.names import Names
from apollo_spark.api.conditions.rows import Rows
from apollo_spark.model.filter import (
    And,
    AssayValue,
    ChosenRow,
    Comparison,
    CountOf,
    Day,
    Exists,
    FieldComparison,
    FieldOf,
    Filter,
    InCohort,
    Moment,
    Not,
    Operator,
    Or,
    SummaryOf,
)


def built(tree: Filter, names: Names) -> Condition:
    """Return the condition that is written in Python for a tree."""
    if isinstance(tree, And | Or):
        join = all_of if isinstance(tree, And) else any_of
        return join(*(built(each, names) for each in tree.parts))
    if isinstance(tree, Not):
        return ~built(tree.part, names)
    if isinstance(tree, InCohort):
        return names.in_cohort(tree.cohort)
    if isinstance(tree, AssayValue):
        assert tree.measure == "expression"
        return compared(names.expression(tree.assay, tree.feature, tree.unit), tree, tree.values)
    if isinstance(tree, Comparison | FieldComparison):
        return _of_field(tree, names)
    return _of_rows(tree, names)


def _of_rows(tree: Exists | CountOf | ChosenRow | SummaryOf, names: Names) -> Condition:
    rows = _rows(names, tree.entity, tree.name)
    if isinstance(tree, ChosenRow):
        among = None if tree.among is None else built(tree.among, names)
        choose = rows.first if tree.choice.value == "first" else rows.last
        return choose(tree.by, built(tree.condition, names), among=among)
    where = None if tree.condition is None else built(tree.condition, names)
    if isinstance(tree, Exists):
        return rows.exists(where)
    if isinstance(tree, CountOf):
        return compared(rows.count(where), tree, (tree.number,))
    number: RowsNumber = getattr(rows.field(tree.field), tree.summary.value)(where)
    return compared(number, tree, tree.values)


def _of_field(tree: Comparison | FieldComparison, names: Names) -> Condition:
    field = _field(names, FieldOf(entity=tree.entity, field=tree.field, row=tree.row))
    if isinstance(tree, FieldComparison):
        return compared(field, tree, tree.others, names)
    words = {
        Operator.IN: lambda: field.is_in(_python(tree.values)),
        Operator.ANY_OF: lambda: field.any_of(*_python(tree.values)),
        Operator.ALL_OF: lambda: field.all_of(*_python(tree.values)),
        Operator.UNDER: lambda: field.under(*_python(tree.values), exceptions=tree.exceptions),
        Operator.MATCHES: lambda: field.matches(*_python(tree.values)),
        Operator.CONTAINS: lambda: field.contains(*_python(tree.values)),
        Operator.STARTS_WITH: lambda: field.starts_with(*_python(tree.values)),
    }
    return words.get(tree.operator, lambda: compared(field, tree, tree.values))()


def compared(left: Compared, tree: Any, values: Any, names: Names | None = None) -> Condition:
    """Return a comparison by a sign, or by what lies between or is missing."""
    given = [_operand(names, each) for each in values]
    if isinstance(left, Ranged):
        if tree.operator is Operator.IS_MISSING:
            return left.is_missing()
        if tree.operator is Operator.IS_NOT_MISSING:
            return left.is_not_missing()
        if tree.operator.value.startswith("between"):
            return left.between(
                *given, without=tree.operator.value.partition("without ")[2] or None
            )
    (value,) = given
    signs = {
        "=": lambda: left == value, "!=": lambda: left != value, "<": lambda: left < value,
        "<=": lambda: left <= value, ">": lambda: left > value, ">=": lambda: left >= value,
    }  # fmt: skip
    found: Condition = signs[tree.operator.value]()
    return found


def _operand(names: Names | None, value: Any) -> Any:
    if not isinstance(value, FieldOf):
        return _python([value])[0]
    assert names is not None
    field = _field(names, value)
    if value.offset is None:
        return field
    if value.offset.number == 0:
        return Later(value)
    return field.plus(**{value.offset.unit.value: value.offset.number})


def _python(values: Any) -> list[Any]:
    return [
        each.day if isinstance(each, Day) else each.moment if isinstance(each, Moment) else each
        for each in values
    ]


def _rows(names: Names, entity: str, name: str | None) -> Rows:
    rows = names.rows(entity)
    return rows if name is None else rows.named(name)


def _field(names: Names, path: FieldOf) -> Field:
    return _rows(names, path.entity, path.row).field(path.field)
