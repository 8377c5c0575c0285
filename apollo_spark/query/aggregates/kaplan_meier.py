"""Survival: the Kaplan-Meier estimate with its confidence band, medians, and the log-rank test.

The band is that of the logarithm of the negative logarithm of the share (Kalbfleisch and Prentice),
with Greenwood's variance: it never leaves 0 to 1, as the plain band does where few are left.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Numbers = np.ndarray

CONFIDENCE = 0.95
_QUANTILE = 1.959963984540054
"""Of the normal distribution, for the confidence on both sides."""


@dataclass(frozen=True)
class Leaving:
    """Who leaves when: times in ascending order, each once.

    Attributes:
        times: When somebody leaves.
        leaving: How many leave then, with an event or without.
        events: How many of them with one.
    """

    times: Numbers
    leaving: Numbers
    events: Numbers

    @staticmethod
    def of(rows: Sequence[tuple[float, int, int]]) -> "Leaving":
        """Return who leaves when, of times with how many leave and how many have an event."""
        together: dict[float, tuple[int, int]] = {}
        for time, leaving, events in rows:
            before = together.get(time, (0, 0))
            together[time] = (before[0] + leaving, before[1] + events)
        times = sorted(together)
        columns = [np.array([together[each][place] for each in times], float) for place in (0, 1)]
        return Leaving(np.array(times, float), *columns)

    @property
    def n(self) -> int:
        """How many people there are."""
        return int(self.leaving.sum())

    @property
    def at_risk(self) -> Numbers:
        """How many are there just before each time."""
        return self.leaving[::-1].cumsum()[::-1]

    def at_risk_at(self, time: float) -> int:
        """Return how many are there just before a time."""
        return int(self.leaving[self.times >= time].sum())


@dataclass(frozen=True)
class Estimate:
    """Shares without event from each time on; bounds are NaN where nothing is left to tell them."""

    survival: Numbers
    lower: Numbers
    upper: Numbers


def estimate(data: Leaving) -> Estimate:
    """Return the Kaplan-Meier estimate."""
    at_risk, events = data.at_risk, data.events
    survival = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(events / (at_risk * (at_risk - events)))
        log = np.log(survival)
        width = _QUANTILE * np.sqrt(greenwood) / np.abs(log)
        lower = np.exp(log * np.exp(width))
        upper = np.exp(log * np.exp(-width))
    # Before the first event everybody is there.
    is_whole = survival == 1.0
    return Estimate(survival, np.where(is_whole, 1.0, lower), np.where(is_whole, 1.0, upper))


def first_at_most_half(times: Numbers, shares: Numbers) -> float | None:
    """Return the first time at which a share is at most one half; None where it never is."""
    found = np.flatnonzero(shares <= 0.5)
    return float(times[found[0]]) if len(found) else None


def log_rank(groups: Sequence[Leaving]) -> tuple[float, int] | None:
    """Return chi-squared and its degrees of freedom; None where there is nothing to compare."""
    groups = [each for each in groups if each.n]
    if len(groups) < 2:
        return None
    times = np.unique(np.concatenate([each.times[each.events > 0] for each in groups]))
    if not len(times):
        return None
    at_risk = np.array([_at_risk_at(each, times) for each in groups])
    events = np.array([_events_at(each, times) for each in groups])
    all_at_risk, all_events = at_risk.sum(axis=0), events.sum(axis=0)
    gap = (events - at_risk * all_events / all_at_risk).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = all_events * (all_at_risk - all_events) / (all_at_risk - 1)
    factor = np.where(all_at_risk > 1, factor, 0.0)
    shares = at_risk / all_at_risk
    spread = np.diag((factor * shares).sum(axis=1)) - (factor * shares) @ shares.T
    # The last group follows from the others.
    chi_squared = float(gap[:-1] @ np.linalg.pinv(spread[:-1, :-1]) @ gap[:-1])
    return chi_squared, len(groups) - 1


def _at_risk_at(group: Leaving, times: Numbers) -> Numbers:
    places = np.searchsorted(group.times, times, side="left")
    left = np.append(group.at_risk, 0.0)
    found: Numbers = left[places]
    return found


def _events_at(group: Leaving, times: Numbers) -> Numbers:
    places = np.searchsorted(group.times, times, side="left")
    inside = np.minimum(places, len(group.times) - 1)
    is_own = group.times[inside] == times
    found: Numbers = np.where(is_own, group.events[inside], 0.0)
    return found


def chance_of(chi_squared: float, degrees: int) -> float:
    """Return how likely a chi-squared is at least as large as one, by chance.

    It goes up from one or two degrees of freedom, whose formulas are closed, two by two.
    """
    half = chi_squared / 2
    if half <= 0:
        return 1.0
    is_odd = degrees % 2 == 1
    found = math.erfc(math.sqrt(half)) if is_odd else math.exp(-half)
    shape = 0.5 if is_odd else 1.0
    while shape < degrees / 2:
        found += math.exp(shape * math.log(half) - half - math.lgamma(shape + 1))
        shape += 1
    return min(found, 1.0)


def by_group(
    rows: Sequence[tuple[str | None, tuple[float, int, int]]],
) -> Mapping[str | None, Leaving]:
    """Return who leaves when, by group."""
    found: dict[str | None, list[tuple[float, int, int]]] = {}
    for group, row in rows:
        found.setdefault(group, []).append(row)
    return {group: Leaving.of(own) for group, own in found.items()}
