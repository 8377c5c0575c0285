"""Read a file once: its SHA-256, and where it can be cut into blocks of whole rows."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from apollo_spark.workers.values.spec import Block, FileSpec

BLOCK_BYTES = 64 << 20
PIECE_BYTES = 16 << 20
NEWLINE = 10
QUOTE = 34


@dataclass(frozen=True)
class Cut:
    """A block's range of bytes, and the physical line on which it begins."""

    start: int
    end: int | None
    line: int


@dataclass(frozen=True)
class FileScan:
    """Size in bytes and SHA-256 of the raw file, and its blocks."""

    size: int
    sha256: str
    cuts: tuple[Cut, ...]


def scan_file(
    path: str,
    *,
    data_start: int = 0,
    data_line: int = 1,
    splittable: bool = True,
    block_bytes: int = BLOCK_BYTES,
    piece_bytes: int = PIECE_BYTES,
) -> FileScan:
    """Hash a file and find its blocks in one sequential read.

    Args:
        path: The file.
        data_start: Bytes before the first data row.
        data_line: 1-based physical line of the first data row.
        splittable: False for compressed files and for encodings in which a newline is not one
            byte: they are one block (see `source.is_splittable`).
        block_bytes: A block ends at the first row boundary at or after so many bytes.
        piece_bytes: How much is held in memory.
    """
    digest = hashlib.sha256()
    cutter = Cutter(data_start, data_line, block_bytes)
    size = 0
    with Path(path).open("rb") as stream:
        while piece := stream.read(piece_bytes):
            digest.update(piece)
            if splittable and size + len(piece) > data_start:
                skip = max(0, data_start - size)
                cutter.add(np.frombuffer(piece, np.uint8)[skip:], size + skip)
            size += len(piece)
    cuts = cutter.cuts(size) if splittable else (Cut(data_start, None, data_line),)
    return FileScan(size=size, sha256=digest.hexdigest(), cuts=cuts)


def blocks_of(file: FileSpec, scan: FileScan) -> tuple[Block, ...]:
    """Give the blocks of a scanned file as tasks take them."""
    return tuple(Block(file, i, cut.start, cut.end, cut.line) for i, cut in enumerate(scan.cuts))


class Cutter:
    """Finds row boundaries in a stream of pieces by the parity of the quotes before them.

    Parity is right for RFC 4180 quoting only. Where a file deviates, a cut may fall inside a
    field; nothing is lost by that, for the same deviation is found by the check of every chunk
    (rule `quoting`), which refuses the file.
    """

    def __init__(self, start: int, line: int, block_bytes: int) -> None:
        self._starts = [(start, line)]
        self._block_bytes = block_bytes
        self._line = line
        self._open_quotes = 0

    def add(self, piece: np.ndarray, offset: int) -> None:
        """Take the next piece, which begins at this offset of the file."""
        if self._starts[-1][0] + self._block_bytes <= offset + len(piece):
            self._starts.extend(self._find_cuts(piece, offset))
        self._line += int(np.count_nonzero(piece == NEWLINE))
        self._open_quotes = (self._open_quotes + int(np.count_nonzero(piece == QUOTE))) % 2

    def _find_cuts(self, piece: np.ndarray, offset: int) -> Iterator[tuple[int, int]]:
        newlines = np.flatnonzero(piece == NEWLINE)
        quotes_before = np.searchsorted(np.flatnonzero(piece == QUOTE), newlines)
        ends = np.flatnonzero((quotes_before + self._open_quotes) % 2 == 0)
        start = self._starts[-1][0]
        while True:
            # A row that ends just before the boundary ends the block.
            first = int(np.searchsorted(newlines[ends], start + self._block_bytes - 1 - offset))
            if first == len(ends):
                return
            start = offset + int(newlines[ends[first]]) + 1
            yield start, self._line + int(ends[first]) + 1

    def cuts(self, size: int) -> tuple[Cut, ...]:
        """Give the blocks of a file of so many bytes; none where no data row begins."""
        starts = [each for each in self._starts if each[0] < size]
        bounds = [*(start for start, _ in starts), size]
        return tuple(Cut(start, bounds[i + 1], line) for i, (start, line) in enumerate(starts))
