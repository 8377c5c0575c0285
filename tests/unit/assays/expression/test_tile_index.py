"""Features and blocks of a row group come from its bounds only where these tell every row."""

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from apollo_spark.assays.expression.assay import LayerRecord
from apollo_spark.assays.expression.read.tile_index import (
    NOT_WANTED,
    BlockPlaces,
    TileIndex,
    WantedTiles,
    find_groups,
    read_index,
)
from apollo_spark.assays.expression.read.tiles import fill_matrix
from apollo_spark.assays.expression.tasks.tiles.file import TileMatrix, write_tile_file
from apollo_spark.assays.expression.tasks.tiles.storage import COUNTS

LAYER = LayerRecord(unit="count", table="tiles", storage="integer")
# Rows by feature, columns by sample; the third sample is alone in its block.
STORED = np.array([[10, 11, 12], [20, 21, 22], [30, 31, 32]], np.int32)


def write(folder: Path, features: list[int]) -> Path:
    tiles = TileMatrix(
        feature_ids=tuple(f"F{each}" for each in features),
        features=np.array(features, np.int32),
        blocks=np.array([0, 0, 1], np.int32),
        stored=STORED,
    )
    written = write_tile_file(str(folder), "part", tiles, COUNTS)
    assert written is not None
    return folder / written["path"]


def read(index: TileIndex, features: list[int]) -> list[list[int]]:
    columns = np.full(10, NOT_WANTED)
    columns[features] = np.arange(len(features))
    places = {0: BlockPlaces(np.array([0, 1]), np.array([0, 1])),
              1: BlockPlaces(np.array([0]), np.array([2]))}  # fmt: skip
    wanted = WantedTiles(columns, places)
    matrix = np.full((len(features), 3), -1, np.int64)
    fill_matrix(find_groups(index, wanted), wanted, LAYER, matrix)
    return matrix.tolist()


def test_features_in_order_without_a_gap_come_from_the_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = read_index([str(write(tmp_path, [6, 4, 5]))])
    asked = []
    read_groups = pq.ParquetFile.read_row_groups

    def watch(file: pq.ParquetFile, numbers: object, *, columns: list[str], **words: bool) -> None:
        asked.extend(columns)
        return read_groups(file, numbers, columns=columns, **words)

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", watch)

    assert read(index, [5, 6]) == [[30, 31, 32], [10, 11, 12]]
    assert index.is_run.tolist() == [True]
    assert asked == ["values"]


def test_features_with_a_gap_are_read(tmp_path: Path) -> None:
    index = read_index([str(write(tmp_path, [6, 1, 3]))])

    assert read(index, [3, 6]) == [[30, 31, 32], [10, 11, 12]]
    assert index.is_run.tolist() == [False]


def test_features_in_no_stated_order_are_read(tmp_path: Path) -> None:
    rows = pq.read_table(write(tmp_path, [4, 5, 6]))
    path = tmp_path / "other.parquet"
    pq.write_table(rows.take([2, 0, 1, 5, 4, 3]), path, row_group_size=3)
    index = read_index([str(path)])

    assert read(index, [4, 5, 6]) == STORED.tolist()
    assert index.is_run.tolist() == [False, False]


def test_blocks_with_a_gap_are_read(tmp_path: Path) -> None:
    rows = pq.read_table(write(tmp_path, [4, 5, 6]))
    path = tmp_path / "other.parquet"
    order = pq.SortingColumn.from_ordering(
        rows.schema, [("block", "ascending"), ("feature", "ascending")]
    )
    without_one = rows.filter(pc.or_(pc.equal(rows["block"], 0), pc.not_equal(rows["feature"], 5)))
    pq.write_table(without_one, path, sorting_columns=order)
    index = read_index([str(path)])

    assert read(index, [4, 5, 6]) == [[10, 11, 12], [20, 21, -1], [30, 31, 32]]
    assert index.is_run.tolist() == [False]
