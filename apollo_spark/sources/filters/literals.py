"""The values of a filter text: text in double quotes, numbers and dates bare."""

import re
from datetime import date

from apollo_spark.model.filter import Day, FilterValue, Moment
from apollo_spark.sources.filters.tokens import Token, TokenKind, refusal
from apollo_spark.workers.values.dates import parse_datetime
from apollo_spark.workers.values.numerals import parse_float, parse_integer

QUOTES_FIX = 'Text and codes are written in double quotes: "...".'

_WHOLE = re.compile(r"[+-]?[0-9]+")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(rf"{_DAY.pattern}T.*")


def read_literal(token: Token) -> FilterValue:
    """Read a value.

    Raises:
        UsageError: The token is none; the message holds its place, and no value.
    """
    if token.kind is TokenKind.TEXT:
        return token.text[1:-1].replace('""', '"')
    if token.kind is not TokenKind.VALUE:
        # A word is probably a text whose quotes were left out.
        meant = (write_literal(token.text),) if token.kind is TokenKind.WORD else ()
        raise refusal(token.place, "A value is expected.", QUOTES_FIX, meant)
    if _DAY.fullmatch(token.text):
        return _read_day(token)
    if _MOMENT.fullmatch(token.text):
        return _read_moment(token)
    is_whole = _WHOLE.fullmatch(token.text)
    number = parse_integer(token.text) if is_whole else parse_float(token.text)
    if number is None:
        raise refusal(token.place, "This is neither a number of 64 bits nor a date.", QUOTES_FIX)
    return number


def write_literal(value: FilterValue) -> str:
    """Return a value as it is written; reading it gives an equal value."""
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    if isinstance(value, Day):
        return value.day.isoformat()
    if isinstance(value, Moment):
        return value.moment.isoformat().replace("+00:00", "Z")
    return repr(value)


def _read_day(token: Token) -> Day:
    try:
        return Day(day=date.fromisoformat(token.text))
    except ValueError:
        raise refusal(token.place, "This is not a day of the calendar.") from None


def _read_moment(token: Token) -> Moment:
    parsed = parse_datetime(token.text)
    if parsed is None:
        raise refusal(token.place, "This is not a date with a time.", "Write 2020-01-31T10:00:00Z.")
    return Moment.model_validate({"moment": parsed.value})
