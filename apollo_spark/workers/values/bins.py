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
from fractions import Fraction
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


def _steps(span: Fraction, most: int) -> Iterator[Fraction]:
    """Yield steps in ascending order, from the least that may do."""
    if span == 0:
        yield Fraction(1)
        return
    raw = span / most
    power = math.floor(_log10(raw)) - 1
    while True:
        for each in (1, 2, 5):
            # Of narrower steps there would be too many.
            if (step := each * Fraction(10) ** power) >= raw:
                yield step
        power += 1


def _log10(value: Fraction) -> float:
    # Of whole numbers of any size; the quotient itself may be no double.
    return math.log10(value.numerator) - math.log10(value.denominator)


def _of_integers(least: int, greatest: int, most: int) -> Bins:
    for each in _steps(Fraction(greatest - least), most):
        if each.denominator > 1:
            continue
        step = int(each)
        first, last = least // step, greatest // step
        if last - first < most:
            starts = [max(number * step, _LEAST_INTEGER) for number in range(first, last + 1)]
            return Bins(tuple(starts), (last + 1) * step, "number", step)
    raise AssertionError("steps have no end")


def _of_numbers(least: float, greatest: float, most: int) -> Bins:
    for step in _steps(Fraction(greatest) - Fraction(least), most):
        first, last = _place(least, step), _place(greatest, step)
        if last - first < most:
            # Beside very great numbers several bounds are one double.
            bounds = dict.fromkeys(_bound(each, step) for each in range(first, last + 1))
            return Bins(tuple(bounds), _bound(last + 1, step), "number", _nearest(step))
    raise AssertionError("steps have no end")


def _place(value: float, step: Fraction) -> int:
    """Return the number of the bin of a value, told by the doubles that are its bounds."""
    found = math.floor(Fraction(value) / step)
    if _bound(found + 1, step) <= value:
        return found + 1
    return found - 1 if _bound(found, step) > value else found


def _bound(number: int, step: Fraction) -> float:
    return _nearest(number * step)


def _nearest(value: Fraction) -> float:
    try:
        return value.numerator / value.denominator
    except OverflowError:
        return sys.float_info.max if value > 0 else -sys.float_info.max


def _of_dates(least: date, greatest: date, most: int) -> Bins:
    for unit, step in _date_steps():
        first, last = _DATE_NUMBERS[unit](least) // step, _DATE_NUMBERS[unit](greatest) // step
        if last - first < most:
            like = _midnight if isinstance(least, datetime) else _as_day
            starts = [like(_DATES[unit](each * step)) for each in range(first, last + 1)]
            return Bins(tuple(starts), like(_DATES[unit]((last + 1) * step)), unit, step)
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
