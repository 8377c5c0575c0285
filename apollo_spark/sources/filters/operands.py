"""Operators of a filter text, and what they compare with: values, fields, offsets, percentiles."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import ValidationError

from apollo_spark.model.filter import (
    BETWEENS,
    COUNT_OPERATORS,
    LISTS,
    NO_VALUE,
    TEXT_SEARCHES,
    FieldOf,
    FilterValue,
    Number,
    Offset,
    OffsetUnit,
    Operand,
    Operator,
    Percentile,
    Text,
)
from apollo_spark.sources.filters.literals import QUOTES_FIX, read_literal
from apollo_spark.sources.filters.reader import TokenReader
from apollo_spark.sources.filters.tokens import Token, TokenKind, refusal
from apollo_spark.workers.values.numerals import parse_integer

RowNames = Mapping[str, str]
"""The entity of each row with a name that may be spoken of."""

SIGNS = {each.value: each for each in COUNT_OPERATORS}

_OPERATORS_FIX = (
    "Write one of: =, !=, <, <=, >, >=, between A and B, in (..), under, any of (..), all of (..),"
    " is missing, is not missing, matches, contains, starts with."
)
_WORD_OPERATORS: dict[str, tuple[tuple[str, ...], Operator]] = {
    "between": ((), Operator.BETWEEN),
    "in": ((), Operator.IN),
    "under": ((), Operator.UNDER),
    "matches": ((), Operator.MATCHES),
    "contains": ((), Operator.CONTAINS),
    "starts": (("with",), Operator.STARTS_WITH),
    "any": (("of",), Operator.ANY_OF),
    "all": (("of",), Operator.ALL_OF),
}
_WITHOUT = {
    "start": Operator.BETWEEN_WITHOUT_START,
    "end": Operator.BETWEEN_WITHOUT_END,
    "ends": Operator.BETWEEN_WITHOUT_ENDS,
}
_UNITS = {form: each for each in OffsetUnit for form in (each.value, each.value.removesuffix("s"))}
_OFFSET_FIX = "Write: ENTITY.FIELD + 30 days, or weeks, months, years."
_BETWEEN_FIX = "Write: between A and B."
_Value = TypeVar("_Value")


def read_operator(reader: TokenReader) -> Operator:
    """Read an operator; which ends a `between` has is known only behind its bounds."""
    token = reader.take()
    if token.is_sign(*SIGNS):
        return SIGNS[token.text]
    if token.is_word("is"):
        is_not = reader.accepts_word("not")
        reader.take_word("missing", "Write: is missing, or: is not missing.")
        return Operator.IS_NOT_MISSING if is_not else Operator.IS_MISSING
    if token.is_word("not"):
        raise refusal(token.place, "'not' comes before a condition.", "Write: not ENTITY.FIELD ...")
    if token.is_word(*_WORD_OPERATORS):
        more, operator = _WORD_OPERATORS[token.text.lower()]
        for word in more:
            reader.take_word(word, f"Write: {operator} ...")
        return operator
    raise refusal(token.place, "An operator is expected.", _OPERATORS_FIX)


def read_values(
    reader: TokenReader, operator: Operator, read: Callable[[], _Value]
) -> tuple[Operator, tuple[_Value, ...]]:
    """Read what an operator compares with; the operator comes back with the ends it has."""
    if operator in NO_VALUE:
        return operator, ()
    if operator in LISTS:
        return operator, _read_list(reader, read)
    if operator in BETWEENS:
        return _read_bounds(reader, read)
    if operator is Operator.UNDER and reader.next.is_sign("("):
        return operator, _read_list(reader, read)
    return operator, (read(),)


def value_reader(reader: TokenReader, operator: Operator) -> Callable[[], FilterValue]:
    """Return what reads a value that is behind an operator."""

    def read() -> FilterValue:
        if operator is Operator.UNDER or operator in TEXT_SEARCHES:
            _require_text(reader, f"After '{operator}' comes a text.")
        return read_literal(reader.take())

    return read


def read_exceptions(
    reader: TokenReader, noting: Callable[[Callable[[], str]], Callable[[], str]]
) -> tuple[Text, ...]:
    """Read the codes behind `except`, if it is here.

    Args:
        reader: The tokens.
        noting: Makes what reads a code note where it is.
    """
    if not reader.accepts_word("except"):
        return ()

    def read_code() -> str:
        _require_text(reader, "After 'except' come codes.")
        return str(read_literal(reader.take()))

    read = noting(read_code)
    return _read_list(reader, read) if reader.next.is_sign("(") else (read(),)


def read_operand(reader: TokenReader, names: RowNames) -> Operand:
    """Read a value, or a field with what is added to it."""
    if reader.next.kind is not TokenKind.PATH:
        return read_literal(reader.take())
    entity, field, row = split_path(reader.take(), names)
    return FieldOf(entity=entity, field=field, row=row, offset=_read_offset(reader))


def split_path(token: Token, names: RowNames) -> tuple[str, str, str | None]:
    """Return entity, field and the name of the row, None where the row has none."""
    owner, _, field = token.text.partition(".")
    return (names[owner], field, owner) if owner in names else (owner, field, None)


def read_number(reader: TokenReader) -> Number | Percentile:
    """Read a number, or `percentile(P)`."""
    is_percentile = reader.accepts_word("percentile")
    if is_percentile:
        reader.take_sign("(")
    place = reader.next.place
    value = read_literal(reader.take())
    if not isinstance(value, int | float):
        raise refusal(place, "A number is expected.", "Write a number, or: percentile(90).")
    if not is_percentile:
        return value
    reader.take_sign(")")
    if not 0 <= value <= 100:
        raise refusal(place, "A percentile is between 0 and 100.")
    return Percentile(percentile=float(value))


def read_count(reader: TokenReader) -> int:
    """Read a number of rows."""
    token = reader.take()
    value = parse_integer(token.text)
    if value is None or value < 0:
        raise refusal(token.place, "A number of rows is a whole number, 0 or more.")
    return value


def _read_bounds(
    reader: TokenReader, read: Callable[[], _Value]
) -> tuple[Operator, tuple[_Value, ...]]:
    low = read()
    if not reader.next.is_word("and"):
        raise reader.refusal("'and' and a second value are expected.", _BETWEEN_FIX)
    reader.take()
    bounds = (low, read())
    if not reader.accepts_word("without"):
        return Operator.BETWEEN, bounds
    if not reader.next.is_word(*_WITHOUT):
        raise reader.refusal("'start', 'end' or 'ends' is expected.", f"{_BETWEEN_FIX[:-1]} ...")
    return _WITHOUT[reader.take().text.lower()], bounds


def _read_list(reader: TokenReader, read: Callable[[], _Value]) -> tuple[_Value, ...]:
    reader.take_sign("(")
    found = [read()]
    while reader.accepts_sign(","):
        found.append(read())
    reader.take_sign(")")
    return tuple(found)


def _read_offset(reader: TokenReader) -> Offset | None:
    """Read `+ 30 days`; the sign may be with the number."""
    token = reader.next
    sign = ""
    if token.is_sign("+", "-"):
        sign = reader.take().text
        is_plain = reader.next.text[:1].isdigit()
    else:
        is_plain = token.kind is TokenKind.VALUE and token.text[0] in "+-"
        if not is_plain:
            return None
    number = parse_integer(sign + reader.next.text) if is_plain else None
    if number is None:
        raise reader.refusal("A whole number of days, weeks, months or years is expected.",
                             _OFFSET_FIX)  # fmt: skip
    reader.take()
    unit = _UNITS.get(reader.next.text.lower()) if reader.next.kind is TokenKind.WORD else None
    if unit is None:
        raise reader.refusal("'days', 'weeks', 'months' or 'years' is expected.", _OFFSET_FIX)
    reader.take()
    try:
        return Offset(number=number, unit=unit)
    except ValidationError:
        raise refusal(token.place, "An offset is at most 1,000 years.") from None


def _require_text(reader: TokenReader, why: str) -> None:
    if reader.next.kind is not TokenKind.TEXT:
        raise reader.refusal(why, QUOTES_FIX)
