"""The rows of a file of tiles: row groups of some features over two blocks, in order."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from apollo_spark.assays.expression.tasks.tiles.file import TileMatrix, write_tile_file
from apollo_spark.assays.expression.tasks.tiles.storage import COUNTS

FEATURES = 130


def write(folder: Path, blocks: list[int]) -> pq.ParquetFile:
    """Write tiles of features that come in no order; a value names its feature and sample."""
    features = np.random.default_rng(2).permutation(FEATURES).astype(np.int32)
    stored = features[:, None] * 10 + np.arange(len(blocks), dtype=np.int32)
    ids = tuple(f"F{each}" for each in features)
    tiles = TileMatrix(ids, features, np.array(blocks, np.int32), stored)
    written = write_tile_file(str(folder), "part", tiles, COUNTS)
    assert written is not None
    return pq.ParquetFile(folder / written["path"])


def test_a_row_group_holds_64_features_of_two_blocks_or_128_of_one(tmp_path: Path) -> None:
    with write(tmp_path, [3, 3, 4, 7]) as file:
        groups = [file.read_row_group(each) for each in range(file.num_row_groups)]

    found = [(each["block"].unique().to_pylist(), len(each)) for each in groups]
    assert found == [([3, 4], 128), ([3, 4], 128), ([3, 4], 4), ([7], 128), ([7], 2)]
    rows = [row for each in groups[:3] for row in each.to_pylist()]
    assert [row["values"] for row in rows if row["block"] == 3] == [
        [10 * feature, 10 * feature + 1] for feature in range(FEATURES)
    ]
    assert all(row["feature_id"] == f"F{row['feature']}" for row in rows)


def test_every_row_group_declares_the_order_that_it_has(tmp_path: Path) -> None:
    with write(tmp_path, [0, 1, 2]) as file:
        places = {name: place for place, name in enumerate(file.schema_arrow.names)}
        declared = (pq.SortingColumn(places["block"]), pq.SortingColumn(places["feature"]))
        for each in range(file.num_row_groups):
            rows = file.read_row_group(each, columns=["block", "feature"])
            assert file.metadata.row_group(each).sorting_columns == declared
            assert rows.sort_by([("block", "ascending"), ("feature", "ascending")]).equals(rows)
