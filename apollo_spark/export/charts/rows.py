"""The rows of data that a chart is drawn from: labels and numbers, and nothing of a person."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from apollo_spark.model.dashboard.answer import (
    Box,
    Curve,
    Others,
    TileAnswer,
    TileData,
    ValueCount,
)
from apollo_spark.model.dashboard.tile import ChartKind
from apollo_spark.model.suppressed import Count, Suppressed

ALL, MISSING_LABEL = "everybody", "all others"
Row = dict[str, Any]
Place = tuple[str | None, str | None, int]


def data_rows(answer: TileAnswer) -> list[Row]:
    """Return the rows of a chart; beside another cohort each says whose it is."""
    several = len(answer.all_data) > 1
    rows: list[Row] = []
    for data in answer.all_data:
        own = {"cohort": cohort_label(data)} if several else {}
        rows += [{**row, **own} for row in _rows_of(answer, data, shares=several)]
    return rows


def cohort_label(data: TileData) -> str:
    """Return what a legend calls the people of an answer."""
    return data.cohort or data.filter or ALL


def counted(count: Count) -> Row:
    """Return a count, or that it is not shown: that is neither 0 nor missing."""
    return {"suppressed": str(count)} if isinstance(count, Suppressed) else {"count": count}


def others_label(others: Others, unit: str | None) -> str:
    """Return what the values are called that are not shown one by one."""
    what = unit or "rows"
    if isinstance(others.values, Suppressed):
        return f"others ({others.count:,} {what})"
    return f"others ({others.values:,} values, {others.count:,} {what})"


def value_labels(answer: TileAnswer) -> Mapping[Place, str]:
    """Return a label for each value at its place, that no other one has; deeper ones are marked.

    Below each other the same value may be at several places; what looks the same there differs in
    characters that are not seen.
    """
    places: dict[Place, ValueCount] = {}
    for data in answer.all_data:
        places |= {place_of(each): each for each in data.values}
    named = {place: each.label or each.value or MISSING_LABEL for place, each in places.items()}
    beside = Counter((place[1], place[2], label) for place, label in named.items())
    found: dict[Place, str] = {}
    for place, each in places.items():
        label = named[place]
        if beside[place[1], place[2], label] > 1 and each.label is not None:
            label = f"{label} ({each.value})"
        label = "\u00b7 " * each.depth + label
        while label in found.values():
            label += "\u200b"
        found[place] = label
    return found


def place_of(each: ValueCount) -> Place:
    """Return what tells a value of a list from the others."""
    return each.value, each.parent, each.depth


def _rows_of(answer: TileAnswer, data: TileData, *, shares: bool) -> Iterator[Row]:
    chart = answer.tile.chart
    if chart in (ChartKind.BAR, ChartKind.LIST):
        yield from _values(answer, data, shares=shares)
    elif chart is ChartKind.TABLE:
        yield from _cells(answer, data)
    else:
        yield from _ROWS.get(chart, _boxes)(data)


def _stacked(data: TileData) -> Iterator[Row]:
    for pair in data.pairs:
        first = pair.first_label or pair.first or MISSING_LABEL
        second = pair.second_label or pair.second or MISSING_LABEL
        yield {"first": first, "second": second, **counted(pair.count)}


def _bins(data: TileData) -> Iterator[Row]:
    for each in data.bins:
        yield {"start": each.start, "end": each.end, **counted(each.count)}


def _cells(answer: TileAnswer, data: TileData) -> Iterator[Row]:
    for number, row in enumerate(data.table, start=1):
        for path, text in zip(answer.titles, row, strict=True):
            yield {"row": number, "column": path, "text": text}


def _values(answer: TileAnswer, data: TileData, *, shares: bool) -> Iterator[Row]:
    labels = value_labels(answer)
    for each in data.values:
        share = {"share": each.share} if shares else {}
        yield {"label": labels[place_of(each)], **counted(each.count), **share}
    if data.others is not None:
        # Beside each other both have a bar in one place, and say how many in the table.
        label = "others" if shares else others_label(data.others, answer.unit)
        share = {"share": _share(data.others.count, data)} if shares else {}
        yield {"label": label, **counted(data.others.count), **share}


def _share(count: Count, data: TileData) -> float | None:
    known = next((e for e in data.values if e.share and isinstance(e.count, int)), None)
    if known is None or isinstance(count, Suppressed) or not known.share:
        return None
    return count * known.share / int(str(known.count))


def _pairs(data: TileData) -> Iterator[Row]:
    for each in data.points:
        yield {"x": each.x, "y": each.y, **counted(each.count)}
    for cell in data.cells:
        bounds = {"x": cell.x_start, "x2": cell.x_end, "y": cell.y_start, "y2": cell.y_end}
        yield {**bounds, **counted(cell.count)}


def _boxes(data: TileData) -> Iterator[Row]:
    if data.box is not None:
        yield _box(ALL, data.box)
    for each in data.boxes:
        yield _box(each.label or each.value, each.box)


def _box(label: str, box: Box) -> Row:
    numbers = box.model_dump(mode="json", exclude={"n"})
    return {"label": label, **numbers, **counted(box.n)}


def curve_label(curve: Curve) -> str:
    """Return what a legend calls a curve."""
    return curve.label or curve.value or ALL


def _curves(data: TileData) -> Iterator[Row]:
    for curve in data.curves:
        yield from _steps(curve)


def _steps(curve: Curve) -> Iterator[Row]:
    for each in curve.steps:
        yield {
            "group": curve_label(curve),
            "time": each.time,
            "survival": each.survival,
            "lower": each.lower,
            "upper": each.upper,
            **({} if isinstance(each.censored, Suppressed) else {"censored": each.censored}),
        }


_ROWS = {
    ChartKind.STACKED: _stacked,
    ChartKind.HISTOGRAM: _bins,
    ChartKind.SCATTER: _pairs,
    ChartKind.SURVIVAL: _curves,
}
