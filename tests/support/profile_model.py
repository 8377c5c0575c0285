"""What a field is like, counted in plain Python, value by value."""

import math
import statistics
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from apollo_spark.workers.values.bins import bins_between

Cells = Sequence[Any]
"""A cell for each row: a value, several in a list, or None."""
People = Sequence[frozenset[str]]
"""Who each row belongs to."""


def profile(
    cells: Cells,
    people: People,
    *,
    kind: str,
    sparse: Sequence[Any] = (),
    above: Mapping[Any, Sequence[Any]] | None = None,
) -> dict[str, Any]:
    """Return what `count_field` returns, without lists that are cut."""
    rows = [[e for e in (c if isinstance(c, list) else [c]) if e is not None] for c in cells]
    ordinary = [[e for e in row if e not in sparse] for row in rows]
    values = [each for row in ordinary for each in row]
    found: dict[str, Any] = {
        "rows": len(cells),
        "present": sum(bool(row) for row in ordinary),
        "missing": sum(not row for row in rows),
        "sparse": sum(bool(row) and not kept for row, kept in zip(rows, ordinary, strict=True)),
        "people": len(_of(people, [bool(row) for row in ordinary])),
        "distinct": len(set(values)),
    }
    if codes := {each for row in rows for each in row if each in sparse}:
        found["sparse_codes"] = {each: _counts(rows, people, {each}) for each in codes}
    if kind in ("number", "date") and values:
        found |= _spread(sorted(values), is_date=kind == "date")
    if kind == "codes":
        found["values"] = _codes(ordinary, people, above)
    return found


def _of(people: People, chosen: Sequence[bool]) -> set[str]:
    return {one for of, is_one in zip(people, chosen, strict=True) if is_one for one in of}


def _counts(rows: Sequence[Sequence[Any]], people: People, wanted: set[Any]) -> tuple[int, int]:
    chosen = [bool(wanted & set(row)) for row in rows]
    return sum(chosen), len(_of(people, chosen))


def _codes(
    rows: Sequence[Sequence[Any]], people: People, above: Mapping[Any, Sequence[Any]] | None
) -> dict[Any, tuple[int, ...]]:
    found = {each for row in rows for each in row}
    if above is None:
        return {each: _counts(rows, people, {each}) for each in found}
    reached = {code: _reached(code, above) for code in found}
    every = {code for codes in reached.values() for code in codes}
    return {
        each: (
            *_counts(rows, people, {each}),
            _counts(rows, people, {code for code in found if each in reached[code]})[1],
        )
        for each in every
    }


def _reached(code: Any, above: Mapping[Any, Sequence[Any]]) -> set[Any]:
    found = {code}
    for each in above.get(code, ()):
        found |= _reached(each, above)
    return found


def _spread(values: list[Any], *, is_date: bool) -> dict[str, Any]:
    bins = bins_between(values[0], values[-1])
    counts = [
        sum(bins.number_of(each) == place for each in values) for place in range(len(bins.starts))
    ]
    found: dict[str, Any] = {"histogram": counts, "min": values[0], "max": values[-1]}
    for name, share in (("q1", 0.25), ("median", 0.5), ("q3", 0.75)):
        place = share * (len(values) - 1)
        if is_date:
            found[name] = values[round(place)]
            continue
        low, high = float(values[math.floor(place)]), float(values[math.ceil(place)])
        found[name] = low + (high - low) * (place - math.floor(place))
    if not is_date:
        floats = [float(each) for each in values]
        found["mean"] = math.fsum(floats) / len(floats)
        found["sd"] = statistics.stdev(floats) if len(floats) > 1 else None
    return found


def as_text(bound: Any) -> Any:
    """Return a date as profiles write it."""
    if isinstance(bound, datetime):
        return bound.replace(tzinfo=None).isoformat() + "Z"
    return bound.isoformat() if isinstance(bound, date) else bound
