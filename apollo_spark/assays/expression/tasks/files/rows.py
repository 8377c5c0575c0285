"""Read a matrix once: its SHA-256, and for each row its first cell and where it begins."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from apollo_spark.workers.chunks import MAX_ROW_BYTES, ROW_TOO_LONG
from apollo_spark.workers.files.digest import hash_file
from apollo_spark.workers.source import InputProblemError, is_splittable, read_pieces
from apollo_spark.workers.values.spec import Block, Compression, FileSpec

PIECE_BYTES = 4 << 20
NEWLINE, QUOTE = b"\n", b'"'


@dataclass(frozen=True)
class MatrixScan:
    """What one reading of a file finds; blank lines are not rows.

    Attributes:
        size: Bytes of the raw file.
        sha256: Of the raw file, hexadecimal.
        row_ids: First cell of each row, without its quotes.
        row_starts: (rows,) int64 bytes before each row, in the raw file or, where that is
            compressed or not one byte a character, in its decoded text.
        row_lines: (rows,) int64 physical line of each row, 1-based.
        end: Bytes of the raw file, or of its decoded text.
        is_splittable: The raw file can be read from any row on.
    """

    size: int
    sha256: str
    row_ids: tuple[str, ...]
    row_starts: np.ndarray
    row_lines: np.ndarray
    end: int
    is_splittable: bool


@dataclass(frozen=True)
class RowCut:
    """Rows that one task reads: the first and how many, the range of bytes, the first line."""

    first_row: int
    row_count: int
    start: int
    end: int | None
    line: int


def scan_matrix(
    path: str,
    *,
    delimiter: str,
    data_start: int = 0,
    data_line: int = 1,
    compression: Compression = "none",
    encoding: str = "utf-8",
    piece_bytes: int = PIECE_BYTES,
) -> MatrixScan:
    """Hash a file and find its rows.

    Args:
        path: The file.
        delimiter: One character.
        data_start: Bytes before the first data row, of the decompressed file.
        data_line: 1-based physical line of the first data row.
        compression: Of the raw bytes.
        encoding: Any Python text encoding.
        piece_bytes: How much is held in memory.

    Raises:
        InputProblemError: `file_truncated`, `file_damaged`, `file_not_text`, or `row_too_long` for
            a line that does not end, or a quote that is not closed; tasks find all others.
    """
    file = FileSpec(
        path, Path(path).name, "", delimiter, (), data_start, data_line, encoding, compression
    )
    finder = RowFinder(delimiter, data_start, data_line)
    for piece in read_pieces(Block(file, 0, data_start, None, data_line), piece_bytes):
        finder.add(piece)
    finder.finish()
    size, sha256 = hash_file(path)
    return MatrixScan(
        size=size,
        sha256=sha256,
        row_ids=tuple(finder.ids),
        row_starts=np.array(finder.starts, np.int64),
        row_lines=np.array(finder.lines, np.int64),
        end=finder.end,
        is_splittable=is_splittable(encoding, compression),
    )


class RowFinder:
    """Finds the rows in a stream of pieces: a newline after an even number of quotes ends one."""

    def __init__(self, delimiter: str, start: int, line: int) -> None:
        self._delimiter = delimiter.encode()
        self._rest = b""
        self._line = line
        self.end = start
        self.ids: list[str] = []
        self.starts: list[int] = []
        self.lines: list[int] = []

    def add(self, piece: bytes) -> None:
        """Take the next bytes."""
        data = self._rest + piece if self._rest else piece
        ends = self._row_ends(data)
        done = int(ends[-1]) + 1 if len(ends) else 0
        self._take(data[:done], ends)
        self._rest = data[done:]
        if len(self._rest) > MAX_ROW_BYTES:
            raise InputProblemError(ROW_TOO_LONG, self._line)

    def finish(self) -> None:
        """Take the last row, which may have no newline."""
        if self._rest:
            self._take(self._rest, np.array([len(self._rest)]))

    def _row_ends(self, data: bytes) -> np.ndarray:
        array = np.frombuffer(data, np.uint8)
        newlines = np.flatnonzero(array == ord(NEWLINE))
        if QUOTE not in data:
            return newlines
        quotes = np.flatnonzero(array == ord(QUOTE))
        return np.asarray(newlines[np.searchsorted(quotes, newlines) % 2 == 0])

    def _take(self, data: bytes, ends: np.ndarray) -> None:
        starts = [0, *(ends[:-1] + 1).tolist()] if len(ends) else []
        for start, end, line in zip(starts, ends.tolist(), self._lines(data, ends), strict=True):
            cell = self._first_cell(data, start, end)
            if cell is not None:
                self.ids.append(cell)
                self.starts.append(self.end + start)
                self.lines.append(line)
        self._line += data.count(NEWLINE)
        self.end += len(data)

    def _lines(self, data: bytes, ends: np.ndarray) -> Sequence[int]:
        if QUOTE not in data:
            return range(self._line, self._line + len(ends))
        newlines = np.flatnonzero(np.frombuffer(data, np.uint8) == ord(NEWLINE))
        lines = self._line + np.searchsorted(newlines, np.append(0, ends[:-1] + 1))
        return [int(line) for line in lines[: len(ends)]]

    def _first_cell(self, data: bytes, start: int, end: int) -> str | None:
        if data.startswith(QUOTE, start):
            return self._quoted_cell(data[start + 1 : end])
        stop = data.find(self._delimiter, start, end)
        if stop >= 0:
            return data[start:stop].decode(errors="replace")
        text = data[start:end].decode(errors="replace").removesuffix("\r")
        return text or None

    def _quoted_cell(self, rest: bytes) -> str:
        stop = rest.find(QUOTE)
        while stop >= 0 and rest.startswith(QUOTE, stop + 1):
            stop = rest.find(QUOTE, stop + 2)
        cell = rest if stop < 0 else rest[:stop]
        return cell.decode(errors="replace").replace('""', '"')


def cut_rows(
    scan: MatrixScan, *, block_bytes: int | None = None, rows_per_block: int | None = None
) -> list[RowCut]:
    """Cut a file into ranges of whole rows.

    Args:
        scan: What was found in the file.
        block_bytes: A range ends at the first row boundary at or after so many bytes.
        rows_per_block: Or: a range has so many rows.

    Returns:
        One range where the file has rows and is not splittable; several otherwise.
    """
    count = len(scan.row_starts)
    if not scan.is_splittable:
        whole = [(0, count)] if count else []
    elif rows_per_block is not None:
        firsts = range(0, count, rows_per_block)
        whole = [(first, min(first + rows_per_block, count)) for first in firsts]
    else:
        whole = list(cut_bytes(scan, block_bytes or PIECE_BYTES))
    return [
        RowCut(
            first_row=first,
            row_count=stop - first,
            start=int(scan.row_starts[first]),
            end=end_of(scan, stop),
            line=int(scan.row_lines[first]),
        )
        for first, stop in whole
    ]


def cut_bytes(scan: MatrixScan, block_bytes: int) -> Iterator[tuple[int, int]]:
    """Yield first row and row after the last."""
    first, count = 0, len(scan.row_starts)
    while first < count:
        goal = scan.row_starts[first] + block_bytes
        stop = max(first + 1, int(np.searchsorted(scan.row_starts, goal)))
        yield first, stop
        first = stop


def end_of(scan: MatrixScan, stop: int) -> int | None:
    """Give where the row before this one ends; None stands for the end of a file read whole."""
    if not scan.is_splittable:
        return None
    return int(scan.row_starts[stop]) if stop < len(scan.row_starts) else scan.end
