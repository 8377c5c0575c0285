"""What a task answers: files, hash, statistics, counts; and on a second pass, places."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from apollo_spark.assays.expression.tasks.files.reading import CheckedRows
from apollo_spark.assays.expression.tasks.tiles.stats import AxisStats, pack
from apollo_spark.assays.expression.tasks.tiles.storage import StorageNeed
from apollo_spark.workers.values.hashing import ContentHash

ROW_LENGTH = "row_length"
HEADER_REPEATED = "header_repeated"
OF_EACH_FILE = 20


class TaskOutcome:
    """Gathers the answer of a task.

    Attributes:
        is_enough: The storage of the layer could hold every value so far; once it could not,
            there is nothing to write.
    """

    def __init__(self) -> None:
        self.is_enough = True
        self._need = StorageNeed()
        self._hash = ContentHash()
        self._counts: Counter[str] = Counter()
        self._problems: list[list[Any]] = []
        self._parts: list[dict[str, Any]] = []
        self._stats: dict[str, Any] = {}

    def add_rows(self, rows: CheckedRows) -> None:
        """Count the faults of rows, and what their values need."""
        self.count(ROW_LENGTH, len(rows.grid.wrong_lines))
        self.count(HEADER_REPEATED, len(rows.grid.header_lines))
        for rule, cells in rows.numbers.faults.items():
            self.count(rule, len(cells))
        self.add_need(None if rows.numbers.stored is not None else rows.numbers.need)

    def add_need(self, need: StorageNeed | None) -> None:
        """Note that values were stored (None), or what they need instead."""
        if need is not None:
            self._need += need
            self.is_enough = False

    def add_hash(self, part: ContentHash) -> None:
        """Add to the content hash."""
        self._hash += part

    def count(self, rule: str, number: int) -> None:
        """Count faults."""
        if number:
            self._counts[rule] += number

    def add_problem(self, rule: str, line: int | None, label: str) -> None:
        """Note where a file stops being readable."""
        self._problems.append([rule, line, label])

    def add_part(self, part: dict[str, Any] | None) -> None:
        """Note a file that was written."""
        if part is not None:
            self._parts.append(part)

    def set_stats(self, axis: str, places: np.ndarray, stats: AxisStats) -> None:
        """Set the statistics of an axis: of features by index, of samples by their order."""
        self._stats[axis] = {"places": pack(places.astype(np.int32)), **stats.dump()}

    def result(self) -> dict[str, Any]:
        """Give the answer as a value for JSON."""
        return {
            "parts": self._parts,
            "hash": asdict(self._hash),
            "is_enough": self.is_enough,
            "need": asdict(self._need),
            "counts": [[rule, None, number] for rule, number in self._counts.items()],
            "problems": self._problems,
            **self._stats,
        }


class CellPlaces:
    """Gathers places: by rule and file all are counted, and the first few kept.

    Args:
        limit: How many places of a rule are kept; the first few of each file are kept in any case.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._counts: Counter[tuple[str, str]] = Counter()
        self._kept: Counter[str] = Counter()
        self._places: dict[tuple[str, str], list[list[Any]]] = {}

    def add_rows(self, rows: CheckedRows, names: tuple[str, ...], label: str) -> None:
        """Add the faults of rows; `names` are the numbers of their columns, from 1."""
        self.add_lines(ROW_LENGTH, rows.grid.wrong_lines.tolist(), label)
        self.add_lines(HEADER_REPEATED, rows.grid.header_lines.tolist(), label)
        for rule, cells in rows.numbers.faults.items():
            kept = cells[: self._room(rule, label)]
            lines, columns = np.divmod(kept, max(len(rows.columns), 1))
            texts = rows.grid.texts(rows.columns, kept)
            found = zip(rows.grid.lines[lines].tolist(), columns.tolist(), texts, strict=True)
            places = [[line, names[column], text] for line, column, text in found]
            self.add(rule, label, len(cells), places)

    def add_lines(self, rule: str, lines: Sequence[int | None], label: str) -> None:
        """Add whole rows."""
        self.add(rule, label, len(lines), [[line, None, None] for line in lines])

    def add(self, rule: str, label: str, count: int, places: list[list[Any]]) -> None:
        """Add places in a file, each of line, column and text."""
        if count:
            self._counts[rule, label] += count
            own = self._places.setdefault((rule, label), [])
            own += (kept := places[: self._room(rule, label)])
            self._kept[rule] += len(kept)

    def _room(self, rule: str, label: str) -> int:
        """Say how many more places of a rule in a file are kept."""
        own = len(self._places.get((rule, label), []))
        least = min(self._limit, OF_EACH_FILE)
        return max(self._limit - self._kept[rule], least - own, 0)

    def result(self) -> list[dict[str, Any]]:
        """Give one value for JSON per rule and file; a place is its line, column and text."""
        return [
            {"rule": rule, "file": label, "count": count, "places": self._places[rule, label]}
            for (rule, label), count in self._counts.items()
        ]
