"""Write one block of tiles from tiles that hold its samples elsewhere, or stored otherwise.

No value changes. A tile that no file has is not written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from apollo_spark.assays.expression.tasks.outcome import TaskOutcome
from apollo_spark.assays.expression.tasks.tiles.file import TileMatrix, write_tile_file
from apollo_spark.assays.expression.tasks.tiles.spec import Features, Samples, TileTarget
from apollo_spark.assays.expression.tasks.tiles.storage import LayerStorage, decode, encode, need_of


@dataclass(frozen=True)
class RetileTask:
    """One block of samples, and where its values are.

    Attributes:
        paths: Parquet files that hold the tiles of the samples, and maybe of others.
        samples: All of one block, in the order of their positions.
        blocks: (samples,) int32, the block of each in these files.
        positions: (samples,) int32, its place there.
        features: All features of the assay, by index.
        target: The layer, as it is written.
        stored: How the files are stored; None is as the layer is.
    """

    paths: tuple[str, ...]
    samples: Samples
    blocks: np.ndarray
    positions: np.ndarray
    features: Features
    target: TileTarget
    stored: LayerStorage | None = None

    @property
    def storage(self) -> LayerStorage:
        """How the files are stored."""
        return self.stored or self.target.storage


def run_retile(task: RetileTask) -> dict[str, Any]:
    """Write the tiles of a block (runs in a task).

    Returns:
        A value for JSON: `parts`, `is_enough` and `need` as in `write_matrix`.
    """
    outcome, storage = TaskOutcome(), task.target.storage
    features, stored = join_tiles(task)
    if storage != task.storage:
        values = decode(stored, task.storage)
        stored, is_exact = encode(values, storage)
        if not is_exact:
            outcome.add_need(need_of(values))
    if outcome.is_enough:
        ids = tuple(task.features.ids[each] for each in features.tolist())
        tiles = TileMatrix(ids, features.astype(np.int32), task.samples.blocks, stored)
        outcome.add_part(write_tile_file(task.target.folder, task.target.name, tiles, storage))
    return outcome.result()


def join_tiles(task: RetileTask) -> tuple[np.ndarray, np.ndarray]:
    """Give the features that have tiles, and (features, samples) as stored."""
    storage = task.storage
    shape = (len(task.features.ids), len(task.samples.ids))
    stored = np.full(shape, storage.missing, storage.dtype)
    is_there = np.zeros(len(task.features.ids), bool)
    for block, features, values in read_tiles(task):
        columns = np.flatnonzero(task.blocks == block)
        stored[np.ix_(features, columns)] = values[:, task.positions[columns]]
        is_there[features] = True
    if is_there.all():
        return np.arange(len(is_there)), stored
    return np.flatnonzero(is_there), stored[is_there]


def read_tiles(task: RetileTask) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield block, features and stored values (features, samples of the block) of some tiles."""
    blocks = np.unique(task.blocks)
    wanted = pa.array(blocks, pa.int32())
    for path in task.paths:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                if not may_hold(file, group, blocks):
                    continue
                rows = file.read_row_group(group, columns=["feature", "block", "values"])
                rows = rows.filter(pc.is_in(rows["block"], wanted))
                for block in rows["block"].unique().to_pylist():
                    yield block, *stored_values(rows.filter(pc.equal(rows["block"], block)), task)


def may_hold(file: pq.ParquetFile, group: int, blocks: np.ndarray) -> bool:
    """Say, by its bounds, whether a row group may have tiles of some blocks."""
    place = file.schema_arrow.get_field_index("block")
    bounds = file.metadata.row_group(group).column(place).statistics
    return bool(((blocks >= bounds.min) & (blocks <= bounds.max)).any())


def stored_values(rows: pa.Table, task: RetileTask) -> tuple[np.ndarray, np.ndarray]:
    """Give the features and the values of tiles of one block."""
    storage = task.storage
    values = rows["values"].combine_chunks().flatten()
    missing = pa.scalar(storage.missing, values.type)
    flat = values.fill_null(missing).to_numpy(zero_copy_only=False)
    return rows["feature"].to_numpy(), flat.reshape(len(rows), -1).astype(storage.dtype)
