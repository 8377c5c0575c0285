"""Turn a chunk into rows of text with the physical line of each."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from apollo_spark.workers.chunks import Chunk
from apollo_spark.workers.values.spec import EntitySpec, FileSpec
from apollo_spark.workers.values.tidying import tidy_name

NEWLINE = 10
RETURN = 13


@dataclass(frozen=True)
class Rows:
    """The rows of a chunk as they are in the file.

    Attributes:
        texts: The chosen columns, one string array each; null where a cell is missing.
        lines: Physical line of each row.
        wrong_length: Physical line and raw text of each row with too few or too many cells;
            these are not in `texts`.
        header_lines: Physical line of each row that repeats the header; not in `texts` either.
    """

    texts: tuple[pa.Array, ...]
    lines: np.ndarray
    wrong_length: tuple[tuple[int, str], ...]
    header_lines: tuple[int, ...]

    def filter(self, keep: np.ndarray) -> "Rows":
        """Keep the rows whose mask is true."""
        if keep.all():
            return self
        mask = pa.array(keep)
        texts = tuple(each.filter(mask) for each in self.texts)
        return replace(self, texts=texts, lines=self.lines[keep])

    def without_lines(self, excluded: np.ndarray) -> "Rows":
        """Leave out the rows that begin on these lines, wrong ones too."""
        kept = self.filter(~np.isin(self.lines, excluded))
        gone = set(excluded.tolist())
        return replace(
            kept,
            wrong_length=tuple(each for each in self.wrong_length if each[0] not in gone),
            header_lines=tuple(line for line in self.header_lines if line not in gone),
        )


def parse_entity(chunk: Chunk, entity: EntitySpec, file: FileSpec) -> Rows:
    """Parse the entity's columns, in its order; one that the file lacks is missing in all rows."""
    names = [column.header for column in entity.columns]
    there = [name for name in names if name in file.header]
    # No position would mean all columns.
    positions = [file.header.index(name) for name in there] or [0]
    rows = parse_columns(chunk, file, positions, entity.missing)
    if len(there) == len(names):
        return rows
    texts = dict(zip(there, rows.texts, strict=False))
    nothing = pa.nulls(len(rows.lines), pa.string())
    return replace(rows, texts=tuple(texts.get(name, nothing) for name in names))


def parse_columns(
    chunk: Chunk, file: FileSpec, positions: Sequence[int], missing: Sequence[str]
) -> Rows:
    """Parse a chunk; blank lines are not rows.

    Args:
        chunk: Checked bytes of whole rows.
        file: Gives delimiter and header.
        positions: Columns to keep, by position in the header.
        missing: Texts of a cell, quoted or not, that mean "no value".
    """
    wrong: list[pa.csv.InvalidRow] = []

    def skip(row: pa.csv.InvalidRow) -> str:
        wrong.append(row)
        return "skip"

    table = pa.csv.read_csv(
        pa.BufferReader(chunk.data),
        read_options=read_options(chunk, file),
        parse_options=pa.csv.ParseOptions(
            delimiter=file.delimiter, newlines_in_values=True, invalid_row_handler=skip
        ),
        convert_options=text_options(positions, missing),
    )
    texts = tuple(combine(column) for column in table.columns)
    lines = record_lines(chunk, table.num_rows, len(wrong))
    numbers = np.array([row.number - 1 for row in wrong], np.int64)
    wrong_length = tuple(zip(lines[numbers].tolist(), (row.text for row in wrong), strict=True))
    lines = np.delete(lines, numbers)
    repeats = find_header(texts, [file.header[each] for each in positions])
    headers = tuple(lines[repeats].tolist())
    return Rows(texts, lines, wrong_length, headers).filter(~repeats)


def read_options(chunk: Chunk, file: FileSpec) -> pa.csv.ReadOptions:
    """Read the chunk at once; names may repeat or be empty, so columns go by their position."""
    return pa.csv.ReadOptions(
        use_threads=False,
        column_names=[str(each) for each in range(len(file.header))],
        block_size=len(chunk.data) + 1,
    )


def text_options(positions: Sequence[int], missing: Sequence[str]) -> pa.csv.ConvertOptions:
    """Keep some columns, all as text; the chunk is known to be UTF-8."""
    kept = [str(each) for each in positions]
    return pa.csv.ConvertOptions(
        check_utf8=False,
        column_types=dict.fromkeys(kept, pa.string()),
        include_columns=kept,
        null_values=list(missing),
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )


def combine(column: pa.ChunkedArray) -> pa.Array:
    """Give a column as one array, without a copy where it is one already."""
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def record_lines(chunk: Chunk, rows: int, wrong: int) -> np.ndarray:
    """Give the physical line on which each record begins, those of wrong length included."""
    array = chunk.array()
    is_newline = array == NEWLINE
    # Every record ends with a newline: as many as rows means no blank, wrong or broken line.
    if int(np.count_nonzero(is_newline)) == rows:
        return np.arange(chunk.line, chunk.line + rows)
    newlines = np.flatnonzero(is_newline)
    ends = newlines[np.searchsorted(chunk.quotes, newlines) % 2 == 0]
    starts = np.concatenate([[0], ends[:-1] + 1])
    length = ends - starts
    blank = (length == 0) | ((length == 1) & (array[starts] == RETURN))
    starts = starts[~blank]
    if len(starts) != rows + wrong:
        raise AssertionError("The parser and the line counter disagree about the rows.")
    return np.asarray(chunk.line + np.searchsorted(newlines, starts))


def find_header(texts: Sequence[pa.Array], header: Sequence[str]) -> np.ndarray:
    """Mark the rows that repeat the header, marks and blanks around its names aside."""
    if not texts:
        return np.zeros(0, bool)
    same = np.ones(len(texts[0]), bool)
    for text, name in zip(texts, header, strict=True):
        same &= holds(text, name)
        if not same.any():
            return same
    for row in np.flatnonzero(same).tolist():
        cells = (text[row].as_py() for text in texts)
        same[row] = all(tidy_name(cell) == name for cell, name in zip(cells, header, strict=True))
    return same


def holds(texts: pa.Array, name: str) -> np.ndarray:
    """Mark the texts in which a name occurs, in either normal form."""
    found = pc.match_substring(texts, name)
    if not name.isascii():
        found = pc.or_(found, pc.match_substring(texts, unicodedata.normalize("NFD", name)))
    return np.asarray(found.fill_null(False).to_numpy(zero_copy_only=False), bool)
