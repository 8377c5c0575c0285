"""Numbers and dates: bounds, quartiles, mean, and how many are in each bin."""

import math
from datetime import date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pyarrow as pa

from apollo_spark.workers.values.bins import Bins, bins_between

QUARTERS = (0.25, 0.5, 0.75)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def describe_numbers(values: pa.Array) -> dict[str, Any]:
    """Return what numbers without missing ones are like.

    All of it is counted in ascending order, so that it is the same in whatever order rows come.
    """
    numbers = np.sort(values.to_numpy(zero_copy_only=False))
    # Tables made elsewhere may hold what is no number; it has no place among the others.
    if len(numbers) and not np.isfinite(numbers[[0, -1]]).all():
        numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return {"distinct": 0}
    least, greatest = numbers[0].item(), numbers[-1].item()
    floats = numbers.astype(np.float64, copy=False)
    q1, median, q3 = (_quantile(floats, each) for each in QUARTERS)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(floats.mean())
        spread = float(floats.std(ddof=1)) if len(floats) > 1 else math.nan
    return {
        "distinct": _count_different(numbers),
        "min": least, "q1": q1, "median": median, "q3": q3, "max": greatest,
        "mean": mean if math.isfinite(mean) else None,
        "sd": spread if math.isfinite(spread) else None,
        "histogram": _spread(numbers, bins_between(least, greatest)),
    }  # fmt: skip


def describe_dates(values: pa.Array) -> dict[str, Any]:
    """Return what dates or datetimes without missing ones are like; quartiles are dates there."""
    has_time = pa.types.is_timestamp(values.type)
    numbers = np.sort(values.cast(pa.int64() if has_time else pa.int32()).to_numpy())
    if not len(numbers):
        return {"distinct": 0}
    places = [round(share * (len(numbers) - 1)) for share in (0, *QUARTERS, 1)]
    chosen = [_moment(int(numbers[each]), has_time=has_time) for each in places]
    bins = bins_between(chosen[0], chosen[-1])
    names = ("min", "q1", "median", "q3", "max")
    return {
        "distinct": _count_different(numbers),
        **{name: text_of(each) for name, each in zip(names, chosen, strict=True)},
        "histogram": _spread(numbers, bins),
    }


def text_of(bound: Any) -> Any:
    """Return a bound as JSON writes it: dates and times as files do."""
    if isinstance(bound, datetime):
        return bound.replace(tzinfo=None).isoformat() + "Z"
    return bound.isoformat() if isinstance(bound, date) else bound


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


def _spread(ascending: np.ndarray, bins: Bins) -> list[tuple[Any, Any, int]]:
    """Return start, end and count of each bin."""
    starts = np.array([_number(each) for each in bins.starts], ascending.dtype)
    places = np.append(np.searchsorted(ascending, starts), len(ascending))
    return [
        (text_of(start), text_of(end), int(count))
        for (start, end), count in zip(bins.ranges, np.diff(places), strict=True)
    ]
