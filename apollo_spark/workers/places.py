"""Places of findings: all counted, the first few kept."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

Place = list[Any]


class PlaceList:
    """Collects places per rule and column, at most `limit` of each."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._found: dict[tuple[str, str | None], tuple[int, list[Place]]] = {}

    def add_lines(self, rule: str, lines: Sequence[int | None]) -> None:
        """Add whole rows."""
        if lines:
            room = self._room(rule, None)
            self._add(rule, None, len(lines), [[line, None] for line in lines[:room]])

    def add_cells(
        self, rule: str, column: str, mask: np.ndarray, lines: np.ndarray, texts: pa.Array
    ) -> None:
        """Add the marked cells of a column, with their texts."""
        rows = np.flatnonzero(mask)
        if len(rows):
            kept = rows[: self._room(rule, column)]
            cells = zip(lines[kept].tolist(), texts.take(pa.array(kept)).to_pylist(), strict=True)
            self._add(rule, column, len(rows), [list(cell) for cell in cells])

    def _room(self, rule: str, column: str | None) -> int:
        return self._limit - len(self._found.get((rule, column), (0, []))[1])

    def _add(self, rule: str, column: str | None, count: int, places: list[Place]) -> None:
        known, kept = self._found.get((rule, column), (0, []))
        self._found[rule, column] = (known + count, kept + places)

    def result(self) -> list[dict[str, Any]]:
        """Give one value for JSON per rule and column."""
        return [
            {"rule": rule, "column": column, "count": count, "places": places}
            for (rule, column), (count, places) in self._found.items()
        ]
