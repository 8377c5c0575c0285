"""Histograms and scatter plots: values counted in bins, whose bounds all cohorts share."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from sqlglot import exp

from apollo_spark.model.dashboard.answer import Bin, GridCell, Point
from apollo_spark.model.dashboard.charts import MOST_POINTS
from apollo_spark.model.field import FieldType
from apollo_spark.query.aggregates.chart import Chart, TilePlan
from apollo_spark.query.aggregates.counting import SPARSE, TOTALS, add_sparse
from apollo_spark.query.aggregates.fields import TileField
from apollo_spark.query.aggregates.statement import Found, Parts, TileStatement
from apollo_spark.query.aggregates.values import sparse_codes
from apollo_spark.query.sql import TypedValue, cast, column, derived, labelled, literal
from apollo_spark.workers.values.bins import MOST_BINS, Bins, bins_between
from apollo_spark.workers.values.code_values import parse_code

RANGE, BINS, POINTS, CELLS = "range", "bins", "points", "cells"
CELLS_EACH_WAY = 30
EXACT = 2**53
"""Whole numbers below it are exact as doubles."""
_NUMBER, _OTHER, _BINNED = "bin", "other bin", "binned"


def bin_number(value: exp.Expr, bins: Bins) -> exp.Expr:
    """Return which bin a value belongs to.

    Of numbers it is reckoned, and put right where a bound says otherwise: a quotient of doubles
    may be a hair beside a bound. Elsewhere it is found by halving.
    """
    ratio = _ratio_of(bins)
    if ratio is not None:
        return _reckoned(value, *ratio)
    is_missing = exp.Is(this=value.copy(), expression=exp.Null())
    halved = _halved(value, bins.starts, 0)
    return exp.Case(ifs=[exp.If(this=is_missing, true=exp.Null())], default=halved)


def _ratio_of(bins: Bins) -> tuple[int, int, int] | None:
    """Return the step as a ratio, and which multiple of it the first bound is, if all are exact."""
    if bins.unit != "number" or not bins.step:
        return None
    step = Fraction(str(bins.step))
    first = round(Fraction(bins.starts[0]) / step)
    top, bottom = step.numerator, step.denominator
    last = first + len(bins.starts)
    if max(abs(first), abs(last)) * top >= EXACT or bottom >= EXACT:
        return None
    bounds = (each * top / bottom for each in range(first, last))
    return (top, bottom, first) if tuple(bounds) == bins.starts else None


def _reckoned(value: exp.Expr, top: int, bottom: int, first: int) -> exp.Expr:
    number = cast(value.copy(), FieldType.FLOAT)
    place = exp.Floor(this=_divided(_times(number, bottom), top))
    near = exp.Paren(this=exp.Add(this=place, expression=literal(1.0)))
    bound = _divided(_times(place.copy(), top), bottom)
    next_bound = _divided(_times(near, top), bottom)
    is_next = exp.GTE(this=number.copy(), expression=next_bound)
    is_before = exp.LT(this=number.copy(), expression=bound)
    ifs = [exp.If(this=is_next, true=literal(1)), exp.If(this=is_before, true=literal(-1))]
    put_right = exp.Paren(this=exp.Case(ifs=ifs, default=literal(0)))
    found = exp.Add(this=place.copy(), expression=put_right)
    return exp.Sub(this=found, expression=exp.Paren(this=literal(float(first))))


def _times(value: exp.Expr, factor: int) -> exp.Expr:
    if factor == 1:
        return value
    return exp.Paren(this=exp.Mul(this=value, expression=literal(float(factor))))


def _divided(value: exp.Expr, by: int) -> exp.Expr:
    if by == 1:
        return value
    return exp.Div(this=value, expression=literal(float(by)), typed=False, safe=False)


def _halved(value: exp.Expr, starts: Sequence[TypedValue], first: int) -> exp.Expr:
    if len(starts) == 1:
        return exp.Literal.number(first)
    middle = len(starts) // 2
    is_before = exp.LT(this=value.copy(), expression=literal(starts[middle]))
    before = _halved(value, starts[:middle], first)
    after = _halved(value, starts[middle:], first + middle)
    return exp.Case(ifs=[exp.If(this=is_before, true=before)], default=after)


class HistogramChart(Chart):
    """Numbers, dates or datetimes in bins."""

    def __init__(self, plan: TilePlan) -> None:
        super().__init__(plan)
        (self._field,) = plan.fields
        self._bins: Bins | None = None

    def ask(self, statement: TileStatement) -> None:
        """Ask for the least and the greatest value, and for sparse codes."""
        field, value = self._field, self._field.number()
        query = exp.select().from_(statement.rows(self.plan.asked(field)), copy=False)
        least, greatest = exp.Min(this=value), exp.Max(this=value.copy())
        statement.add(
            self.plan.number, RANGE, query,
            first=field.text(least), second=field.text(greatest),
            count=exp.Count(this=exp.Star()), numbers=[exp.Count(this=value.copy())],
        )  # fmt: skip
        add_sparse(statement, self.plan, field)

    def choose(self, found: Sequence[Parts]) -> None:
        """Choose bins for the values of all cohorts."""
        type_ = self._field.spec.type
        texts = [(one.first, one.second) for each in found for one in each[RANGE]]
        ranges = [
            (parse_code(least, type_), parse_code(greatest, type_))
            for least, greatest in texts
            if least is not None and greatest is not None
        ]
        if ranges:
            least = min(each[0] for each in ranges)  # type: ignore[type-var]
            greatest = max(each[1] for each in ranges)  # type: ignore[type-var]
            most = self.plan.tile.options.bins or MOST_BINS
            self._bins = bins_between(least, greatest, most=most)

    def ask_again(self, statement: TileStatement) -> None:
        """Ask how many values each bin has."""
        if self._bins is None:
            return
        field, value = self._field, self._field.number()
        # Missing values are a bin of their own, which is quicker than leaving them out.
        query = exp.select(labelled(bin_number(value, self._bins), _NUMBER))
        query = query.from_(statement.rows(self.plan.asked(field)), copy=False)
        number = column(_BINNED, _NUMBER)
        counted = exp.select().from_(derived(query, _BINNED), copy=False)
        statement.add(
            self.plan.number, BINS, counted.group_by(number, copy=False),
            count=exp.Count(this=exp.Star()), numbers=[number.copy()],
        )  # fmt: skip

    def read(self, first: Parts, second: Parts, people: int) -> dict[str, Any]:  # noqa: ARG002 rows are counted
        """Return all bins, also those without values."""
        (found,) = first[RANGE]
        sparse = first.get(SPARSE, ())
        held = int(found.numbers[0] or 0) + sum(each.count for each in sparse)
        counts = {
            int(each.numbers[0]): each.count
            for each in second.get(BINS, ())
            if each.numbers[0] is not None
        }
        ranges = () if self._bins is None else self._bins.ranges
        return {
            "rows": found.count,
            "missing": found.count - held,
            "sparse": sparse_codes(self._field, sparse, found.count),
            "bins": tuple(
                Bin(start=_bound(start), end=_bound(end), count=counts.get(place, 0))
                for place, (start, end) in enumerate(ranges)
            ),
        }


class ScatterChart(Chart):
    """Pairs of numbers: each point where they are few, else how many there are in each cell."""

    def __init__(self, plan: TilePlan) -> None:
        super().__init__(plan)
        self._is_dense = False
        self._axes: tuple[Bins, Bins] | None = None

    def ask(self, statement: TileStatement) -> None:
        """Ask for the least and greatest numbers of rows that have both."""
        x, y = self.plan.fields
        every = exp.select().from_(statement.rows(self.plan.asked()), copy=False)
        statement.add(self.plan.number, TOTALS, every, count=exp.Count(this=exp.Star()))
        numbers = [each.number() for each in (x, y)]
        query = exp.select().from_(statement.rows(self.plan.asked(x, y)), copy=False)
        query = query.where(*map(_is_there, numbers), copy=False)
        bounds = [function(this=each.copy()) for each in numbers for function in (exp.Min, exp.Max)]
        statement.add(
            self.plan.number, RANGE, query, count=exp.Count(this=exp.Star()), numbers=bounds
        )
        for name, field in zip(("first ", "second "), (x, y), strict=True):
            add_sparse(statement, self.plan, field, prefix=name)

    def choose(self, found: Sequence[Parts]) -> None:
        """Choose cells for the numbers of all cohorts, if there are more than a few."""
        ranges = [each[RANGE][0].numbers for each in found]
        self._is_dense = any(each[RANGE][0].count > MOST_POINTS for each in found)
        if self._is_dense:
            x, y = (
                self._axis(ranges, place, field) for place, field in enumerate(self.plan.fields)
            )
            self._axes = (x, y)

    def _axis(
        self, ranges: Sequence[tuple[float | None, ...]], place: int, field: TileField
    ) -> Bins:
        bounds = [each[2 * place : 2 * place + 2] for each in ranges]
        least = min(each[0] for each in bounds if each[0] is not None)
        greatest = max(each[1] for each in bounds if each[1] is not None)
        most = self.plan.tile.options.bins or CELLS_EACH_WAY
        if field.spec.type is FieldType.INTEGER:
            return bins_between(int(least), int(greatest), most=most)
        return bins_between(least, greatest, most=most)

    def ask_again(self, statement: TileStatement) -> None:
        """Ask for the points or the cells."""
        x, y = self.plan.fields
        numbers = [each.number() for each in (x, y)]
        rows = exp.select().from_(statement.rows(self.plan.asked(x, y)), copy=False)
        rows = rows.where(*map(_is_there, numbers), copy=False)
        shown = numbers
        if self._axes is not None:
            shown = [bin_number(each, axis) for each, axis in zip(numbers, self._axes, strict=True)]
        named = [
            labelled(each, label) for each, label in zip(shown, (_NUMBER, _OTHER), strict=True)
        ]
        inner = derived(rows.select(*named, copy=False), _BINNED)
        keys = [column(_BINNED, each) for each in (_NUMBER, _OTHER)]
        query = exp.select().from_(inner, copy=False).group_by(*keys, copy=False)
        statement.add(
            self.plan.number, CELLS if self._is_dense else POINTS, query,
            count=exp.Count(this=exp.Star()), numbers=[each.copy() for each in keys],
        )  # fmt: skip

    def read(self, first: Parts, second: Parts, people: int) -> dict[str, Any]:  # noqa: ARG002 rows are counted
        """Return the points or the cells."""
        rows = first[TOTALS][0].count
        sparse = [
            each
            for name, field in zip(("first ", "second "), self.plan.fields, strict=True)
            for each in sparse_codes(field, first.get(name + SPARSE, ()), rows, several=True)
        ]
        points = sorted(second.get(POINTS, ()), key=lambda each: each.numbers[:2])
        return {
            "rows": rows,
            "missing": rows - first[RANGE][0].count,
            "sparse": tuple(sparse),
            "points": tuple(map(_point, points)),
            "cells": self._cells(second.get(CELLS, ())),
        }

    def _cells(self, found: Sequence[Found]) -> tuple[GridCell, ...]:
        if self._axes is None:
            return ()
        x, y = (each.ranges for each in self._axes)
        counts = {
            (int(each.numbers[0] or 0), int(each.numbers[1] or 0)): each.count for each in found
        }
        return tuple(
            GridCell(
                x_start=float(x[column][0]), x_end=float(x[column][1]),
                y_start=float(y[row][0]), y_end=float(y[row][1]),
                count=counts[column, row],
            )
            for column, row in sorted(counts)
        )  # fmt: skip


def _is_there(value: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))


def _point(found: Found) -> Point:
    return Point(x=found.numbers[0] or 0.0, y=found.numbers[1] or 0.0, count=found.count)


def _bound(value: Any) -> float | str:
    return (
        float(value)
        if isinstance(value, int | float)
        else str(value.isoformat()).replace("+00:00", "Z")
    )
