"""Tiles straight into a matrix: row groups chosen by their statistics, values moved by numpy.

Measured against asking DuckDB for the same tiles, on 60,000 features x 2,000 samples: one gene
15 ms (DuckDB 43), one block 94 ms (171), everything 0.65 s (1.4).
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.errors import BrokenPinError
from apollo_spark.model.assay import LayerRecord

GROUPS_AT_ONCE = 8
"""Row groups that one thread reads at once: few, so that memory stays flat."""
NOT_WANTED = -1
_UNBOUNDED = (0, np.iinfo(np.int64).max)
MISSING_WHOLE = np.iinfo(np.int64).min
"""What stands for a missing value while a matrix of whole numbers is filled."""


@dataclass(frozen=True)
class BlockPlaces:
    """Of one block: the places wanted of its arrays, and the rows of the matrix they fill."""

    positions: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True)
class WantedTiles:
    """Which tiles are wanted, and where their values go.

    Attributes:
        columns: Column of the matrix by number of the feature, or NOT_WANTED.
        blocks: What is wanted of each block.
    """

    columns: np.ndarray
    blocks: dict[int, BlockPlaces]

    def may_be_in(self, bounds: np.ndarray) -> np.ndarray:
        """Return for each row group, by its bounds, whether it may hold a wanted tile."""
        found = _has_between(self._wanted_features, *bounds[:2])
        found &= _has_between(self._wanted_blocks, *bounds[2:])
        return found

    @cached_property
    def _wanted_features(self) -> np.ndarray:
        return np.flatnonzero(self.columns != NOT_WANTED)

    @cached_property
    def _wanted_blocks(self) -> np.ndarray:
        return np.array(sorted(self.blocks))


@dataclass(frozen=True)
class TileGroup:
    """Some row groups of one file that may hold wanted tiles."""

    path: str
    metadata: pq.FileMetaData
    numbers: tuple[int, ...]

    @property
    def stored_bytes(self) -> int:
        """The size of these row groups in the file."""
        groups = (self.metadata.row_group(each) for each in self.numbers)
        return sum(
            group.column(place).total_compressed_size
            for group in groups
            for place in range(group.num_columns)
        )


@dataclass(frozen=True)
class TileIndex:
    """The row groups of some files of tiles, as their footers tell.

    Attributes:
        paths: The files.
        footers: What the footer of each file says.
        places: File and number in it of each row group (2 x row groups).
        bounds: Least and largest feature, least and largest block of each (4 x row groups).
    """

    paths: tuple[str, ...]
    footers: tuple[pq.FileMetaData, ...]
    places: np.ndarray
    bounds: np.ndarray


def _has_between(ordered: np.ndarray, least: np.ndarray, largest: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.searchsorted(ordered, least) < np.searchsorted(ordered, largest, "right")
    return found


def read_index(paths: Sequence[str]) -> TileIndex:
    """Read the footers of files of tiles.

    Raises:
        BrokenPinError: A file is missing or damaged.
    """
    footers = tuple(_read_footer(each) for each in paths)
    places = [
        (file, number) for file, each in enumerate(footers) for number in range(each.num_row_groups)
    ]
    bounds = [each for footer in footers for each in _bounds(footer)]
    return TileIndex(
        tuple(paths),
        footers,
        np.array(places, np.int64).reshape(-1, 2).T,
        np.array(bounds, np.int64).reshape(-1, 4).T,
    )


def find_groups(index: TileIndex, wanted: WantedTiles) -> tuple[TileGroup, ...]:
    """Return the row groups that may hold wanted tiles."""
    files, numbers = index.places[:, wanted.may_be_in(index.bounds)]
    found = []
    for file in np.unique(files).tolist():
        chosen = numbers[files == file].tolist()
        found += [
            TileGroup(
                index.paths[file],
                index.footers[file],
                tuple(chosen[start : start + GROUPS_AT_ONCE]),
            )
            for start in range(0, len(chosen), GROUPS_AT_ONCE)
        ]
    return tuple(found)


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
    """

    def fill(group: TileGroup) -> int:
        return sum(_fill_from(batch, wanted, layer, matrix) for batch in _read(group))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return sum(pool.map(fill, groups))


def _read_footer(path: str) -> pq.FileMetaData:
    try:
        return pq.read_metadata(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise _broken(path) from error


def _broken(path: str) -> BrokenPinError:
    return BrokenPinError(
        f"The file {Path(path).name} of a pinned version is missing or damaged.",
        fix="Run 'apollo verify' to see what else is.",
    )


def _bounds(footer: pq.FileMetaData) -> Iterator[tuple[int, ...]]:
    """Yield least and largest feature and block of each row group, as far as they are known."""
    paths = [footer.schema.column(place).path for place in range(footer.num_columns)]
    places = paths.index("feature"), paths.index("block")
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        known = [group.column(place).statistics for place in places]
        yield tuple(
            bound
            for each in known
            for bound in ((each.min, each.max) if each and each.has_min_max else _UNBOUNDED)
        )


def _read(group: TileGroup) -> list[pa.RecordBatch]:
    try:
        with pq.ParquetFile(group.path, metadata=group.metadata) as file:
            table = file.read_row_groups(
                group.numbers, columns=["feature", "block", "values"], use_threads=False
            )
    except (OSError, pa.ArrowInvalid) as error:
        raise _broken(group.path) from error
    batches: list[pa.RecordBatch] = table.to_batches()
    return batches


def _fill_from(
    batch: pa.RecordBatch, wanted: WantedTiles, layer: LayerRecord, matrix: np.ndarray
) -> int:
    columns = wanted.columns[batch.column("feature").to_numpy()]
    blocks = batch.column("block").to_numpy()
    lists = batch.column("values")
    ends = lists.offsets.to_numpy()
    values = lists.values.to_numpy(zero_copy_only=False)
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


def _decode(tiles: np.ndarray, layer: LayerRecord) -> tuple[np.ndarray, int]:
    """Return stored values as values, and how many are missing."""
    # Arrow gives whole numbers as floats with NaN as soon as one of them is missing.
    missing = int(np.isnan(tiles).sum()) if tiles.dtype.kind == "f" else 0
    if layer.storage == "scaled":
        return tiles / 10.0**layer.scale, missing
    if layer.storage == "integer" and tiles.dtype.kind == "f":
        holes = np.isnan(tiles)
        return np.where(holes, MISSING_WHOLE, np.where(holes, 0, tiles).astype(np.int64)), missing
    return tiles, missing


def _as_slice(places: np.ndarray) -> "slice | np.ndarray":
    """Return places that follow each other as a slice, which is moved as one piece."""
    if len(places) and (np.diff(places) == 1).all():
        return slice(int(places[0]), int(places[-1]) + 1)
    return places
