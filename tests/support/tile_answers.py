"""The answers of tiles in the shape of the model in plain Python."""

from collections import Counter
from typing import Any

from apollo_spark.model.dashboard.answer import Box, TileAnswer, TileData
from tests.support.tile_model import TREES

TILES: tuple[dict[str, Any], ...] = (
    {"chart": "bar", "fields": ["patient.sex"]},
    {"chart": "bar", "fields": ["patient.grade"]},
    {"chart": "bar", "fields": ["patient.town"], "options": {"limit": 7}},
    {"chart": "bar", "fields": ["patient.age"], "options": {"limit": 5}},
    {"chart": "bar", "fields": ["visit.kind"]},
    {"chart": "bar", "fields": ["visit.kind"], "options": {"count": "people", "limit": 2}},
    {"chart": "bar", "fields": ["patient.codes"], "options": {"limit": 4}},
    {"chart": "bar", "fields": ["visit.found"], "options": {"count": "people", "limit": 3}},
    {"chart": "bar", "fields": ["visit.score"], "options": {"limit": 4}},
    {"chart": "bar", "fields": ["site.city"]},
    {"chart": "list", "fields": ["patient.town"]},
    {"chart": "list", "fields": ["patient.codes"]},
    {"chart": "list", "fields": ["patient.main_code"]},
    {"chart": "list", "fields": ["visit.found"], "options": {"count": "people"}},
    {"chart": "list", "fields": ["visit.found"], "options": {"under": "A", "limit": 4}},
    {"chart": "list", "fields": ["patient.sex", "patient.grade"]},
    {"chart": "list", "fields": ["site.city", "visit.found"], "options": {"count": "people"}},
    {"chart": "stacked", "fields": ["patient.sex", "patient.grade"], "options": {"limit": 3}},
    {"chart": "stacked", "fields": ["visit.kind", "patient.sex"], "options": {"count": "people"}},
    {"chart": "stacked", "fields": ["site.city", "patient.status"]},
    {"chart": "histogram", "fields": ["patient.weight"]},
    {"chart": "histogram", "fields": ["patient.age"], "options": {"bins": 7}},
    {"chart": "histogram", "fields": ["patient.born"]},
    {"chart": "histogram", "fields": ["visit.seen"]},
    {"chart": "histogram", "fields": ["visit.score"]},
    {"chart": "box", "fields": ["patient.age"]},
    {"chart": "box", "fields": ["visit.score"]},
    {"chart": "grouped-box", "fields": ["patient.grade", "patient.weight"]},
    {"chart": "grouped-box", "fields": ["visit.found", "patient.age"], "options": {"limit": 4}},
    {"chart": "scatter", "fields": ["patient.age", "patient.weight"]},
    {"chart": "scatter", "fields": ["visit.score", "patient.weight"], "options": {"bins": 6}},
    {"chart": "survival", "fields": ["patient.months", "patient.status"]},
    {"chart": "survival", "fields": ["patient.months", "patient.status", "site.city"],
     "options": {"dead": ["Dead", "lost"], "limit": 2}},
    {"chart": "table", "fields": ["visit.visit_id", "patient.sex"]},
)  # fmt: skip
"""Tiles of every kind over the study of `charted`."""


def shown(answer: TileAnswer) -> list[dict[str, Any]]:
    """Return the answer for each group of people as the model has it."""
    assert answer.problem is None, answer.problem
    return [_data(str(answer.tile.chart), answer, each) for each in answer.all_data]


def _data(chart: str, answer: TileAnswer, data: TileData) -> dict[str, Any]:
    found: dict[str, Any] = {"rows": data.rows}
    if chart not in ("grouped-box", "survival", "table"):
        found["missing"] = data.missing
    if chart in ("bar", "list", "histogram", "box"):
        found["sparse"] = {each.value: each.count for each in data.sparse}
    if data.others and chart in ("bar", "list"):
        found["others"] = (data.others.values, data.others.count)
    return found | _drawn(chart, answer.tile.fields, data)


def _drawn(chart: str, fields: tuple[str, ...], data: TileData) -> dict[str, Any]:
    if chart == "bar":
        return {"values": [(each.value, each.count) for each in data.values]}
    if chart == "list":
        return {"values": _listed(fields, data)}
    if chart == "stacked":
        return {"pairs": {(each.first, each.second): each.count for each in data.pairs}}
    if chart == "histogram":
        return {"bins": [(each.start, each.end, each.count) for each in data.bins]}
    if chart == "box":
        return {"box": _box(data.box)}
    if chart == "grouped-box":
        return {"boxes": {each.value: _box(each.box) for each in data.boxes}}
    if chart == "survival":
        return {"curves": {each.value: [(s.time, s.survival) for s in each.steps]
                           for each in data.curves}}  # fmt: skip
    return _scattered(data) if chart == "scatter" else {}


def _scattered(data: TileData) -> dict[str, Any]:
    if data.cells:
        cells = {(each.x_start, each.y_start): int(str(each.count)) for each in data.cells}
        return {"cells": Counter(cells)}
    return {"points": Counter({(each.x, each.y): int(str(each.count)) for each in data.points})}


def _listed(fields: tuple[str, ...], data: TileData) -> Any:
    if len(fields) > 1:
        return [(each.value, each.count, each.depth) for each in data.values]
    if fields[0] in TREES:
        return Counter((each.value, each.count, each.depth) for each in data.values)
    return [(each.value, each.count) for each in data.values]


def _box(found: Box | None) -> tuple[Any, ...]:
    if found is None or not found.n:
        return (0,)
    return (found.n, found.min, found.q1, found.median, found.q3, found.max, found.mean)
