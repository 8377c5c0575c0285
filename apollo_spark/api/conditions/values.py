"""Values of Python as values of a filter."""

from datetime import date, datetime, timezone
from typing import Any

from pydantic import ValidationError

from apollo_spark.errors import UsageError
from apollo_spark.model.filter import Day, FilterValue, Moment

Value = str | int | float | date | datetime


def filter_value(given: Any) -> FilterValue:
    """Return a value as a filter has it; a datetime without a zone is UTC.

    Raises:
        UsageError: It is neither a text, a number, a date nor a datetime.
    """
    if isinstance(given, Day | Moment):
        return given
    # Numbers of numpy and timestamps of pandas are asked for what they are in Python.
    for convert in ("to_pydatetime", "item"):
        if callable(found := getattr(given, convert, None)):
            given = found()
            break
    if isinstance(given, datetime):
        return Moment(moment=given if given.tzinfo else given.replace(tzinfo=timezone.utc))
    if isinstance(given, date):
        return Day(day=given)
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise UsageError(
            f"A field is compared with texts, numbers and dates, and with no {_name(given)}.",
            fix="Write .is_missing() for None, and .is_in([..]) for several values.",
        )
    if isinstance(given, int) and not -(2**63) <= given < 2**63:
        raise UsageError("A whole number has 64 bits.")
    return given


def refused(error: ValidationError) -> UsageError:
    """Return the refusal of what makes no condition; it holds no value."""
    why = "; ".join(str(each["msg"]).removeprefix("Value error, ") for each in error.errors())
    return UsageError("This makes no condition.", why=f"{why[:1].upper()}{why[1:]}.")


def _name(given: Any) -> str:
    return "None" if given is None else type(given).__name__
