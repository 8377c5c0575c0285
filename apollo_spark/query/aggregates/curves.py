"""The steps of a curve, thinned where it has more than a chart can show."""

import math

import numpy as np

from apollo_spark.model.dashboard.answer import Step
from apollo_spark.model.dashboard.charts import MOST_STEPS
from apollo_spark.query.aggregates.kaplan_meier import Estimate, Leaving


def curve_steps(data: Leaving, found: Estimate) -> tuple[Step, ...]:
    """Return the steps of a curve, the first of them at time 0.

    Of more than `MOST_STEPS` the last one of each stretch of time is kept, with the events and
    the censored since the one before: the curve is exact wherever it has a step.
    """
    kept = _kept_places(data.times)
    events = np.add.reduceat(data.events, _starts(kept)) if len(kept) else data.events
    leaving = np.add.reduceat(data.leaving, _starts(kept)) if len(kept) else data.leaving
    at_risk = data.at_risk
    steps = [] if len(data.times) and data.times[0] == 0 else [_whole(data.n)]
    for place, start, gone, left in zip(kept, _starts(kept), events, leaving, strict=True):
        steps.append(
            Step(
                time=float(data.times[place]),
                at_risk=int(at_risk[start]),
                events=int(gone),
                censored=int(left - gone),
                survival=float(found.survival[place]),
                lower=_known(found.lower[place]),
                upper=_known(found.upper[place]),
            )
        )
    return tuple(steps)


def _whole(n: int) -> Step:
    return Step(time=0.0, at_risk=n, events=0, censored=0, survival=1.0, lower=1.0, upper=1.0)


def _kept_places(times: np.ndarray) -> list[int]:
    if len(times) < MOST_STEPS:
        return list(range(len(times)))
    width = (times[-1] - times[0]) / (MOST_STEPS - 2)
    stretches = np.floor((times - times[0]) / width)
    is_last = np.append(stretches[1:] != stretches[:-1], True)
    return [int(each) for each in np.flatnonzero(is_last)]


def _starts(kept: list[int]) -> list[int]:
    return [0, *(each + 1 for each in kept[:-1])]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
