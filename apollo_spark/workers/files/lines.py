"""The physical line of every row, kept in a Parquet file in a few bytes."""

import base64
import json
import zlib

import numpy as np

PACKED = "zlib:"
# Above this many characters (rows with quoted newlines) the text is packed.
PLAIN_LENGTH = 64 << 10

Runs = list[list[int]]


class LineRuns:
    """Collects the lines of rows, in the order of the file, as runs that increase by one."""

    def __init__(self) -> None:
        self._rows = 0
        self._next_line = -1
        self._runs: Runs = []

    @property
    def is_empty(self) -> bool:
        """Whether no line was added."""
        return self._rows == 0

    def add(self, lines: np.ndarray) -> None:
        """Append the lines of the next rows."""
        if len(lines) == 0:
            return
        breaks = np.flatnonzero(np.diff(lines, prepend=self._next_line - 1) != 1)
        self._runs += np.column_stack([breaks + self._rows, lines[breaks]]).tolist()
        self._rows += len(lines)
        self._next_line = int(lines[-1]) + 1

    def dump(self) -> str:
        """Give `[[row, line], ...]` as JSON, packed where it is long."""
        text = json.dumps(self._runs, separators=(",", ":"))
        if len(text) <= PLAIN_LENGTH:
            return text
        return PACKED + base64.b64encode(zlib.compress(text.encode())).decode()


def load_runs(text: str) -> Runs:
    """Read what `LineRuns.dump` wrote."""
    if text.startswith(PACKED):
        text = zlib.decompress(base64.b64decode(text.removeprefix(PACKED))).decode()
    runs: Runs = json.loads(text)
    return runs


def line_of_row(runs: Runs, row: int) -> int:
    """Give the physical line of a row (0-based) of a Parquet file."""
    rows = np.array([run[0] for run in runs])
    start, line = runs[int(np.searchsorted(rows, row, side="right")) - 1]
    return line + row - start


def lines_of_rows(runs: Runs, rows: int) -> np.ndarray:
    """Give the physical lines of all rows of a Parquet file, in their order."""
    starts = np.array([run[0] for run in runs], np.int64)
    lines = np.array([run[1] for run in runs], np.int64)
    lengths = np.diff(starts, append=rows)
    return np.repeat(lines - starts, lengths) + np.arange(rows)
