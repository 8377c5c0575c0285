"""How far two summaries of a field are apart, in standard deviations."""

import math
from collections.abc import Mapping

import numpy as np

from apollo_spark.verbs.cohort.summary import ValueSummary


def standardised_difference(first: ValueSummary, second: ValueSummary) -> float | None:
    """Return how far two summaries are apart, in standard deviations; None where nothing tells.

    Of numbers, and of dates as days, it is the difference of the means over the root of the mean
    variance. Of values it is the distance of their shares, all of them together (Yang and Dalton
    2012): they exclude each other, which several values in a cell do not.
    """
    if not first.n or not second.n or bool(first.dates) != bool(second.dates):
        return None
    if first.mean is None or second.mean is None:
        return _distance(*(_shares(each) for each in (first, second)))
    if first.sd is None or second.sd is None:
        return None
    return _ratio(first.mean - second.mean, (first.sd**2 + second.sd**2) / 2)


def differences_of_shares(first: ValueSummary, second: ValueSummary) -> dict[str, float | None]:
    """Return for each value how far its shares are apart, in standard deviations of a share."""
    if not first.n or not second.n:
        return {}
    shares = [_shares(each) for each in (first, second)]
    names = dict.fromkeys(name for each in shares for name in each)
    pairs = {name: [each.get(name, 0.0) for each in shares] for name in names}
    return {
        name: _ratio(near - far, (near * (1 - near) + far * (1 - far)) / 2)
        for name, (near, far) in pairs.items()
    }


def _shares(summary: ValueSummary) -> dict[str, float]:
    return {each.value: each.share for each in summary.values if each.share is not None}


def _distance(first: Mapping[str, float], second: Mapping[str, float]) -> float | None:
    """Return the distance of shares that add up to 1, by their covariances.

    The matrix is diagonal but for the products of each side's shares, so it is not inverted as a
    whole (Woodbury): a coding may have tens of thousands of codes.
    """
    if not first or not second:
        return None
    if first.keys().isdisjoint(second):
        # No value is in both: nothing spreads between them.
        return None
    # One share follows from the others; without the largest the rest is exact.
    names = sorted({**first, **second}, key=lambda each: first.get(each, 0) + second.get(each, 0))
    both = [np.array([each.get(name, 0.0) for name in names[:-1]]) for each in (first, second)]
    near, far = both
    gap, spread, outer = near - far, (near + far) / 2, np.array([near, far]).T / math.sqrt(2)
    scaled = outer.T / spread
    inner = np.linalg.solve(np.eye(2) - scaled @ outer, scaled @ gap)
    squared = float(gap @ (gap / spread) + (gap @ scaled.T) @ inner)
    return math.sqrt(max(squared, 0.0))


def _ratio(gap: float, variance: float) -> float | None:
    if variance == 0:
        return 0.0 if gap == 0 else None
    return gap / math.sqrt(variance)
