"""Survival of guarded records: a curve that goes by stretches of many people.

A stretch ends at a round time when enough people had the event in it and nobody, or enough people,
left without; the curve ends with the last stretch after which enough are there. Times of single
people are nowhere: medians are the ends of stretches too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apollo_spark.model.dashboard.answer import AtRisk, Curve, LogRank, Step
from apollo_spark.model.suppressed import Count
from apollo_spark.operations.guarded.cells import Cell, Sheet
from apollo_spark.operations.guarded.charts import GuardedChart
from apollo_spark.operations.guarded.rows import Mask
from apollo_spark.query.aggregates.kaplan_meier import (
    Estimate,
    Leaving,
    estimate,
    first_at_most_half,
)
from apollo_spark.query.aggregates.survival import rank_test
from apollo_spark.workers.values.bins import bins_between

STRETCHES = 20
"""Round times at which a stretch may end."""


@dataclass(frozen=True)
class Stretch:
    """People who leave until a round time: with the event, and without."""

    end: float
    events: Cell
    censored: Cell | None


@dataclass(frozen=True)
class GuardedCurve:
    """A curve: who it is of, and its stretches."""

    value: str | None
    label: str | None
    n: Cell
    events: Cell
    leaving: Leaving
    stretches: tuple[Stretch, ...]

    def is_given(self, sheet: Sheet) -> bool:
        """Return whether anything of it is given."""
        return sheet.shows(self.n) and sheet.shows(self.events)


class GuardedSurvival(GuardedChart):
    """Kaplan-Meier curves of one group or several."""

    def prepare(self) -> None:
        """Add the groups, and who leaves in each stretch."""
        self.time = self.rows.numbers("time")
        self.event = self.rows.numbers("event") == 1
        has_both = (self.time >= 0) & (self.rows.numbers("status") == 1)
        late = np.percentile(self.time[has_both], 95) if has_both.any() else 0.0
        self.ends = [float(end) for _, end in bins_between(0.0, late, most=STRETCHES).ranges]
        self.curves = [self._curve(each, mask) for each, mask in self._groups(has_both)]
        self.add_up([self.missing, *(each.n for each in self.curves)])

    def _groups(self, has_both: Mask) -> Iterator[tuple[Curve, Mask]]:
        for each in self.data.curves:
            if each.value is None:
                yield each, has_both
            else:
                yield each, has_both & self.values[2].among({each.value})

    def _curve(self, drawn: Curve, mask: Mask) -> GuardedCurve:
        n, events = self.cell(mask), self.cell(mask & self.event)
        self.table.sum_up([events], n)
        stretches = tuple(self._stretches(mask))
        parts = [each for one in stretches for each in (one.events, one.censored) if each]
        self.table.sum_up(parts, n)
        rows = [
            (float(t), 1, int(e)) for t, e in zip(self.time[mask], self.event[mask], strict=True)
        ]
        return GuardedCurve(drawn.value, drawn.label, n, events, Leaving.of(rows), stretches)

    def _stretches(self, mask: Mask) -> Iterator[Stretch]:
        start, left = 0.0, int(mask.sum())
        for end in self.ends:
            inside = mask & (self.time >= start) & (self.time < end)
            gone, censored = inside & self.event, inside & ~self.event
            after = left - int(inside.sum())
            if not self._is_enough(int(gone.sum()), int(censored.sum())) or after < self.least:
                continue
            lost = self.cell(censored) if censored.any() else None
            yield Stretch(end, self.cell(gone), lost)
            start, left = end, after

    def _is_enough(self, events: int, censored: int) -> bool:
        return events >= self.least and (not censored or censored >= self.least)

    def finish(self, sheet: Sheet) -> dict[str, Any]:
        """Return the curves that are given, and the test where all groups are."""
        given = [each for each in self.curves if each.is_given(sheet)]
        return {
            "curves": tuple(self._drawn(each, sheet) for each in given),
            "log_rank": self.test(given) if len(given) == len(self.curves) else None,
            "others": self.others(sheet, [each.n for each in self.curves]),
        }

    @staticmethod
    def test(curves: Sequence[GuardedCurve]) -> LogRank | None:
        """Return the log-rank test of some curves."""
        return rank_test([each.leaving for each in curves])

    def _drawn(self, curve: GuardedCurve, sheet: Sheet) -> Curve:
        steps = list(_steps(curve, sheet))
        times = np.array([each.time for each in steps])
        bounds = [
            np.array([np.nan if each is None else each for each in values], dtype=float)
            for values in (
                [s.survival for s in steps], [s.lower for s in steps], [s.upper for s in steps]
            )
        ]  # fmt: skip
        medians = [first_at_most_half(times, each) for each in bounds]
        at_risk = dict(_at_risk(steps))
        return Curve(
            value=curve.value,
            label=curve.label,
            n=sheet[curve.n],
            events=sheet[curve.events],
            median=medians[0],
            median_lower=medians[1],
            median_upper=medians[2],
            steps=tuple(steps),
            at_risk=tuple(
                AtRisk(time=each, count=at_risk.get(each, self.hidden))
                for each in (0.0, *self.ends)
            ),
        )


def _steps(curve: GuardedCurve, sheet: Sheet) -> Iterator[Step]:
    found, data = estimate(curve.leaving), curve.leaving
    left = sheet.number(curve.n) or 0
    yield Step(time=0.0, at_risk=left, events=0, censored=0, survival=1.0, lower=1.0, upper=1.0)
    for each in curve.stretches:
        events = sheet.number(each.events)
        censored = 0 if each.censored is None else sheet.number(each.censored)
        if events is None or censored is None:
            return
        place = int(np.searchsorted(data.times, each.end, side="left")) - 1
        yield _step(each.end, (left, events, censored), found, place)
        left -= events + censored


def _step(end: float, counts: tuple[int, int, int], found: Estimate, place: int) -> Step:
    at_risk, events, censored = counts
    return Step(
        time=end,
        at_risk=at_risk,
        events=events,
        censored=censored,
        survival=round(float(found.survival[place]), 3),
        lower=_known(found.lower[place]),
        upper=_known(found.upper[place]),
    )


def _at_risk(steps: Sequence[Step]) -> Iterator[tuple[float, Count]]:
    for each in steps:
        counts = (each.at_risk, each.events, each.censored)
        numbers = [one for one in counts if isinstance(one, int)]
        yield each.time, numbers[0] - numbers[1] - numbers[2]


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 3)
