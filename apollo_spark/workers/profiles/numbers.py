"""Numbers and dates: bounds, quartiles, mean, and how many are in each bin."""

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import numpy as np

from apollo_spark.workers.values.bins import bins_between, text_of

QUARTERS = (0.25, 0.5, 0.75)
PART = 1 << 15
"""Numbers that are added up together."""
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def describe_numbers(values: np.ndarray) -> dict[str, Any]:
    """Return what numbers without missing ones are like.

    All of it is counted in ascending order, so that it is the same in whatever order rows come.
    """
    numbers = _in_order(values)
    # Tables made elsewhere may hold what is no number; it has no place among the others.
    if len(numbers) and not (math.isfinite(numbers[0]) and math.isfinite(numbers[-1])):
        numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return {"distinct": 0}
    least, greatest = numbers[0].item(), numbers[-1].item()
    q1, median, q3 = (_quantile(numbers, each) for each in QUARTERS)
    mean, spread = _mean_and_spread(numbers)
    return {
        "distinct": _count_different(numbers),
        "min": least, "q1": q1, "median": median, "q3": q3, "max": greatest,
        "mean": mean if math.isfinite(mean) else None,
        "sd": spread if math.isfinite(spread) else None,
        "histogram": _spread(numbers, bins_between(least, greatest).starts),
    }  # fmt: skip


def _in_order(values: np.ndarray) -> np.ndarray:
    """Return values in ascending order: the same array, where it may be written to."""
    found = values if values.flags.writeable else values.copy()
    found.sort()
    return found


def _mean_and_spread(numbers: np.ndarray) -> tuple[float, float]:
    """Return the mean, and the standard deviation of a sample."""
    size = len(numbers)
    # Arrays of all of them would take longer to get from the system than to fill.
    parts = [numbers[start : start + PART] for start in range(0, size, PART)]
    with np.errstate(over="ignore", invalid="ignore"):
        mean = sum(float(np.add.reduce(each, dtype=np.float64)) for each in parts) / size
        squares = 0.0
        for each in parts if size > 1 else ():
            apart = each - mean
            apart *= apart
            squares += float(np.add.reduce(apart))
    return mean, math.sqrt(squares / (size - 1)) if size > 1 else math.nan


def describe_dates(values: np.ndarray, *, has_time: bool) -> dict[str, Any]:
    """Return what dates or datetimes without missing ones are like; quartiles are dates there.

    Args:
        values: Days, or microseconds, since 1970.
        has_time: Whether they are microseconds.
    """
    numbers = _in_order(values)
    if not len(numbers):
        return {"distinct": 0}
    places = [round(share * (len(numbers) - 1)) for share in (0, *QUARTERS, 1)]
    chosen = [_moment(int(numbers[each]), has_time=has_time) for each in places]
    starts = bins_between(chosen[0], chosen[-1]).starts
    names = ("min", "q1", "median", "q3", "max")
    return {
        "distinct": _count_different(numbers),
        **{name: text_of(each) for name, each in zip(names, chosen, strict=True)},
        "histogram": _spread(numbers, [_number(each) for each in starts]),
    }


def _moment(number: int, *, has_time: bool) -> date | datetime:
    found = _EPOCH + (timedelta(microseconds=number) if has_time else timedelta(days=number))
    return found if has_time else found.date()


def _number(bound: Any) -> Any:
    if isinstance(bound, datetime):
        return (bound - _EPOCH) // timedelta(microseconds=1)
    return (bound - _EPOCH.date()).days if isinstance(bound, date) else bound


def _quantile(ascending: np.ndarray, share: float) -> float:
    """Return a quantile between two numbers as numpy does (linear)."""
    place = share * (len(ascending) - 1)
    low = int(place)
    lower, part = float(ascending[low]), place - low
    if not part:
        return lower
    upper = float(ascending[low + 1])
    gap = upper - lower
    if not math.isfinite(gap):
        return lower * (1 - part) + upper * part
    return lower + gap * part if part < 0.5 else upper - gap * (1 - part)


def _count_different(ascending: np.ndarray) -> int:
    return int(np.count_nonzero(ascending[1:] != ascending[:-1])) + 1


def _spread(ascending: np.ndarray, starts: Sequence[Any]) -> list[int]:
    """Return how many are in each bin: between its start and that of the next."""
    places = ascending.searchsorted(np.array(starts, ascending.dtype)).tolist()
    return [end - start for start, end in pairwise([*places, len(ascending)])]
