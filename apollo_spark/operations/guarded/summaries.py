"""Numbers in short of a group of people: no value that is nearly one person's own.

A mean and a deviation are given of a group that may be counted. Quartiles are given where each
quarter is of at least as many people as the guard wants, and 5 % and 95 % where as many are beyond
them; the least and the greatest value are never given. Quartiles are rounded to three digits.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from apollo_spark.model.dashboard.answer import Box
from apollo_spark.model.suppressed import Count, Suppressed

QUARTERS, BEYOND = 4, 20
DIGITS = 3
_PARTS = ("min", "q1", "median", "q3", "max")


def short_of(values: npt.NDArray[np.float64], people: int, least: int) -> dict[str, float | None]:
    """Return mean, deviation, quartiles, and 5 % and 95 % as `min` and `max`.

    Args:
        values: The numbers of the group, which may be counted.
        people: How many people they are of.
        least: The least number of people.
    """
    found: dict[str, float | None] = dict.fromkeys(("mean", "sd", *_PARTS))
    if not len(values) or people < least:
        return found
    found["mean"] = _rounded(float(values.mean()), DIGITS * 2)
    if len(values) > 1:
        found["sd"] = _rounded(float(values.std(ddof=1)), DIGITS * 2)
    marks = [_rounded(float(each)) for each in np.percentile(values, [5, 25, 50, 75, 95])]
    if people >= QUARTERS * least:
        found |= zip(_PARTS[1:4], marks[1:4], strict=True)
    if people >= BEYOND * least:
        found |= {"min": marks[0], "max": marks[4]}
    return found


def box_of(n: Count, values: npt.NDArray[np.float64], people: int, least: int) -> Box:
    """Return a box whose whiskers end at 5 % and 95 %, without what is not given."""
    if isinstance(n, Suppressed):
        return Box(n=n)
    short: dict[str, Any] = short_of(values, people, least)
    short.pop("sd")
    return Box(n=n, **short)


def _rounded(value: float, digits: int = DIGITS) -> float:
    return float(f"{value:.{digits}g}")
