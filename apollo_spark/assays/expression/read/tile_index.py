"""Which row groups of files of tiles may hold what is wanted, as the footers of the files say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow.parquet as pq

from apollo_spark.engines.reading import read_footer

GROUPS_AT_ONCE = 8
"""Row groups that one thread reads at once: few, so that memory stays flat."""
NOT_WANTED = -1
_UNBOUNDED = (0, np.iinfo(np.int32).max)
_SORTED = ["block", "feature"]


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
    """Some row groups of one file that may hold wanted tiles.

    Attributes:
        path: The file.
        metadata: Its footer.
        numbers: The row groups.
        runs: For each of them least and largest feature, least and largest block (groups x 4),
            where these tell the rows; else None, and the columns are to be read.
    """

    path: str
    metadata: pq.FileMetaData
    numbers: tuple[int, ...]
    runs: np.ndarray | None

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
    """The row groups of some files of tiles, as their footers say.

    Attributes:
        paths: The files.
        footers: What the footer of each file says.
        places: File and number in it of each row group (2 x row groups).
        bounds: Least and largest feature, least and largest block of each (4 x row groups).
        is_run: Whether it holds all features and blocks between its bounds, in order.
    """

    paths: tuple[str, ...]
    footers: tuple[pq.FileMetaData, ...]
    places: np.ndarray
    bounds: np.ndarray
    is_run: np.ndarray


def _has_between(ordered: np.ndarray, least: np.ndarray, largest: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.searchsorted(ordered, least) < np.searchsorted(ordered, largest, "right")
    return found


def read_index(paths: Sequence[str]) -> TileIndex:
    """Read the footers of files of tiles.

    Raises:
        BrokenPinError: A file is missing or damaged.
    """
    footers = tuple(read_footer(each) for each in paths)
    places = [
        (file, number) for file, each in enumerate(footers) for number in range(each.num_row_groups)
    ]
    described = [each for footer in footers for each in _describe(footer)]
    *bounds, rows = np.array(described, np.int64).reshape(-1, 5).T
    return TileIndex(
        tuple(paths),
        footers,
        np.array(places, np.int64).reshape(-1, 2).T,
        np.array(bounds),
        is_run=(bounds[1] - bounds[0] + 1) * (bounds[3] - bounds[2] + 1) == rows,
    )


def find_groups(index: TileIndex, wanted: WantedTiles) -> tuple[TileGroup, ...]:
    """Return the row groups that may hold wanted tiles."""
    may_hold = wanted.may_be_in(index.bounds)
    found = []
    for file in np.unique(index.places[0, may_hold]).tolist():
        for is_run in (True, False):
            chosen = np.flatnonzero(may_hold & (index.places[0] == file) & (index.is_run == is_run))
            found += [
                _group(index, file, chosen[start : start + GROUPS_AT_ONCE], is_run=is_run)
                for start in range(0, len(chosen), GROUPS_AT_ONCE)
            ]
    return tuple(found)


def _group(index: TileIndex, file: int, chosen: np.ndarray, *, is_run: bool) -> TileGroup:
    return TileGroup(
        index.paths[file],
        index.footers[file],
        tuple(index.places[1, chosen].tolist()),
        index.bounds[:, chosen].T if is_run else None,
    )


def _describe(footer: pq.FileMetaData) -> Iterator[tuple[int, ...]]:
    """Yield least and largest feature and block of each row group, as far as they are known.

    The last number is how many rows are in order; it is 0 where the footer does not say.
    """
    paths = [footer.schema.column(place).path for place in range(footer.num_columns)]
    places = paths.index("feature"), paths.index("block")
    order = tuple(pq.SortingColumn(paths.index(each)) for each in _SORTED)
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        known = [group.column(place).statistics for place in places]
        bounds = [
            bound
            for each in known
            for bound in ((each.min, each.max) if each and each.has_min_max else _UNBOUNDED)
        ]
        yield (*bounds, group.num_rows if group.sorting_columns == order else 0)
