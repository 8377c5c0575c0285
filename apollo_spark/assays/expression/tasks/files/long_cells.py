"""The cells of three columns of a long file, most of them found by pyarrow's reader of csv.

Chunks in which every line is a row of the right length, without quotes, are read by pyarrow, which
keeps no other thread waiting. All others, and what is to be said about them, are left to `grid`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from apollo_spark.assays.expression.tasks.files.grid import PAD, Grid, Marks, find_grid
from apollo_spark.assays.expression.tasks.files.headers import may_repeat, without_headers
from apollo_spark.assays.expression.tasks.files.reading import read_texts
from apollo_spark.assays.expression.tasks.tiles.spec import LongParseTask
from apollo_spark.workers.chunks import Chunk, count_newlines, iterate_chunks


@dataclass(frozen=True)
class LongCells:
    """The rows of a chunk.

    Attributes:
        grid: Cells, among them the values.
        column: Position of the values in the grid.
        features: (rows,) ids.
        samples: (rows,) ids.
    """

    grid: Grid
    column: int
    features: pa.Array
    samples: pa.Array


def read_long_cells(task: LongParseTask, chunk_bytes: int) -> Iterator[LongCells]:
    """Yield the cells of each chunk.

    Raises:
        InputProblemError: Where the file stops being what it was said to be.
    """
    for chunk in iterate_chunks(task.block, chunk_bytes):
        yield _read_plain(task, chunk) or _read_any(task, chunk)


def _read_any(task: LongParseTask, chunk: Chunk) -> LongCells:
    file = task.block.file
    grid = find_grid(chunk, file.delimiter, len(file.header))
    grid = without_headers(grid, chunk.data, file.header)
    return LongCells(
        grid,
        task.value_column,
        read_texts(grid, task.feature_column),
        read_texts(grid, task.sample_column),
    )


def _read_plain(task: LongParseTask, chunk: Chunk) -> LongCells | None:
    """Read a chunk by pyarrow; None where a line is not simply a row of the right length."""
    if len(chunk.quotes) or may_repeat(chunk.data, task.block.file.header):
        return None
    file, ids = task.block.file, pa.dictionary(pa.int32(), pa.large_string())
    kinds = {
        f"f{task.feature_column}": ids,
        f"f{task.sample_column}": ids,
        f"f{task.value_column}": pa.large_string(),
    }
    strange: list[pc.InvalidRow] = []

    def leave_out(row: pc.InvalidRow) -> str:
        strange.append(row)
        return "skip"

    table = pc.read_csv(
        pa.BufferReader(chunk.data),
        pc.ReadOptions(
            use_threads=False,
            block_size=len(chunk.data) + 1,
            column_names=[f"f{each}" for each in range(len(file.header))],
        ),
        pc.ParseOptions(delimiter=file.delimiter, quote_char=False, invalid_row_handler=leave_out),
        pc.ConvertOptions(
            column_types=kinds,
            include_columns=list(kinds),
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )
    if strange or len(table) != count_newlines(chunk.data):
        return None
    features, samples, values = (each.combine_chunks() for each in table.columns)
    return LongCells(_grid_of(values, chunk), 0, features, samples)


def _grid_of(values: pa.LargeStringArray, chunk: Chunk) -> Grid:
    """Give a column of texts as cells."""
    _, offsets, content = values.buffers()
    bounds = np.frombuffer(offsets, np.int64)[: len(values) + 1]
    data = np.zeros(PAD + int(bounds[-1]), np.uint8)
    data[PAD:] = np.frombuffer(content, np.uint8)[: bounds[-1]]
    cells = np.repeat(np.arange(len(values)), np.diff(bounds))
    positions = np.flatnonzero(data[PAD:] - np.uint8(48) > 9)
    marks = Marks(cells[positions], positions + PAD, data.take(positions + PAD))
    rows = np.arange(len(values))
    return Grid(
        data=data,
        starts=(bounds[:-1] + PAD)[:, None],
        ends=(bounds[1:] + PAD)[:, None],
        marks=marks,
        lines=chunk.line + rows,
        records=rows,
        record_count=len(values),
        wrong_lines=rows[:0],
    )
