"""Charts of numbers of guarded records: histograms, boxes, scatter plots.

Bins go from the 5 % to the 95 % mark of the values; what is outside is counted below and above. A
scatter plot is always drawn as density.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from apollo_spark.model.dashboard.answer import Bin, GridCell, GroupBox
from apollo_spark.operations.guarded.cells import Sheet
from apollo_spark.operations.guarded.charts import GuardedChart
from apollo_spark.operations.guarded.rows import Mask
from apollo_spark.operations.guarded.summaries import box_of
from apollo_spark.query.aggregates.binning import CELLS_EACH_WAY
from apollo_spark.workers.values.bins import MOST_BINS, Bins, bins_between

NUMBER = "number "
"""Before the place of a field: its numbers without sparse codes."""
ENOUGH = 3
"""How many times the least number a bin has on average, at least."""
OUTSIDE = ("below the first bin", "above the last bin")
Ticks = npt.NDArray[Any]


def marks_of(several: Sequence[pa.Array], least: int) -> tuple[Any, Any] | None:
    """Return the 5 % and 95 % marks of values, the farthest of several cohorts.

    None where a cohort that has any is of few values.
    """
    found = []
    for each in several:
        kept = each.drop_null()
        if len(kept) < least:
            continue
        ordered = ticks_of(kept)
        low, high = np.percentile(ordered, [5, 95], method="nearest")
        found.append((_back(low, kept.type), _back(high, kept.type)))
    if not found:
        return None
    return min(each[0] for each in found), max(each[1] for each in found)


def most_bins(several: Sequence[pa.Array], least: int, most: int) -> int:
    """Return how many bins there may be so that many of them may be counted."""
    values = min((len(each) - each.null_count for each in several), default=0)
    return max(min(most, values // (ENOUGH * least)), 2)


def ticks_of(values: pa.Array) -> Ticks:
    """Return values as numbers that are in the same order."""
    if pa.types.is_date32(values.type):
        values = values.cast(pa.int32())
    elif pa.types.is_timestamp(values.type):
        values = values.cast(pa.int64())
    found: Ticks = values.to_numpy(zero_copy_only=False)
    return found


def _back(tick: Any, type_: pa.DataType) -> Any:
    value: Any = tick.item()
    if pa.types.is_temporal(type_):
        whole = pa.int32() if pa.types.is_date32(type_) else pa.int64()
        value = pa.array([value], whole).cast(type_)[0].as_py()
    return value


def bins_of(values: pa.Array, bins: Bins) -> tuple[npt.NDArray[np.int64], Mask]:
    """Return the bin of each value that is there, -1 below all, and which are there."""
    is_there = ~np.asarray(values.is_null().to_numpy(zero_copy_only=False), dtype=bool)
    kept = values.drop_null()
    bounds = pa.array([*bins.starts, bins.end]).cast(values.type, safe=False)
    places = np.searchsorted(ticks_of(bounds), ticks_of(kept), side="right") - 1
    return places.astype(np.int64), is_there


class GuardedNumbers(GuardedChart):
    """What charts of numbers share."""

    def numbers_at(self, place: int) -> pa.Array:
        """Return the numbers of a field."""
        return self.rows.column(f"{NUMBER}{place}")

    def mask_of(self, is_there: Mask, places: npt.NDArray[np.int64], wanted: int) -> Mask:
        """Return which rows have a place."""
        found = self.rows.all_rows() & False
        found[np.flatnonzero(is_there)[places == wanted]] = True
        return found


class GuardedHistogram(GuardedNumbers):
    """Numbers, dates or datetimes in bins."""

    bins: Bins | None = None

    def choose(self, bins: Bins | None) -> None:
        """Take the bins, which all cohorts share, and count them."""
        self.bins, self.cells, self.outside = bins, [], []
        if bins is not None:
            places, is_there = bins_of(self.numbers_at(0), bins)
            last = len(bins.starts)
            masks = [self.mask_of(is_there, places, each) for each in range(-1, last + 1)]
            self.outside = [self.cell(masks[0]), self.cell(masks[-1])]
            self.cells = [self.cell(each) for each in masks[1:-1]]
        parts = [self.missing, *self.sparse.values(), *self.outside, *self.cells]
        self.add_up(parts)

    def finish(self, sheet: Sheet) -> dict[str, Any]:
        """Return all bins."""
        ranges = () if self.bins is None else self.bins.ranges
        shown = zip(ranges, self.cells, strict=True)
        return {
            "bins": tuple(
                Bin(start=_bound(start), end=_bound(end), count=sheet[cell])
                for (start, end), cell in shown
            ),
            "not_drawn": tuple(
                (why, sheet[cell]) for why, cell in zip(OUTSIDE, self.outside, strict=False)
            ),
        }


class GuardedScatter(GuardedNumbers):
    """Pairs of numbers: how many there are in each cell."""

    def choose(self, axes: tuple[Bins, Bins] | None) -> None:
        """Take the cells, which all cohorts share, and count those that have any."""
        self.axes, self.cells = axes, {}
        if axes is None:
            self.add_up([self.missing])
            return
        found = [bins_of(self.numbers_at(each), axes[each]) for each in (0, 1)]
        both = found[0][1] & found[1][1]
        places = []
        for each, is_there in found:
            all_ = np.full(len(both), -1)
            all_[np.flatnonzero(is_there)] = each
            places.append(all_[both])
        sizes = [len(each.starts) for each in axes]
        inside = np.all([(p >= 0) & (p < n) for p, n in zip(places, sizes, strict=True)], axis=0)
        flat = np.where(inside, places[0] * sizes[1] + places[1], -1)
        for each in np.unique(flat[inside]):
            mask = self.mask_of(both, flat, int(each))
            self.cells[divmod(int(each), sizes[1])] = self.cell(mask)
        self.add_up([self.missing, *self.cells.values()])

    def finish(self, sheet: Sheet) -> dict[str, Any]:
        """Return the cells that are given."""
        if self.axes is None:
            return {}
        x, y = (each.ranges for each in self.axes)
        return {
            "others": self.others(sheet, list(self.cells.values())),
            "cells": tuple(
                GridCell(
                    x_start=float(x[a][0]), x_end=float(x[a][1]),
                    y_start=float(y[b][0]), y_end=float(y[b][1]), count=sheet[cell],
                )
                for (a, b), cell in self.cells.items()
                if sheet.shows(cell)
            ),
        }  # fmt: skip


class GuardedBoxes(GuardedNumbers):
    """Numbers in short, of all rows or of each group."""

    def __init__(self, *given: Any, group: int | None = None, number: str = f"{NUMBER}0") -> None:
        self._group, self._number = group, number
        super().__init__(*given)

    def prepare(self) -> None:
        """Add the rows of each box."""
        self.numbers = self.rows.numbers(self._number)
        has_number = ~np.isnan(self.numbers)
        self.masks: dict[str | None, Mask] = {None: has_number}
        if self._group is not None:
            values = self.values[self._group]
            self.masks |= {e.value: has_number & values.among({e.value}) for e in self.data.boxes}
        self.cells = {name: self.cell(mask) for name, mask in self.masks.items()}
        groups = [cell for name, cell in self.cells.items() if name is not None]
        self.add_up(groups, self.cells[None])
        self.table.sum_up([self.cells[None]], self.total)
        self.table.sum_up([self.missing], self.total)

    def finish(self, sheet: Sheet) -> dict[str, Any]:
        """Return the boxes that are given."""
        if self._group is None:
            return {"box": self._box(sheet, None)}
        boxes = tuple(
            GroupBox(value=each.value, label=each.label, box=self._box(sheet, each.value))
            for each in self.data.boxes
            if sheet.shows(self.cells[each.value])
        )
        return {"boxes": boxes}

    def _box(self, sheet: Sheet, name: str | None) -> Any:
        mask = self.masks[name]
        people = int((self.rows.weights(mask) > 0).sum())
        return box_of(sheet[self.cells[name]], self.numbers[mask], people, self.least)


def choose_bins(charts: Sequence[GuardedHistogram], most: int | None) -> None:
    """Give charts of several cohorts the same bins."""
    values = [each.numbers_at(0) for each in charts]
    marks = marks_of(values, charts[0].least)
    fewest = most_bins(values, charts[0].least, most or MOST_BINS)
    bins = None if marks is None else bins_between(*marks, most=fewest)
    for each in charts:
        each.choose(bins)


def choose_cells(charts: Sequence[GuardedScatter], most: int | None) -> None:
    """Give charts of several cohorts the same cells."""
    marks = [marks_of([e.numbers_at(each) for e in charts], charts[0].least) for each in (0, 1)]
    values = [each.numbers_at(0) for each in charts]
    cells = most_bins(values, charts[0].least, CELLS_EACH_WAY**2)
    each_way = max(min(most or CELLS_EACH_WAY, math.isqrt(cells)), 2)
    axes = [bins_between(*each, most=each_way) for each in marks if each is not None]
    for one in charts:
        one.choose((axes[0], axes[1]) if len(axes) == 2 else None)


def _bound(value: Any) -> float | str:
    if isinstance(value, int | float):
        return float(value)
    return str(value.isoformat()).replace("+00:00", "Z")
