"""Read the text of a code as a value of a field's type."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

from apollo_spark.workers.values.dates import parse_date, parse_datetime
from apollo_spark.workers.values.numerals import parse_float, parse_whole

CodeValue = str | int | float | date | datetime


def parse_code(text: str, type_: str) -> CodeValue | None:
    """Return a code as a value of a type, read as cells are read, or None where it is none.

    Two codes of one coding that are equal as values cannot be told apart in the data.

    Args:
        text: The code.
        type_: The type, in the words of the data dictionary.
    """
    return _PARSERS[str(type_)](text)


def _parse_whole(text: str) -> CodeValue | None:
    parsed = parse_whole(text)
    return None if parsed is None else parsed.value


def _parse_date(text: str) -> CodeValue | None:
    parsed = parse_date(text)
    return None if parsed is None else parsed.value


def _parse_datetime(text: str) -> CodeValue | None:
    parsed = parse_datetime(text)
    return None if parsed is None else parsed.value


_PARSERS: Mapping[str, Callable[[str], CodeValue | None]] = {
    "string": str,
    "integer": _parse_whole,
    "float": parse_float,
    "date": _parse_date,
    "datetime": _parse_datetime,
}
