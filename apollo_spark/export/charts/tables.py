"""The numbers of a chart as a table: for readers, for print, and for those who cannot see it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from apollo_spark.export.charts.rows import (
    cohort_label,
    curve_label,
    others_label,
    place_of,
    value_labels,
)
from apollo_spark.model.dashboard.answer import Box, TileAnswer, TileData, ValueCount
from apollo_spark.model.dashboard.tile import ChartKind
from apollo_spark.model.suppressed import Count

Cells = tuple[str, ...]


class ShownTable(NamedTuple):
    """A table of texts.

    Attributes:
        caption: What it is of.
        header: Its columns.
        rows: Its rows.
    """

    caption: str
    header: Cells
    rows: tuple[Cells, ...]


def show_count(count: Count | None) -> str:
    """Return a count as people read it."""
    return "" if count is None else f"{count:,}"


def show_number(value: float | str | None) -> str:
    """Return a number as people read it, in six digits."""
    if value is None:
        return ""
    return value if isinstance(value, str) else f"{value:,.6g}"


def chart_tables(answer: TileAnswer) -> tuple[ShownTable, ...]:
    """Return the tables of a chart: for each cohort its numbers."""
    several = len(answer.all_data) > 1
    return tuple(
        each
        for data in answer.all_data
        for each in _tables(answer, data, cohort_label(data) if several else "")
    )


def beside(answer: TileAnswer, data: TileData) -> Iterator[str]:
    """Yield what a chart does not draw: missing values, sparse codes, and others."""
    yield f"{show_count(data.rows)} {answer.unit}"
    if data.missing:
        yield f"{show_count(data.missing)} without a value"
    for code in data.sparse:
        name = code.label or code.value
        of = f" ({code.field})" if code.field else ""
        yield f"{show_count(code.count)} {name}{of}"
    for why, count in data.not_drawn:
        yield f"{show_count(count)} not drawn: {why}"
    if data.others is not None and answer.tile.chart not in (ChartKind.BAR, ChartKind.LIST):
        yield others_label(data.others, answer.unit)
    if data.log_rank is not None:
        test = data.log_rank
        how = f"chi-squared {test.chi_squared:.4g}, {test.degrees} degrees of freedom"
        yield f"log-rank p = {test.p:.3g} ({how})"


def _tables(answer: TileAnswer, data: TileData, caption: str) -> Iterator[ShownTable]:
    chart = answer.tile.chart
    if chart in (ChartKind.BAR, ChartKind.LIST):
        yield _values(answer, data, caption)
    elif chart is ChartKind.STACKED:
        rows = [
            (e.first_label or e.first or "others", e.second_label or e.second or "others",
             show_count(e.count))
            for e in data.pairs
        ]  # fmt: skip
        yield ShownTable(caption, (*answer.titles, str(answer.unit)), tuple(rows))
    elif chart is ChartKind.HISTOGRAM:
        bins = [(show_number(e.start), show_number(e.end), show_count(e.count)) for e in data.bins]
        yield ShownTable(caption, ("from", "to", str(answer.unit)), tuple(bins))
    elif chart is ChartKind.SCATTER:
        yield from _scatter(answer, data, caption)
    elif chart is ChartKind.SURVIVAL:
        yield from _survival(data, caption)
    elif chart is ChartKind.TABLE:
        rows_ = tuple(tuple(each or "" for each in row) for row in data.table)
        yield ShownTable(caption, answer.titles, rows_)
    else:
        yield _boxes(data, caption)


def _values(answer: TileAnswer, data: TileData, caption: str) -> ShownTable:
    labels = value_labels(answer)
    rows = [
        (labels[place_of(each)].rstrip("\u200b"), _code(each), show_count(each.count),
         _percent(each.share))
        for each in data.values
    ]  # fmt: skip
    if data.others is not None:
        rows.append((others_label(data.others, answer.unit), "", show_count(data.others.count), ""))
    return ShownTable(caption, ("value", "code", str(answer.unit), "share"), tuple(rows))


def _code(each: ValueCount) -> str:
    return each.value or "" if each.label else ""


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _scatter(answer: TileAnswer, data: TileData, caption: str) -> Iterator[ShownTable]:
    x, y = answer.titles
    if data.points:
        points = [(show_number(e.x), show_number(e.y), show_count(e.count)) for e in data.points]
        yield ShownTable(caption, (x, y, str(answer.unit)), tuple(points))
    else:
        cells = [
            (show_number(e.x_start), show_number(e.x_end), show_number(e.y_start),
             show_number(e.y_end), show_count(e.count))
            for e in data.cells
        ]  # fmt: skip
        header = (f"{x} from", "to", f"{y} from", "to", str(answer.unit))
        yield ShownTable(caption, header, tuple(cells))


def _survival(data: TileData, caption: str) -> Iterator[ShownTable]:
    rows = [
        (curve_label(e), show_count(e.n), show_count(e.events), show_number(e.median),
         show_number(e.median_lower), show_number(e.median_upper))
        for e in data.curves
    ]  # fmt: skip
    header = ("group", "people", "events", "median", "95 % from", "to")
    yield ShownTable(caption, header, tuple(rows))
    if data.curves:
        times = tuple(show_number(each.time) for each in data.curves[0].at_risk)
        at_risk = [
            (curve_label(each), *(show_count(one.count) for one in each.at_risk))
            for each in data.curves
        ]
        yield ShownTable(f"{caption} at risk".strip(), ("time", *times), tuple(at_risk))


def _boxes(data: TileData, caption: str) -> ShownTable:
    named = [] if data.box is None else [("all", data.box)]
    named += [(each.label or each.value, each.box) for each in data.boxes]
    rows = tuple((name, *_short(box)) for name, box in named)
    return ShownTable(caption, ("group", "n", *_SHORT), rows)


def _short(box: Box) -> Sequence[str]:
    return [show_count(box.n), *(show_number(getattr(box, name)) for name in _SHORT)]


_SHORT = ("min", "q1", "median", "q3", "max", "mean")
