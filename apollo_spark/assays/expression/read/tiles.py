"""Tiles straight into a matrix: row groups chosen by their statistics, values moved by numpy.

Measured against asking DuckDB for the same tiles, on 60,000 features x 2,000 samples: one gene
15 ms (DuckDB 43), one block 94 ms (171), everything 0.65 s (1.4).
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pyarrow as pa

from apollo_spark.assays.expression.assay import LayerRecord
from apollo_spark.assays.expression.read.tile_index import (
    NOT_WANTED,
    BlockPlaces,
    TileGroup,
    WantedTiles,
)
from apollo_spark.engines.reading import read_groups
from apollo_spark.errors import BrokenPinError
from apollo_spark.runtime.questions import going_here

MISSING_WHOLE = np.iinfo(np.int64).min
"""What takes the place of a missing value while a matrix of whole numbers is filled."""


def fill_matrix(
    groups: Sequence[TileGroup], wanted: WantedTiles, layer: LayerRecord, matrix: np.ndarray
) -> int:
    """Put the values of wanted tiles into a matrix, and return how many cells they filled.

    Args:
        groups: The row groups to read.
        wanted: The tiles.
        layer: How values are stored.
        matrix: Features x samples (a feature's values lie side by side), float64, or int64 for
            whole numbers. What is not filled stays as it is.

    Raises:
        BrokenPinError: A file is missing or damaged, or a tile is shorter than its block.
        CancelledError: Who asks has cancelled it.
        TimeIsUpError: It took longer than it may.
    """
    require_going = going_here()

    def fill(group: TileGroup) -> int:
        require_going()
        return sum(_fill_from(batch, wanted, layer, matrix) for batch in _read(group))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return sum(pool.map(fill, groups))


def _read(group: TileGroup) -> list[pa.RecordBatch]:
    """Return feature, block and values of every tile of some row groups."""
    columns = ["values"] if group.runs is not None else ["feature", "block", "values"]
    table = read_groups(group.path, group.metadata, group.numbers, columns)
    if group.runs is not None:
        features, blocks = _rows_of_runs(group.runs)
        table = table.append_column("feature", [features]).append_column("block", [blocks])
    batches: list[pa.RecordBatch] = table.to_batches()
    return batches


def _rows_of_runs(runs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return feature and block of every row of row groups that their bounds describe."""
    grids = [np.mgrid[run[2] : run[3] + 1, run[0] : run[1] + 1].reshape(2, -1) for run in runs]
    blocks, features = np.concatenate(grids, axis=1)
    return features, blocks


def _fill_from(
    batch: pa.RecordBatch, wanted: WantedTiles, layer: LayerRecord, matrix: np.ndarray
) -> int:
    columns = wanted.columns[batch.column("feature").to_numpy()]
    blocks = batch.column("block").to_numpy()
    lists = batch.column("values")
    ends = lists.offsets.to_numpy()
    values = _numbers(lists.values, layer)
    filled = 0
    for start, stop in _runs(blocks):
        places = wanted.blocks.get(int(blocks[start]))
        if places is None:
            continue
        tiles = _as_rows(values, ends[start : stop + 1], places)
        filled += _place(tiles, columns[start:stop], places, layer, matrix)
    return filled


def _runs(blocks: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield the stretches of rows that are of one block."""
    borders = np.flatnonzero(np.diff(blocks)) + 1
    edges = [0, *borders.tolist(), len(blocks)]
    return pairwise(edges)


def _as_rows(values: np.ndarray, ends: np.ndarray, places: BlockPlaces) -> np.ndarray:
    """Return the values of tiles of one block as features x places of the block."""
    lengths = np.diff(ends)
    width = int(lengths[0])
    if (lengths != width).any() or width <= places.positions.max():
        raise BrokenPinError(
            "A tile does not have a value for each sample of its block.",
            fix="Run 'apollo verify --deep' to see which table is damaged.",
        )
    rows: np.ndarray = values[ends[0] : ends[-1]].reshape(len(lengths), width)
    return rows


def _place(
    tiles: np.ndarray,
    columns: np.ndarray,
    places: BlockPlaces,
    layer: LayerRecord,
    matrix: np.ndarray,
) -> int:
    is_wanted = columns != NOT_WANTED
    if not is_wanted.all():
        tiles, columns = tiles[is_wanted], columns[is_wanted]
    tiles, missing = _decode(tiles[:, _as_slice(places.positions)], layer)
    target = (_as_slice(columns), _as_slice(places.rows))
    if any(isinstance(each, slice) for each in target):
        matrix[target] = tiles
    else:
        matrix[np.ix_(columns, places.rows)] = tiles
    return tiles.size - missing


def _numbers(values: pa.Array, layer: LayerRecord) -> np.ndarray:
    """Return stored values as numpy has them; what is missing is NaN, or MISSING_WHOLE."""
    if layer.storage == "integer" and values.null_count:
        # Arrow would give floats, which hold no long whole numbers.
        values = values.cast(pa.int64()).fill_null(MISSING_WHOLE)
    numbers: np.ndarray = values.to_numpy(zero_copy_only=False)
    return numbers


def _decode(tiles: np.ndarray, layer: LayerRecord) -> tuple[np.ndarray, int]:
    """Return stored values as values, and how many are missing."""
    if layer.storage == "integer":
        # Only 64 bits have room for the mark.
        has_room = tiles.dtype == np.int64
        return tiles, int(np.count_nonzero(tiles == MISSING_WHOLE)) if has_room else 0
    missing = int(np.isnan(tiles).sum()) if tiles.dtype.kind == "f" else 0
    if layer.storage == "scaled":
        return tiles / 10.0**layer.scale, missing
    return tiles, missing


def _as_slice(places: np.ndarray) -> "slice | np.ndarray":
    """Return places that follow each other as a slice, which is moved as one piece."""
    if len(places) and (np.diff(places) == 1).all():
        return slice(int(places[0]), int(places[-1]) + 1)
    return places
