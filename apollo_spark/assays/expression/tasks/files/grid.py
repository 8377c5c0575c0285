"""Find the cells of a chunk: where each begins and ends, and what in them is not a digit.

Cells are never made into objects: a number is read straight from the bytes before its end.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from apollo_spark.workers.chunks import Chunk

# So many bytes before the first cell can be read as words without leaving the array.
PAD = 16
NEWLINE, RETURN, QUOTE, DOT, MINUS = 10, 13, 34, 46, 45


@dataclass(frozen=True)
class Marks:
    """The bytes of cells that are not digits: number of the cell, position, byte."""

    cells: np.ndarray
    positions: np.ndarray
    kinds: np.ndarray

    def where(self, keep: np.ndarray) -> "Marks":
        """Keep the marked ones."""
        return Marks(self.cells[keep], self.positions[keep], self.kinds[keep])


@dataclass(frozen=True)
class Grid:
    """The rows of a chunk that have the right number of cells.

    Attributes:
        data: The bytes, after PAD zeros.
        starts: (rows, columns) position of each cell's first byte in `data`.
        ends: (rows, columns) position after its last byte; quotes and CR are outside.
        marks: What is not a digit; cells are numbered row by row.
        lines: (rows,) physical lines.
        records: (rows,) number of each row among all rows of the chunk that are not blank.
        record_count: How many rows are not blank.
        wrong_lines: Lines of the rows of wrong length.
        header_lines: Lines of the rows that repeat the header; these are in none of the others.
    """

    data: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    marks: Marks
    lines: np.ndarray
    records: np.ndarray
    record_count: int
    wrong_lines: np.ndarray
    header_lines: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))

    def where(self, keep: np.ndarray) -> "Grid":
        """Keep some rows."""
        if keep.all():
            return self
        cells = np.repeat(keep, self.ends.shape[1])
        starts, ends, marks = keep_cells(
            cells, self.starts.reshape(-1), self.ends.reshape(-1), self.marks
        )
        shape = (-1, self.ends.shape[1])
        return replace(
            self,
            starts=starts.reshape(shape),
            ends=ends.reshape(shape),
            marks=marks,
            lines=self.lines[keep],
            records=self.records[keep],
        )

    def without_headers(self, rows: np.ndarray) -> "Grid":
        """Leave out rows that repeat the header."""
        keep = np.ones(len(self.lines), bool)
        keep[rows] = False
        return replace(self.where(keep), header_lines=self.lines[rows])

    def texts(self, columns: np.ndarray, cells: np.ndarray) -> list[str]:
        """Give the texts of some cells of some columns, numbered row by row among these."""
        rows, places = np.divmod(cells, max(len(columns), 1))
        starts, ends = self.starts[rows, columns[places]], self.ends[rows, columns[places]]
        pairs = zip(starts.tolist(), ends.tolist(), strict=True)
        return [self.data[start:end].tobytes().decode() for start, end in pairs]


def find_grid(chunk: Chunk, delimiter: str, columns: int) -> Grid:
    """Find the cells of rows of so many columns; blank lines are not rows."""
    data = np.zeros(PAD + len(chunk.data), np.uint8)
    data[PAD:] = chunk.array()
    # Bytes below "0" wrap around: one comparison finds everything but digits.
    positions = np.flatnonzero(data[PAD:] - np.uint8(48) > 9) + PAD
    kinds = data.take(positions)
    is_end = (kinds == ord(delimiter)) | (kinds == NEWLINE)
    if len(chunk.quotes):
        is_end &= np.searchsorted(chunk.quotes + PAD, positions) % 2 == 0
    ends = positions[is_end]
    marks = Marks(*mark_cells(is_end, positions, kinds))
    starts = np.concatenate([[PAD], ends[:-1] + 1])
    last_cells = np.flatnonzero(kinds[is_end] == NEWLINE)
    widths = np.diff(last_cells, prepend=-1)
    lines = first_lines(chunk, starts[last_cells - widths + 1])
    right, blank = widths == columns, is_blank(data, starts, ends, last_cells, widths)
    if columns == 1:
        right &= ~blank
    if not right.all():
        starts, ends, marks = keep_cells(np.repeat(right, widths), starts, ends, marks)
    starts, ends, marks = unwrap(data, starts.copy(), ends.copy(), marks)
    return Grid(
        data=data,
        starts=starts.reshape(-1, columns),
        ends=ends.reshape(-1, columns),
        marks=marks,
        lines=lines[right],
        records=(np.cumsum(~blank) - 1)[right],
        record_count=int(np.count_nonzero(~blank)),
        wrong_lines=lines[~right & ~blank],
    )


def mark_cells(
    is_end: np.ndarray, positions: np.ndarray, kinds: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give cell, position and byte of what neither is a digit nor ends a cell."""
    inside = np.flatnonzero(~is_end)
    if len(inside) == 0:
        return inside, inside, kinds[:0]
    # Of the bytes before the n-th of these, all but n end a cell.
    cells = inside - np.arange(len(inside))
    return cells, positions[inside], kinds[inside]


def first_lines(chunk: Chunk, starts: np.ndarray) -> np.ndarray:
    """Give the physical line of each row."""
    if len(chunk.quotes) == 0:
        return np.arange(chunk.line, chunk.line + len(starts))
    newlines = np.flatnonzero(chunk.array() == NEWLINE) + PAD
    return np.asarray(chunk.line + np.searchsorted(newlines, starts))


def is_blank(
    data: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    last_cells: np.ndarray,
    widths: np.ndarray,
) -> np.ndarray:
    """Mark rows without any character."""
    length = ends[last_cells] - starts[last_cells]
    only_return = (length == 1) & (data[starts[last_cells]] == RETURN)
    return np.asarray((widths == 1) & ((length == 0) | only_return))


def keep_cells(
    keep: np.ndarray, starts: np.ndarray, ends: np.ndarray, marks: Marks
) -> tuple[np.ndarray, np.ndarray, Marks]:
    """Keep some cells and number them anew."""
    numbers = np.cumsum(keep) - 1
    marks = marks.where(keep[marks.cells])
    return starts[keep], ends[keep], Marks(numbers[marks.cells], marks.positions, marks.kinds)


def unwrap(
    data: np.ndarray, starts: np.ndarray, ends: np.ndarray, marks: Marks
) -> tuple[np.ndarray, np.ndarray, Marks]:
    """Take the CR of a line's end, and the quotes around a cell, out of the cells."""
    if (marks.kinds == RETURN).any():
        returns = (marks.kinds == RETURN) & (marks.positions == ends[marks.cells] - 1)
        returns &= data[ends[marks.cells]] == NEWLINE
        ends[marks.cells[returns]] -= 1
        marks = marks.where(~returns)
    if (marks.kinds == QUOTE).any():
        quotes = marks.kinds == QUOTE
        opens = quotes & (marks.positions == starts[marks.cells])
        closes = quotes & (marks.positions == ends[marks.cells] - 1) & ~opens
        starts[marks.cells[opens]] += 1
        ends[marks.cells[closes]] -= 1
        marks = marks.where(~opens & ~closes)
    return starts, ends, marks
