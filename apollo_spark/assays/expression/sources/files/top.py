"""The top of an expression file: its first line, a few rows, and how it is packed."""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal

from apollo_spark.model.base import Record
from apollo_spark.model.findings import Finding
from apollo_spark.sources.delimited import read_header
from apollo_spark.sources.findings import finding_of
from apollo_spark.sources.inputs import DataFile

ROWS_LIMIT = 20
LONGEST_LINE = 32 * 1024 * 1024
"""Characters of a row; a row of a million samples has fewer."""
CELLS_LIMIT = 400_000
"""So many cells of the first rows are looked at: enough rows of any width, at little cost."""


class LongLineError(EOFError):
    """A line goes on for longer than a row can: nothing more of the file is looked at."""


class SourceFile(Record):
    """A raw file; `label` is the name that people gave and that is shown.

    `delimiter` is what separates its cells, where that is stated.
    """

    label: str
    path: str
    delimiter: str | None = None


@dataclass(frozen=True)
class Top:
    """The beginning of a delimited file.

    Attributes:
        names: Cells of the first line that is not a comment.
        rows: Cells of the first rows after it.
        delimiter: One character.
        compression: Of the raw bytes.
        first_line: 1-based physical line of `names`.
        data_start: Byte, after decompression, at which the line after `names` begins.
        data_line: Its 1-based physical line.
    """

    file: SourceFile
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    delimiter: str
    compression: Literal["none", "gzip"]
    first_line: int
    data_start: int
    data_line: int


@dataclass(frozen=True)
class TopReading:
    """The top of a file, or why it cannot be read."""

    top: Top | None
    findings: tuple[Finding, ...] = ()


def read_top(file: SourceFile) -> TopReading:
    """Read the first line and the first rows of a file; comments above them are skipped."""
    data = DataFile(entity="sample", label=file.label, path=file.path)
    # What may be the id of a sample keeps its form.
    reading = read_header(data, encoding="utf-8", delimiter=file.delimiter, tidy=str.strip)
    header = reading.header
    if header is None:
        found = tuple(each.model_copy(update={"entity": None}) for each in reading.findings)
        return TopReading(None, found)
    top = Top(
        file=file,
        names=header.names,
        rows=(),
        delimiter=header.delimiter,
        compression=header.compression,
        first_line=header.line,
        data_start=header.data_start,
        data_line=header.data_line,
    )
    limit = max(2, min(ROWS_LIMIT, CELLS_LIMIT // max(1, len(header.names))))
    try:
        rows = tuple(islice(iterate_rows(top), limit))
    except LongLineError:
        text = f"a row has more than {LONGEST_LINE >> 20} million characters"
        return TopReading(None, (finding_of("row_too_long", text, file=file.label),))
    except (EOFError, zlib.error, gzip.BadGzipFile):
        text = "the compressed file is cut off or damaged"
        return TopReading(None, (finding_of("file_truncated", text, file=file.label),))
    except UnicodeDecodeError:
        text = "the file is not text in utf-8"
        return TopReading(None, (finding_of("file_not_text", text, file=file.label),))
    return TopReading(Top(**{**vars(top), "rows": rows}))


def read_rows(top: Top, limit: int) -> list[tuple[str, ...]]:
    """Read the first rows, fewer of a wide file; characters that are not UTF-8 are replaced.

    Raises:
        EOFError, zlib.error, gzip.BadGzipFile: The compressed file is cut off or damaged.
    """
    most = max(2, min(limit, CELLS_LIMIT // max(1, len(top.names))))
    return list(islice(iterate_rows(top, errors="replace"), most))


def iterate_rows(
    top: Top, cells: int | None = None, *, errors: str = "strict"
) -> Iterator[tuple[str, ...]]:
    """Yield the rows below the first line; blank lines are skipped.

    Args:
        top: The file.
        cells: How many cells of each row are wanted; None wants all.
        errors: What is done with bytes that are not UTF-8, as `open` has it.

    Raises:
        EOFError, zlib.error, gzip.BadGzipFile: The compressed file is cut off or damaged.
        UnicodeDecodeError: The file is not UTF-8 text.
    """
    for line in _iterate_lines(top, errors):
        if line.strip("\r\n"):
            yield tuple(_split(line.rstrip("\r\n"), top.delimiter, cells))


def count_rows(top: Top, limit: int) -> int:
    """Count the rows below the first line, up to a limit."""
    filled = (line for line in _iterate_lines(top, "replace") if line.strip("\r\n"))
    return sum(1 for _ in islice(filled, limit))


def _iterate_lines(top: Top, errors: str) -> Iterator[str]:
    path = Path(top.file.path)
    with gzip.open(path) if top.compression == "gzip" else path.open("rb") as stream:
        stream.seek(top.data_start)
        with io.TextIOWrapper(stream, encoding="utf-8", errors=errors, newline="\n") as text:
            while line := text.readline(LONGEST_LINE):
                if len(line) == LONGEST_LINE:
                    raise LongLineError
                yield line


def _split(line: str, delimiter: str, cells: int | None) -> list[str]:
    if '"' in line:
        return next(csv.reader([line], delimiter=delimiter))[:cells]
    return line.split(delimiter, -1 if cells is None else cells)[:cells]


def find_start(top: Top) -> int:
    """Return the byte at which the first line that is not a comment begins, behind a mark."""
    path = Path(top.file.path)
    with gzip.open(path) if top.compression == "gzip" else path.open("rb") as stream:
        before = sum(len(stream.readline()) for _ in range(top.first_line - 1))
        mark = codecs.BOM_UTF8 if before == 0 else b""
        return before + len(mark) * (stream.read(len(mark)) == mark)


def without_header(top: Top, names: tuple[str, ...]) -> Top:
    """Return the top of a file whose first line is a row, under names for its columns."""
    return replace(
        top,
        names=names,
        rows=(top.names, *top.rows),
        data_start=find_start(top),
        data_line=top.first_line,
    )
