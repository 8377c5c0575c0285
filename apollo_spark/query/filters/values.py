"""The values of a filter as values of the fields they are compared with."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta, timezone

from apollo_spark.model.coding import Coding
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.filter import (
    BETWEENS,
    RANGES,
    Comparison,
    Day,
    FilterValue,
    Moment,
    Operator,
)
from apollo_spark.query.sql import TypedValue
from apollo_spark.query.values import type_codes
from apollo_spark.workers.values.code_values import parse_code

Codes = Collection[TypedValue]
"""The codes of a field's coding, as values of the field's type."""
NO_CODES: Codes = frozenset()


def codes_of(spec: FieldSpec, coding: Coding | None) -> Codes:
    """Return the codes of a field."""
    return NO_CODES if coding is None else type_codes(coding, spec.type).meanings.keys()


def typed_value(value: FilterValue, spec: FieldSpec, codes: Codes) -> TypedValue | None:
    """Return a value as the type of a field, or None where it is none.

    A day stays a day on a datetime field, where it means all of that day; only where the day's
    first moment is a code it means the code. Text is a code where the type is not text.
    """
    if isinstance(value, str):
        return _typed_text(value, spec, codes)
    if isinstance(value, Moment):
        return value.moment if spec.type is FieldType.DATETIME else None
    if isinstance(value, Day):
        if spec.type is FieldType.DATETIME:
            begin = first_moment(value.day)
            return begin if begin in codes else value.day
        return value.day if spec.type is FieldType.DATE else None
    if spec.type is FieldType.FLOAT:
        return float(value)
    return value if spec.type is FieldType.INTEGER and isinstance(value, int) else None


def first_moment(day: date) -> datetime:
    """Return midnight in UTC, where a day begins."""
    return datetime.combine(day, time(), timezone.utc)


def first_moment_after(day: date) -> datetime | None:
    """Return where the next day begins, or None after the last day that can be written."""
    return None if day == date.max else first_moment(day + timedelta(days=1))


def compared_values(
    comparison: Comparison, spec: FieldSpec, coding: Coding | None, codes: Codes
) -> tuple[TypedValue, ...]:
    """Return the values that a field is compared with, each once; those under a code are many."""
    if comparison.operator is Operator.UNDER and coding is not None:
        values = [parse_code(each, spec.type) for each in codes_meant(comparison, coding)]
    else:
        # A code is not an end of a range.
        known = NO_CODES if comparison.operator in RANGES else codes
        values = [typed_value(each, spec, known) for each in comparison.values]
    found = [each for each in values if each is not None]
    # The bounds of a range may be equal, and stay two.
    return tuple(found if comparison.operator in BETWEENS else dict.fromkeys(found))


def codes_meant(comparison: Comparison, coding: Coding) -> tuple[str, ...]:
    """Return the codes that `under` means: those below the given ones, without exceptions."""
    excepted = frozenset(codes_under(coding, *comparison.exceptions))
    below = codes_under(coding, *map(str, comparison.values))
    return tuple(each for each in below if each not in excepted)


def codes_under(coding: Coding, *codes: str) -> tuple[str, ...]:
    """Return codes and all codes below them, through all parents that a code has."""
    found, waiting = dict.fromkeys(codes), list(codes)
    while waiting:
        for child in coding.children.get(waiting.pop(), ()):
            if child not in found:
                found[child] = None
                waiting.append(child)
    return tuple(found)


def _typed_text(value: str, spec: FieldSpec, codes: Codes) -> TypedValue | None:
    if spec.type is FieldType.STRING:
        return value
    code = parse_code(value, spec.type)
    # An open coding may have the code some day: nothing is equal to it until then.
    return code if code in codes or spec.has_open_coding else None
