"""What an operator may ask of a field, and which values it takes."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from apollo_spark.model.coding import Coding
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.filter import NO_VALUE, RANGES, Comparison, FilterValue, Operator
from apollo_spark.query.filter_values import NO_CODES, Codes, first_moment, typed_value
from apollo_spark.query.sql import TypedValue

MATCH_LIMIT = 1_000
"""Characters of a text that is searched for; engines refuse patterns of any length."""

_VALUES = {
    FieldType.STRING: 'text in double quotes: "..."',
    FieldType.INTEGER: "whole numbers of 64 bits",
    FieldType.FLOAT: "numbers",
    FieldType.DATE: "dates: 2020-01-31",
    FieldType.DATETIME: "datetimes or dates: 2020-01-31T10:00:00Z, 2020-01-31",
}


def find_comparison_problem(
    comparison: Comparison, spec: FieldSpec, coding: Coding | None, codes: Codes
) -> Iterator[str]:
    """Yield what is wrong with a comparison: its operator, or else its values.

    Args:
        comparison: An operator with as many values as it takes.
        spec: The field.
        coding: Its coding.
        codes: The codes, as values of the field's type.
    """
    problem = _find_operator_problem(comparison.operator, spec, coding)
    if problem is not None:
        yield problem
    elif comparison.operator in NO_VALUE:
        return
    elif comparison.operator is Operator.MATCHES:
        text = comparison.values[0]
        if not isinstance(text, str) or len(text) > MATCH_LIMIT:
            yield f"is searched for a text in double quotes, of at most {MATCH_LIMIT:,} characters"
    elif comparison.operator is Operator.UNDER and coding is not None:
        if comparison.values[0] not in coding.meanings:
            yield f"is compared with a code that is not in the coding {coding.name!r}"
    else:
        yield from _find_value_problems(comparison, spec, codes)


def _find_operator_problem(
    operator: Operator, spec: FieldSpec, coding: Coding | None
) -> str | None:
    if operator in (Operator.ANY_OF, Operator.ALL_OF) and not spec.is_multi_select:
        return f"holds one value, not several, so '{operator}' has no meaning; use in (..)"
    if operator in RANGES and spec.must_be_coded:
        return f"holds codes, which have no order, so '{operator}' has no meaning; use in (..)"
    if operator is Operator.MATCHES and spec.type is not FieldType.STRING:
        return f"holds no text, so '{operator}' has no meaning"
    if operator is Operator.UNDER and not (coding and coding.is_hierarchical):
        return f"has no coding with parents, so '{operator}' has no meaning; use in (..)"
    return None


def _find_value_problems(comparison: Comparison, spec: FieldSpec, codes: Codes) -> Iterator[str]:
    typed = [_allowed_value(comparison.operator, each, spec, codes) for each in comparison.values]
    wrong = typed.count(None)
    if wrong:
        words = f"{wrong:,} of {len(typed):,} values" if len(typed) > 1 else "the value"
        verb = "is" if wrong == 1 else "are"
        yield f"is compared with {_expected(comparison.operator, spec)}; {words} {verb} not"
    elif comparison.operator is Operator.BETWEEN and _is_reversed(*typed):
        yield "is between a greater and a smaller value; write the smaller one first"


def _allowed_value(
    operator: Operator, value: FilterValue, spec: FieldSpec, codes: Codes
) -> TypedValue | None:
    # A code is no end of a range.
    typed = typed_value(value, spec, NO_CODES if operator in RANGES else codes)
    return None if spec.must_be_coded and typed not in codes else typed


def _expected(operator: Operator, spec: FieldSpec) -> str:
    if spec.must_be_coded:
        return f"codes of the coding {spec.coding_name!r}, {_VALUES[spec.type]}"
    if spec.coding_name and operator not in RANGES:
        return f"codes of the coding {spec.coding_name!r} or {_VALUES[spec.type]}"
    return _VALUES[spec.type]


def _is_reversed(low: Any, high: Any) -> bool:
    if type(low) is date and isinstance(high, datetime):
        return first_moment(low) > high
    if type(high) is date and isinstance(low, datetime):
        return low.date() > high
    return bool(low > high)
