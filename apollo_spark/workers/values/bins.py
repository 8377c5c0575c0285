"""Bins of a histogram, by one rule for every count of values: profiles, charts, comparisons.

Steps are 1, 2 or 5 times a power of ten; of whole numbers at least 1, of dates a day, a week from
Monday, a month, a quarter, or 1, 2, 5, 10, ... years. The smallest step counts with which no more
than `MOST_BINS` bins hold the least and the greatest value. Bins begin at whole multiples of their
step, whatever the values are, and each holds its start and not that of the next. A bound is the
double nearest to its decimal.
"""

import math
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

MOST_BINS = 40
"""Bins that a histogram has at most."""

_LEAST_INTEGER = -(2**63)
_EPOCH = date(1970, 1, 1)
_LAST_DAY = (date.max - _EPOCH).days


@dataclass(frozen=True)
class Bins:
    """Bins side by side.

    Attributes:
        starts: The bound of each bin that belongs to it, ascending: numbers, dates or datetimes.
        end: Where the last one ends; a date ends with the last one that there is.
        unit: What the step counts: `number`, `day`, `week`, `month` or `year`.
        step: How wide a bin is, in units.
    """

    starts: tuple[Any, ...]
    end: Any
    unit: str
    step: int | float

    def number_of(self, value: Any) -> int:
        """Return which bin a value belongs to, the first being 0."""
        return bisect_right(self.starts, value) - 1

    @property
    def ranges(self) -> tuple[tuple[Any, Any], ...]:
        """The start of each bin, and where it ends."""
        return tuple(zip(self.starts, (*self.starts[1:], self.end), strict=True))


def bins_between(least: Any, greatest: Any, *, most: int = MOST_BINS) -> Bins:
    """Return the bins of values from the least to the greatest.

    Args:
        least: The least value: an `int`, a finite `float`, a `date`, or a `datetime` in UTC. Give
            the least of all that are to be compared.
        greatest: The greatest, of the same type.
        most: How many bins there may be, at least 2: whatever the step, 0 is a bound.

    >>> bins_between(3, 8, most=4).ranges
    ((2, 4), (4, 6), (6, 8), (8, 10))
    """
    assert most > 1, "values below and above 0 are in two bins"
    if isinstance(least, date):
        return _of_dates(least, greatest, most)
    if isinstance(least, int) and isinstance(greatest, int):
        return _of_integers(least, greatest, most)
    return _of_numbers(float(least), float(greatest), most)


def text_of(bound: Any) -> Any:
    """Return a bound as JSON writes it: dates and times as files do."""
    if isinstance(bound, datetime):
        return bound.replace(tzinfo=None).isoformat() + "Z"
    return bound.isoformat() if isinstance(bound, date) else bound


def bound_of(text: Any) -> Any:
    """Return a bound that JSON holds: what `text_of` was given."""
    if not isinstance(text, str):
        return text
    if text.endswith("Z"):
        return datetime.fromisoformat(text[:-1]).replace(tzinfo=timezone.utc)
    return date.fromisoformat(text)


Step = tuple[int, int]
"""A step as numerator and denominator: a Fraction takes ten times as long."""


def _steps(above: int, below: int, most: int) -> Iterator[Step]:
    """Yield steps in ascending order, from the least that may do.

    Args:
        above: Of the span from the least to the greatest value the numerator.
        below: Its denominator.
        most: How many bins there may be.
    """
    if not above:
        yield 1, 1
        return
    below *= most
    # Of whole numbers of any size; the quotient itself may be no double.
    power = math.floor(math.log10(above) - math.log10(below)) - 1
    while True:
        high, low = (10**power, 1) if power >= 0 else (1, 10**-power)
        for each in (1, 2, 5):
            # Of narrower steps there would be too many.
            if each * high * below >= above * low:
                yield each * high, low
        power += 1


def _of_integers(least: int, greatest: int, most: int) -> Bins:
    for above, below in _steps(greatest - least, 1, most):
        if above < below:
            continue
        step = above // below
        first, last = least // step, greatest // step
        if last - first < most:
            starts = [max(number * step, _LEAST_INTEGER) for number in range(first, last + 1)]
            return Bins(tuple(starts), (last + 1) * step, "number", step)
    raise AssertionError("steps have no end")


def _of_numbers(least: float, greatest: float, most: int) -> Bins:
    (low, low_part), (high, high_part) = least.as_integer_ratio(), greatest.as_integer_ratio()
    for step in _steps(high * low_part - low * high_part, low_part * high_part, most):
        first, last = _place(least, step), _place(greatest, step)
        if last - first < most:
            # Beside very great numbers several bounds are one double.
            bounds = dict.fromkeys(_bound(each, step) for each in range(first, last + 1))
            return Bins(tuple(bounds), _bound(last + 1, step), "number", _bound(1, step))
    raise AssertionError("steps have no end")


def _place(value: float, step: Step) -> int:
    """Return the number of the bin of a value, told by the doubles that are its bounds."""
    above, below = value.as_integer_ratio()
    found = above * step[1] // (below * step[0])
    if _bound(found + 1, step) <= value:
        return found + 1
    return found - 1 if _bound(found, step) > value else found


def _bound(number: int, step: Step) -> float:
    """Return the double that is nearest to a whole number of steps, as Python divides."""
    try:
        return number * step[0] / step[1]
    except OverflowError:
        return sys.float_info.max if number > 0 else -sys.float_info.max


def _of_dates(least: date, greatest: date, most: int) -> Bins:
    for unit, step in _date_steps():
        first, last = _DATE_NUMBERS[unit](least) // step, _DATE_NUMBERS[unit](greatest) // step
        if last - first < most:
            bounds = [_DATES[unit](each * step) for each in range(first, last + 2)]
            if isinstance(least, datetime):
                bounds = [_midnight(each) for each in bounds]
            return Bins(tuple(bounds[:-1]), bounds[-1], unit, step)
    raise AssertionError("steps have no end")


def _date_steps() -> Iterator[tuple[str, int]]:
    yield from (("day", 1), ("week", 1), ("month", 1), ("month", 3))
    power = 1
    while True:
        for each in (1, 2, 5):
            yield "year", each * power
        power *= 10


def _as_day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _midnight(value: date) -> datetime:
    return datetime(value.year, value.month, value.day, tzinfo=timezone.utc)


def _from_day(number: int) -> date:
    return _EPOCH + timedelta(days=number) if number <= _LAST_DAY else date.max


def _from_week(number: int) -> date:
    # The first day that there is was a Monday.
    return date.fromordinal(min(number * 7 + 1, date.max.toordinal()))


def _from_month(number: int) -> date:
    year, month = divmod(number, 12)
    return date(year, month + 1, 1) if year <= date.max.year else date.max


def _from_year(number: int) -> date:
    return date(max(number, 1), 1, 1) if number <= date.max.year else date.max


_DATE_NUMBERS: dict[str, Callable[[date], int]] = {
    "day": lambda each: (_as_day(each) - _EPOCH).days,
    "week": lambda each: (each.toordinal() - 1) // 7,
    "month": lambda each: each.year * 12 + each.month - 1,
    "year": lambda each: each.year,
}
_DATES: dict[str, Callable[[int], date]] = {
    "day": _from_day,
    "week": _from_week,
    "month": _from_month,
    "year": _from_year,
}
