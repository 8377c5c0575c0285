"""Cut a block into chunks of whole rows, and refuse what is not well-formed text."""

import csv
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from apollo_spark.workers.quoting import find_bare_return, find_stray_quote
from apollo_spark.workers.source import UTF8_MARK, InputProblemError, read_pieces
from apollo_spark.workers.values.spec import Block, FileSpec
from apollo_spark.workers.values.tidying import tidy_name

CHUNK_BYTES = 8 << 20
# A quote that is never closed, or a line that never ends, would otherwise gather the rest of the
# file in memory.
MAX_ROW_BYTES = 64 << 20
# Python's reader, by which single rows are looked at, takes no cell above 128 kB of its own accord.
csv.field_size_limit(MAX_ROW_BYTES)
ROW_TOO_LONG = "row_too_long"
NEWLINE = 10
QUOTE = 34
MARK = "\ufeff"


@dataclass(frozen=True)
class Chunk:
    """Whole rows as UTF-8 that ends with a newline.

    Attributes:
        data: The bytes.
        line: 1-based physical line of the first byte.
        quotes: Positions of the quotes in the bytes.
    """

    data: bytes
    line: int
    quotes: np.ndarray

    def array(self) -> np.ndarray:
        """Give the bytes as an array, without copying."""
        return np.frombuffer(self.data, np.uint8)

    def line_at(self, position: int) -> int:
        """Give the physical line of a byte."""
        return self.line + self.data.count(b"\n", 0, position)


def iterate_chunks(block: Block, chunk_bytes: int = CHUNK_BYTES) -> Iterator[Chunk]:
    """Yield a block's chunks, each checked.

    Raises:
        InputProblemError: At the first place that is not well-formed; the rows before it have been
            yielded. Rules: `file_truncated`, `file_damaged`, `file_not_text`, `line_end`,
            `quoting`, `row_too_long`.
    """
    rest, line, limit = b"", block.line, max(MAX_ROW_BYTES, 4 * chunk_bytes)
    for piece in read_pieces(block, chunk_bytes):
        data = without_header_marks(rest + piece, block.file)
        quotes = find_quotes(data)
        end = last_row_end(data, quotes)
        if len(data) > limit and (end == 0 or first_row_end(data, quotes) > limit):
            raise endless_row(Chunk(data, line, quotes), block)
        if end:
            chunk = Chunk(data[:end], line, quotes[: np.searchsorted(quotes, end)])
            yield from well_formed(chunk, block)
            line += count_newlines(chunk.data)
        # Within the limit: what goes on was refused above, what begins is shorter than a piece.
        rest = data[end:]
    if rest:
        yield from last_chunk(without_header_marks(rest, block.file, is_last=True), line, block)


def last_chunk(data: bytes, line: int, block: Block) -> Iterator[Chunk]:
    """Check what has no newline at its end, and give it one."""
    for chunk in well_formed(Chunk(data, line, find_quotes(data)), block):
        if len(chunk.quotes) % 2:
            raise InputProblemError("quoting", chunk.line_at(int(chunk.quotes[-1])))
        yield chunk if chunk.data.endswith(b"\n") else replace(chunk, data=chunk.data + b"\n")


def endless_row(chunk: Chunk, block: Block) -> InputProblemError:
    """Say where a row that outgrew the memory went wrong."""
    position = find_stray_quote(chunk.array(), chunk.quotes, block.file.delimiter)
    if position is None:
        return InputProblemError(ROW_TOO_LONG, chunk.line)
    return InputProblemError("quoting", chunk.line_at(position))


def well_formed(chunk: Chunk, block: Block) -> Iterator[Chunk]:
    """Yield the chunk; where it is not well-formed, its rows before that place, and raise."""
    not_text = find_not_text(chunk.data)
    bare = find_bare_return(chunk.data, chunk.quotes)
    stray = find_stray_quote(chunk.array(), chunk.quotes, block.file.delimiter)
    places = {"quoting": stray, "line_end": bare, "file_not_text": not_text}
    problems = {rule: place for rule, place in places.items() if place is not None}
    if not problems:
        yield chunk
        return
    first = min(problems.values())
    quotes = chunk.quotes[: np.searchsorted(chunk.quotes, first)]
    if end := last_row_end(chunk.data[:first], quotes):
        yield Chunk(chunk.data[:end], chunk.line, quotes[: np.searchsorted(quotes, end)])
    # What is not text at all is not reported as a quote or a line end that is wrong.
    rule = "file_not_text" if not_text is not None else min(problems, key=problems.__getitem__)
    raise InputProblemError(rule, chunk.line_at(problems[rule]))


def without_header_marks(data: bytes, file: FileSpec, *, is_last: bool = False) -> bytes:
    """Take the byte order mark from lines that are the header again, as in joined files.

    Before a quote it would seem to be a cell that is not quoted whole. Anywhere else it stays.

    Args:
        data: Whole lines, and the beginning of another.
        file: Gives header and delimiter.
        is_last: Whether that beginning is a line as well.
    """
    kept, start = [], 0
    at = data.find(UTF8_MARK)
    while at >= 0:
        end = data.find(b"\n", at)
        end = len(data) if end < 0 and is_last else end
        is_start = at == start or data[at - 1] == NEWLINE
        if is_start and end >= 0 and is_header(data[at:end], file):
            kept.append(data[start:at])
            start = at + len(UTF8_MARK)
        at = data.find(UTF8_MARK, at + 1)
    return b"".join([*kept, data[start:]]) if kept else data


def is_header(line: bytes, file: FileSpec) -> bool:
    """Say whether a line is the header of its file, marks and blanks aside."""
    text = line.decode(errors="replace").lstrip(MARK)
    names = tuple(map(tidy_name, file.header))
    if names and names[0] not in unicodedata.normalize("NFC", text):
        return False
    try:
        cells = next(csv.reader([text], delimiter=file.delimiter), [])
    except csv.Error:
        return False
    return tuple(map(tidy_name, cells)) == names


def find_not_text(data: bytes) -> int | None:
    """Give the position of the first NUL, or of the first byte that is not UTF-8."""
    nul = data.find(b"\0")
    if nul >= 0:
        return nul
    if data.isascii():
        return None
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


def find_quotes(data: bytes) -> np.ndarray:
    """Give the positions of the quotes; nearly free where there is none."""
    if b'"' not in data:
        return np.empty(0, np.int64)
    return np.flatnonzero(np.frombuffer(data, np.uint8) == QUOTE)


def count_newlines(data: bytes) -> int:
    """Count newlines; bytes.count is four times slower."""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == NEWLINE))


def first_row_end(data: bytes, quotes: np.ndarray) -> int:
    """Give the position after the first newline outside quotes, or 0."""
    newlines = np.flatnonzero(np.frombuffer(data, np.uint8) == NEWLINE)
    ends = newlines[np.searchsorted(quotes, newlines) % 2 == 0]
    return int(ends[0]) + 1 if len(ends) else 0


def last_row_end(data: bytes, quotes: np.ndarray) -> int:
    """Give the position after the last newline outside quotes, or 0."""
    newline = data.rfind(b"\n")
    while newline >= 0:
        before = int(np.searchsorted(quotes, newline))
        if before % 2 == 0:
            return newline + 1
        newline = data.rfind(b"\n", 0, int(quotes[before - 1]))
    return 0
