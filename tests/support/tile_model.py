"""What tiles must answer, computed from rows in plain Python: written apart from the compiler."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np

from apollo_spark.workers.values.bins import bins_between
from tests.support.charted import CODINGS, TREE, Charted

SPARSE = {"patient.age": {-1, -3}, "visit.score": {-9.0}}
CODED = {
    "patient.sex": "sex", "patient.grade": "grade", "visit.kind": "kind",
    "patient.age": "answer", "visit.score": "score",
}  # fmt: skip
TREES = frozenset({"patient.codes", "patient.main_code", "visit.found"})
LIVING = {"living", "alive", "diseasefree", "disease-free"}
Row = dict[str, Any]
Keep = Callable[[Row], bool]


def expected(study: Charted, tile: dict[str, Any], *several: Keep) -> list[dict[str, Any]]:
    """Return what a tile must answer for each of some groups of people."""
    entity = rows_entity(tile["fields"])
    rows = [_rows(study, entity, keep) for keep in several]
    people = [{each["patient.patient_id"] for each in study.joined["patient"] if keep(each)}
              for keep in several]  # fmt: skip
    by_people = tile.get("options", {}).get("count") == "people" and entity != "patient"
    model = _MODELS[_kind(tile)]
    return model(tile, [_Units(own, who, by_people) for own, who in zip(rows, people, strict=True)])


def _rows(study: Charted, entity: str, keep: Keep) -> list[Row]:
    """Return the rows of the people who are kept, and of sites those that any of them is at."""
    if entity != "site":
        return [each for each in study.joined[entity] if keep(each)]
    found = {each["site.site_id"] for each in study.joined["patient"] if keep(each)}
    return [each for each in study.joined["site"] if each["site.site_id"] in found]


def rows_entity(fields: Sequence[str]) -> str:
    """Return whose rows are counted."""
    entities = {each.split(".")[0] for each in fields}
    return next(each for each in ("visit", "patient", "site") if each in entities)


def _kind(tile: dict[str, Any]) -> str:
    if tile["chart"] != "list":
        return str(tile["chart"])
    if len(tile["fields"]) > 1:
        return "nested"
    return "tree" if tile["fields"][0] in TREES else "bar"


class _Units:
    """Rows, and how many of them, or of their people, there are."""

    def __init__(self, rows: list[Row], people: set[str], by_people: bool) -> None:
        self.rows, self._people, self._by_people = rows, people, by_people

    @property
    def all(self) -> int:
        return len(self._people) if self._by_people else len(self.rows)

    def count(self, keep: Callable[[Row], bool]) -> int:
        kept = [each for each in self.rows if keep(each)]
        if self._by_people:
            return len({each["patient.patient_id"] for each in kept})
        return len(kept)


def items(row: Row, path: str) -> list[Any]:
    """Return the values of a cell that are neither missing nor sparse codes."""
    value = row[path]
    found = value if isinstance(value, list) else [value]
    return [each for each in found if each is not None and each not in SPARSE.get(path, ())]


def text(value: Any) -> str:
    """Return a value as the answer writes it."""
    return str(value)


def _has(path: str, *values: Any) -> Keep:
    return lambda row: any(each in items(row, path) for each in values)


def _totals(path: str, units: _Units) -> dict[str, Any]:
    held = units.count(lambda row: row[path] is not None)
    codes = [(code, units.count(lambda row, c=code: row[path] == c))
             for code in SPARSE.get(path, ())]  # fmt: skip
    return {
        "rows": units.all,
        "missing": units.all - held,
        "sparse": {str(int(code)): count for code, count in codes if count},
    }


def _chosen(path: str, several: Sequence[_Units], limit: int) -> tuple[list[Any], bool]:
    """Return the values that are commonest in any group, in the order of the answer."""
    most: dict[Any, int] = {}
    for units in several:
        for value in {each for row in units.rows for each in items(row, path)}:
            most[value] = max(most.get(value, 0), units.count(_has(path, value)))
    ordered = sorted(most, key=lambda each: (-most[each], text(each)))
    if len(ordered) > limit:
        return ordered[:limit], False
    codes = list(CODINGS.get(CODED.get(path, ""), TREE if path in TREES else ()))
    return (sorted(ordered, key=lambda e: codes.index(text(e))) if codes else ordered), True


def _bar(tile: dict[str, Any], several: Sequence[_Units]) -> list[dict[str, Any]]:
    (path,) = tile["fields"]
    limit = tile.get("options", {}).get("limit", 20 if tile["chart"] == "bar" else 200)
    values, _ = _chosen(path, several, limit)
    return [
        {**_totals(path, units), "values": [(text(each), units.count(_has(path, each)))
                                            for each in values], **_others(path, units, values)}
        for units in several
    ]  # fmt: skip


def _others(path: str, units: _Units, values: Sequence[Any]) -> dict[str, Any]:
    others = {each for row in units.rows for each in items(row, path)} - set(values)
    return {"others": (len(others), units.count(_has(path, *others)))} if others else {}


def above(code: str) -> set[str]:
    """Return a code and all that it is below."""
    return {code}.union(*(above(each) for each in TREE[code]))


def _tree(tile: dict[str, Any], several: Sequence[_Units]) -> list[dict[str, Any]]:
    (path,) = tile["fields"]
    options = tile.get("options", {})
    codes = {each for units in several for row in units.rows for each in items(row, path)}
    held = set[str]().union(*map(above, codes))
    level = [(each, 0) for each in TREE if each in held
             and options.get("under", None) in (TREE[each] or (None,))]  # fmt: skip
    places, limit = list(level), options.get("limit", 200)
    while level:
        level = [(c, d + 1) for each, d in level for c in TREE if each in TREE[c] and c in held]
        if len(places) + len(level) > limit:
            break
        places += level
    return [
        {**_totals(path, units), "values": Counter(
            (code, units.count(lambda row, c=code: any(c in above(e) for e in items(row, path))),
             depth) for code, depth in places)}
        for units in several
    ]  # fmt: skip


def _pair_counts(
    tile: dict[str, Any], units: _Units, chosen: Sequence[Sequence[Any]]
) -> dict[tuple[str | None, str | None], int]:
    first, second = tile["fields"]
    others = [{each for row in units.rows for each in items(row, path)} - set(own)
              for path, own in zip((first, second), chosen, strict=True)]  # fmt: skip
    groups = [[*((text(e), [e]) for e in own), (None, list(left))]
              for own, left in zip(chosen, others, strict=True)]  # fmt: skip
    found = {
        (one, other): units.count(
            lambda row, a=a, b=b: _has(first, *a)(row) and _has(second, *b)(row)
        )
        for one, a in groups[0]
        for other, b in groups[1]
    }
    return {pair: count for pair, count in found.items() if count}


def _stacked(tile: dict[str, Any], several: Sequence[_Units]) -> list[dict[str, Any]]:
    limit = tile.get("options", {}).get("limit", 20)
    chosen = [_chosen(path, several, limit)[0] for path in tile["fields"]]
    both = [lambda row: all(items(row, path) for path in tile["fields"])] * len(several)
    return [
        {"rows": units.all, "missing": units.all - units.count(keep),
         "pairs": _pair_counts(tile, units, chosen)}
        for units, keep in zip(several, both, strict=True)
    ]  # fmt: skip


def _nested(tile: dict[str, Any], several: Sequence[_Units]) -> list[dict[str, Any]]:
    first, second = tile["fields"]
    values, _ = _chosen(first, several, 20)
    below, _ = _chosen(second, several, 20)
    found = []
    for units in several:
        counts = _pair_counts(tile, units, (values, below))
        listed: list[tuple[str | None, int, int]] = []
        for each in values:
            listed.append((text(each), units.count(_has(first, each)), 0))
            order = [text(one) for one in below]
            listed += [(one, counts[text(each), one], 1) for one in [*order, None]
                       if (text(each), one) in counts]  # fmt: skip
        found.append({**_totals(first, units), "values": listed, **_others(first, units, values)})
    return found


def _numbers(rows: Iterable[Row], path: str) -> list[Any]:
    return [each for row in rows for each in items(row, path)]


def _histogram(tile: dict[str, Any], several: Sequence[_Units]) -> list[dict[str, Any]]:
    (path,) = tile["fields"]
    every = [each for units in several for each in _numbers(units.rows, path)]
    bins = bins_between(min(every), max(every), most=tile.get("options", {}).get("bins", 40))
    return [
        {**_totals(path, units), "bins": [
            (_bound(start), _bound(end), sum(start <= each < end for each in values))
            for start, end in bins.ranges]}
        for units in several
        for values in [_numbers(units.rows, path)]
    ]  # fmt: skip


def _bound(value: Any) -> float | str:
    if isinstance(value, date):
        return value.isoformat().replace("+00:00", "Z")
    return float(value)


def box(values: Sequence[float]) -> tuple[float, ...]:
    """Return numbers in short: n, least, quartiles, greatest, mean."""
    if not values:
        return (0,)
    short = np.percentile(np.array(values, float), [0, 25, 50, 75, 100])
    return (len(values), *(float(each) for each in short), sum(map(Fraction, values)) / len(values))


def _box(tile: dict[str, Any], several: Sequence[_Units]) -> list[dict[str, Any]]:
    (path,) = tile["fields"]
    return [{**_totals(path, e), "box": box(_numbers(e.rows, path))} for e in several]


def _grouped(tile: dict[str, Any], several: Sequence[_Units]) -> list[dict[str, Any]]:
    group, number = tile["fields"]
    limit = tile.get("options", {}).get("limit", 15)
    values, _ = _chosen(group, several, limit)
    found = []
    for units in several:
        boxes = {
            text(each): box(_numbers(filter(_has(group, each), units.rows), number))
            for each in values
        }
        found.append({"rows": units.all, "boxes": {k: v for k, v in boxes.items() if v[0]}})
    return found


def _scatter(tile: dict[str, Any], several: Sequence[_Units]) -> list[dict[str, Any]]:
    x, y = tile["fields"]
    pairs = [[(row[x], row[y]) for row in units.rows if items(row, x) and items(row, y)]
             for units in several]  # fmt: skip
    rest = [{"rows": u.all, "missing": u.all - len(p)} for u, p in zip(several, pairs, strict=True)]
    if max(map(len, pairs)) <= 300:
        return [{**one, "points": Counter(own)} for one, own in zip(rest, pairs, strict=True)]
    most = tile.get("options", {}).get("bins", 30)
    axes = [bins_between(min(v), max(v), most=most)
            for v in ([e[place] for own in pairs for e in own] for place in (0, 1))]  # fmt: skip
    return [
        {**one, "cells": Counter(
            tuple(float(axis.starts[axis.number_of(v)]) for axis, v in zip(axes, e, strict=True))
            for e in own)}
        for one, own in zip(rest, pairs, strict=True)
    ]  # fmt: skip


def curve(people: Sequence[tuple[float, bool]]) -> list[tuple[float, float]]:
    """Return times and shares without event, one time after the other."""
    share, found = Fraction(1), [(0.0, 1.0)]
    for time in sorted({each for each, _ in people}):
        there = sum(each >= time for each, _ in people)
        died = sum(each == time and dead for each, dead in people)
        share *= Fraction(there - died, there)
        found.append((time, float(share)))
    return found[1:] if found[1:2] and found[1][0] == 0 else found


def _survival(tile: dict[str, Any], several: Sequence[_Units]) -> list[dict[str, Any]]:
    time, status, *groups = tile["fields"]
    options = tile.get("options", {})

    def is_dead(value: str) -> bool:
        if options.get("dead"):
            return value in options["dead"]
        return (
            value not in options["living"]
            if options.get("living")
            else (value.casefold() not in LIVING)
        )

    values = _chosen(groups[0], several, options.get("limit", 10))[0] if groups else [None]
    found = []
    for units in several:
        usable = [r for r in units.rows if items(r, time) and items(r, status) and r[time] >= 0]
        curves = {}
        for each in values:
            own = [r for r in usable if not groups or r[groups[0]] == each]
            if own:
                curves[None if each is None else text(each)] = curve(
                    [(r[time], is_dead(r[status])) for r in own]
                )
        found.append({"rows": units.all, "curves": curves})
    return found


def _table(tile: dict[str, Any], several: Sequence[_Units]) -> list[dict[str, Any]]:
    return [{"rows": units.all} for units in several]


_MODELS = {
    "bar": _bar, "tree": _tree, "nested": _nested, "stacked": _stacked, "histogram": _histogram,
    "box": _box, "grouped-box": _grouped, "scatter": _scatter, "survival": _survival,
    "table": _table,
}  # fmt: skip
