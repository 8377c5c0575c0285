"""Read the rows of a block as checked and stored numbers, chunk by chunk."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.assays.expression.tasks.files.grid import QUOTE, Grid, find_grid
from apollo_spark.assays.expression.tasks.files.headers import without_headers
from apollo_spark.assays.expression.tasks.files.layer import Stored, store_numbers
from apollo_spark.assays.expression.tasks.files.numbers import gather_texts, read_numbers
from apollo_spark.assays.expression.tasks.tiles.spec import TileTarget
from apollo_spark.workers.chunks import iterate_chunks
from apollo_spark.workers.values.spec import Block

# Positions of all cells, of eight bytes each, then stay near the processor.
CHUNK_BYTES = 256 << 10


@dataclass(frozen=True)
class CheckedRows:
    """Some rows of a block.

    Attributes:
        grid: Their cells.
        columns: (columns,) positions of those that were read.
        records: (rows,) number of each row among the rows of the block that are not blank.
        numbers: (rows x columns) flat.
    """

    grid: Grid
    columns: np.ndarray
    records: np.ndarray
    numbers: Stored

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.records), len(self.columns)

    def values(self) -> np.ndarray:
        """Give (rows, columns) float64, NaN where missing or wrong."""
        return self.numbers.values.reshape(self.shape)


def read_grids(block: Block, chunk_bytes: int = CHUNK_BYTES) -> Iterator[tuple[Grid, int]]:
    """Yield the cells of each chunk, and how many rows came before it.

    Raises:
        InputProblemError: Where the file stops being what it was said to be.
    """
    before = 0
    for chunk in iterate_chunks(block, chunk_bytes):
        header = block.file.header
        grid = find_grid(chunk, block.file.delimiter, len(header))
        grid = without_headers(grid, chunk.data, header)
        yield grid, before
        before += grid.record_count


def read_texts(grid: Grid, column: int) -> pa.Array:
    """Give a column of ids as texts, doubled quotes made single."""
    texts = gather_texts(grid.data, grid.starts[:, column], grid.ends[:, column])
    if (grid.marks.kinds == QUOTE).any():
        texts = pc.replace_substring(texts, '""', '"')
    return texts


def read_rows(
    block: Block,
    columns: np.ndarray,
    target: TileTarget,
    is_wanted: np.ndarray,
    chunk_bytes: int = CHUNK_BYTES,
) -> Iterator[CheckedRows]:
    """Yield the rows of each chunk.

    Args:
        block: What to read.
        columns: Positions of the number columns, in the order wanted.
        target: Says what a number may be and how it is stored.
        is_wanted: (rows of the block that are not blank,) bool.
        chunk_bytes: How much is held in memory at a time.

    Raises:
        InputProblemError: Where the file stops being what it was said to be.
    """
    for whole, before in read_grids(block, chunk_bytes):
        grid = whole.where(is_wanted[before + whole.records])
        numbers = read_numbers(grid, columns, target.missing)
        stored = store_numbers(numbers, target.storage, target.unit)
        yield CheckedRows(grid, columns, before + grid.records, stored)
