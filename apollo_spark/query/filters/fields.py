"""What an operator may ask of a field, and which values it takes."""

from collections.abc import Collection, Iterator, Mapping
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
from apollo_spark.sources.filters.marks import EXCEPTION, OPERATOR, VALUE, Part
from apollo_spark.sources.suggest import near_codes
from apollo_spark.workers.values.code_values import parse_code

SUGGESTED = 3
"""Unknown codes for which known ones are looked for, where several are told of together."""
MOST_SUGGESTED = 10
"""Problems with codes of one comparison for which known ones are looked for."""
ONE_BY_ONE = 100
"""Wrong values of one comparison that are problems by themselves; further ones are one more."""
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
        suggestions: What was probably meant, as it is written.
        part: What of the comparison it is about; None is all of it.
    """

    text: str
    expected: str = ""
    suggestions: tuple[str, ...] = ()
    part: Part | None = None


def find_comparison_problem(
    comparison: Comparison,
    spec: FieldSpec,
    coding: Coding | None,
    codes: Codes,
    *,
    by_value: bool = False,
) -> Iterator[Wrong]:
    """Yield what is wrong with a comparison: its operator, or else its values.

    Args:
        comparison: An operator with as many values as it takes.
        spec: The field.
        coding: Its coding.
        codes: The codes, as values of the field's type.
        by_value: Whether each wrong value is named by its place, or all of them are counted.
    """
    problem = _find_operator_problem(comparison.operator, spec, coding)
    if problem is not None:
        yield Wrong(problem, part=OPERATOR)
    elif comparison.operator in NO_VALUE:
        return
    elif comparison.operator in TEXT_SEARCHES:
        text = comparison.values[0]
        if not isinstance(text, str) or len(text) > MATCH_LIMIT:
            expected = f"a text in double quotes, of at most {MATCH_LIMIT:,} characters"
            yield Wrong(f"is searched for {expected}", expected, part=(VALUE, 0))
    elif comparison.operator is Operator.UNDER and coding is not None:
        yield from _find_unknown_above(comparison, coding, by_value=by_value)
    else:
        yield from _find_value_problems(comparison, spec, coding, codes, by_value=by_value)


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


def _find_unknown_above(
    comparison: Comparison, coding: Coding, *, by_value: bool
) -> Iterator[Wrong]:
    """Yield that codes, under which others are meant or not meant, are not there."""
    for part, values in ((VALUE, comparison.values), (EXCEPTION, comparison.exceptions)):
        unknown: dict[Part, str] = {
            (part, number): str(each)
            for number, each in enumerate(values)
            if each not in coding.meanings
        }
        yield from _unknown_codes(coding, unknown, len(values), by_value=by_value)


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
    coding: Coding, unknown: Mapping[Part, str], count: int, *, by_value: bool
) -> Iterator[Wrong]:
    """Yield that values are no codes, each by itself or those of a comparison together."""
    for number, some in enumerate(_told_together(unknown, by_value=by_value)):
        words = f"a code that the coding {coding.name!r} does not have"
        if len(some) > 1 or (count > 1 and not by_value):
            wrong = f"{len(some):,} of {count:,} {'is' if len(some) == 1 else 'are'}"
            words = f"codes of which {wrong} not in the coding {coding.name!r}"
        near: dict[str, None] = {}
        for each in some[:SUGGESTED] if number < MOST_SUGGESTED else ():
            near |= dict.fromkeys(near_codes(unknown[each], coding.meanings))
        written = tuple(write_literal(each) for each in near)
        hint = f" (did you mean {' or '.join(written)}?)" if near else ""
        expected = f"codes of the coding {coding.name!r}"
        yield Wrong(f"is compared with {words}{hint}", expected, written, some[0])


def _told_together(wrong: Collection[Part], *, by_value: bool) -> list[list[Part]]:
    """Return which of some wrong values are one problem: each, and of very many the last ones."""
    parts = list(wrong)
    if not by_value:
        return [parts] if parts else []
    rest = parts[ONE_BY_ONE:]
    return [[each] for each in parts[:ONE_BY_ONE]] + ([rest] if rest else [])


def _find_value_problems(
    comparison: Comparison,
    spec: FieldSpec,
    coding: Coding | None,
    codes: Codes,
    *,
    by_value: bool,
) -> Iterator[Wrong]:
    unknown = frozenset(unknown_codes(comparison, spec, codes))
    parts: dict[Part, FilterValue] = {
        (VALUE, number): each for number, each in enumerate(comparison.values)
    }
    count = len(parts)
    texts = {part: code_text(each, spec) for part, each in parts.items()}
    lost = {part: each for part, each in texts.items() if each is not None and each in unknown}
    is_free = spec.has_open_coding or (spec.is_sparse and spec.type is FieldType.STRING)
    if lost and coding is not None and not is_free:
        named = lost if by_value else {part: text for text, part in _first_of_each(lost).items()}
        yield from _unknown_codes(coding, named, count, by_value=by_value)
    others = {part: each for part, each in parts.items() if part not in lost}
    typed = {
        part: _allowed_value(comparison.operator, each, spec, codes)
        for part, each in others.items()
    }
    wrong = [part for part, each in typed.items() if each is None]
    for some in _told_together(wrong, by_value=by_value):
        is_one = count == 1 or (by_value and len(some) == 1)
        words = "the value" if is_one else f"{len(some):,} of {count:,} values"
        verb = "is" if len(some) == 1 else "are"
        expected = _expected(comparison.operator, spec)
        text = f"is compared with {expected}; {words} {verb} not"
        meant = _meant(parts[some[0]], spec) if len(some) == 1 else ()
        yield Wrong(text, expected, meant, some[0])
    if not wrong and comparison.operator in BETWEENS and _is_reversed(*typed.values()):
        text = "is between a greater and a smaller value; write the smaller one first"
        yield Wrong(text, part=(VALUE, 1))


def _first_of_each(lost: Mapping[Part, str]) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for part, text in lost.items():
        found.setdefault(text, part)
    return found


def _meant(value: FilterValue, spec: FieldSpec) -> tuple[str, ...]:
    """Return a value as it would be written for the type of a field: with quotes, or without."""
    if spec.must_be_coded:
        return ()
    if spec.type is FieldType.STRING:
        return () if isinstance(value, str) else (write_literal(write_literal(value)),)
    typed = parse_code(value, spec.type) if isinstance(value, str) else None
    if typed is None or isinstance(typed, str | bool):
        return ()
    return (typed.isoformat() if isinstance(typed, date) else repr(typed),)


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
