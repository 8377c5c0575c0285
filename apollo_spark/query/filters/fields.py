"""What an operator may ask of a field, and which values it takes."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from apollo_spark.model.coding import Coding
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.filter import (
    BETWEENS,
    NO_VALUE,
    RANGES,
    TEXT_SEARCHES,
    Comparison,
    FilterValue,
    Operator,
)
from apollo_spark.query.filters.values import NO_CODES, Codes, first_moment, typed_value
from apollo_spark.query.sql import TypedValue
from apollo_spark.sources.filters.literals import write_literal
from apollo_spark.sources.suggest import near_codes
from apollo_spark.workers.values.code_values import parse_code

SUGGESTED = 3
"""Unknown codes for which known ones are looked for."""
MATCH_LIMIT = 1_000
"""Characters of a text that is searched for; engines refuse patterns of any length."""

_VALUES = {
    FieldType.STRING: 'text in double quotes: "..."',
    FieldType.INTEGER: "whole numbers of 64 bits",
    FieldType.FLOAT: "numbers",
    FieldType.DATE: "dates: 2020-01-31",
    FieldType.DATETIME: "datetimes or dates: 2020-01-31T10:00:00Z, 2020-01-31",
}


class Wrong(NamedTuple):
    """What is wrong with a comparison.

    Attributes:
        text: The end of a sentence that begins with the field.
        expected: What it could be compared with, in words; maybe empty.
        suggestions: Codes that were probably meant, as they are written.
    """

    text: str
    expected: str = ""
    suggestions: tuple[str, ...] = ()


def find_comparison_problem(
    comparison: Comparison, spec: FieldSpec, coding: Coding | None, codes: Codes
) -> Iterator[Wrong]:
    """Yield what is wrong with a comparison: its operator, or else its values.

    Args:
        comparison: An operator with as many values as it takes.
        spec: The field.
        coding: Its coding.
        codes: The codes, as values of the field's type.
    """
    problem = _find_operator_problem(comparison.operator, spec, coding)
    if problem is not None:
        yield Wrong(problem)
    elif comparison.operator in NO_VALUE:
        return
    elif comparison.operator in TEXT_SEARCHES:
        text = comparison.values[0]
        if not isinstance(text, str) or len(text) > MATCH_LIMIT:
            expected = f"a text in double quotes, of at most {MATCH_LIMIT:,} characters"
            yield Wrong(f"is searched for {expected}", expected)
    elif comparison.operator is Operator.UNDER and coding is not None:
        yield from _find_unknown_above(comparison, coding)
    else:
        yield from _find_value_problems(comparison, spec, coding, codes)


def _find_operator_problem(
    operator: Operator, spec: FieldSpec, coding: Coding | None
) -> str | None:
    if operator in (Operator.ANY_OF, Operator.ALL_OF) and not spec.is_multi_select:
        return f"holds one value, not several, so '{operator}' has no meaning; use in (..)"
    if operator in RANGES and spec.must_be_coded:
        return f"holds codes, which have no order, so '{operator}' has no meaning; use in (..)"
    if operator in TEXT_SEARCHES and spec.type is not FieldType.STRING:
        return f"holds no text, so '{operator}' has no meaning"
    if operator is Operator.UNDER and not (coding and coding.is_hierarchical):
        return f"has no coding with parents, so '{operator}' has no meaning; use in (..)"
    return None


def _find_unknown_above(comparison: Comparison, coding: Coding) -> Iterator[Wrong]:
    """Yield that codes, under which others are meant or not meant, are not there."""
    unknown = [str(each) for each in comparison.values if each not in coding.meanings]
    if unknown:
        yield _unknown_codes(comparison, coding, unknown)
    excepted = [each for each in comparison.exceptions if each not in coding.meanings]
    if excepted:
        yield _unknown_codes(comparison, coding, excepted, count=len(comparison.exceptions))


def unknown_codes(comparison: Comparison, spec: FieldSpec, codes: Codes) -> list[str]:
    """Return the values of a comparison that could be codes of the field's coding and are none."""
    if spec.coding_name is None or comparison.operator in {*RANGES, *NO_VALUE, *TEXT_SEARCHES}:
        return []
    found = []
    for each in comparison.values:
        text = code_text(each, spec)
        if text is not None and parse_code(text, spec.type) not in codes:
            found.append(text)
    return list(dict.fromkeys(found))


def code_text(value: FilterValue, spec: FieldSpec) -> str | None:
    """Return a value as the text of a code of a field, None where it cannot be one.

    Text is meant as a code, but of an open coding only where it could become one. Values of a
    sparse field that are not text are its ordinary values.
    """
    if isinstance(value, str):
        is_lost = spec.has_open_coding and parse_code(value, spec.type) is None
        return None if is_lost else value
    typed = typed_value(value, spec, NO_CODES)
    return None if spec.is_sparse or typed is None else str(typed)


def _unknown_codes(
    comparison: Comparison, coding: Coding, unknown: Sequence[str], count: int = 0
) -> Wrong:
    count = count or len(comparison.values)
    verb = "is" if len(unknown) == 1 else "are"
    words = f"a code that the coding {coding.name!r} does not have"
    if count > 1:
        wrong = f"{len(unknown):,} of {count:,} {verb}"
        words = f"codes of which {wrong} not in the coding {coding.name!r}"
    near: dict[str, None] = {}
    for each in unknown[:SUGGESTED]:
        near |= dict.fromkeys(near_codes(each, coding.meanings))
    written = tuple(write_literal(each) for each in near)
    hint = f" (did you mean {' or '.join(written)}?)" if near else ""
    expected = f"codes of the coding {coding.name!r}"
    return Wrong(f"is compared with {words}{hint}", expected, written)


def _find_value_problems(
    comparison: Comparison, spec: FieldSpec, coding: Coding | None, codes: Codes
) -> Iterator[Wrong]:
    unknown = unknown_codes(comparison, spec, codes)
    is_free = spec.has_open_coding or (spec.is_sparse and spec.type is FieldType.STRING)
    if unknown and coding is not None and not is_free:
        yield _unknown_codes(comparison, coding, unknown)
    others = [each for each in comparison.values if code_text(each, spec) not in unknown]
    typed = [_allowed_value(comparison.operator, each, spec, codes) for each in others]
    wrong = typed.count(None)
    if wrong:
        count = len(comparison.values)
        words = f"{wrong:,} of {count:,} values" if count > 1 else "the value"
        verb = "is" if wrong == 1 else "are"
        expected = _expected(comparison.operator, spec)
        yield Wrong(f"is compared with {expected}; {words} {verb} not", expected)
    elif comparison.operator in BETWEENS and _is_reversed(*typed):
        yield Wrong("is between a greater and a smaller value; write the smaller one first")


def _allowed_value(
    operator: Operator, value: FilterValue, spec: FieldSpec, codes: Codes
) -> TypedValue | None:
    # A code is not an end of a range.
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
