"""Write tiles as Parquet files: feature, feature_id, block, values.

A row group holds some features over one or two blocks, by block and then by feature.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.assays.expression.tasks.tiles.storage import LayerStorage
from apollo_spark.workers.files.parquet import finish_file
from apollo_spark.workers.files.parquet_writer import ParquetWriter

# Fewer tiles waste space. More features make a reader of a few genes decode many others, and more
# blocks a reader of a few samples: docs/decisions/expression-layout.md.
GROUP_TILES = 128
GROUP_BLOCKS = 2
LEVEL = 3
VALUES = "values.list.element"


@dataclass(frozen=True)
class TileMatrix:
    """Stored values of some features and samples.

    Attributes:
        feature_ids: Ids of the rows.
        features: (features,) int32 indexes of the rows, none twice.
        blocks: (samples,) int32 block of each column; the columns of a block are together, in
            the order of their positions.
        stored: (features, samples) as the storage has them.
    """

    feature_ids: tuple[str, ...]
    features: np.ndarray
    blocks: np.ndarray
    stored: np.ndarray


def tile_schema(storage: LayerStorage) -> pa.Schema:
    """Give the columns of a tile table."""
    return pa.schema(
        {
            "feature": pa.int32(),
            "feature_id": pa.string(),
            "block": pa.int32(),
            "values": pa.list_(pa.from_numpy_dtype(storage.dtype)),
        }
    )


def write_tile_file(
    folder: str, name: str, tiles: TileMatrix, storage: LayerStorage
) -> dict[str, Any] | None:
    """Write one file.

    Args:
        folder: Of the table.
        name: Begins the file's name; a random part follows, so that attempts never meet.
        tiles: What to write.
        storage: How values are stored.

    Returns:
        `path`, `size`, `rows` and `stats`; None if there is nothing to write.
    """
    if tiles.stored.size == 0:
        return None
    path = Path(folder) / f"{name}-{uuid4()}.parquet"
    collected: list[pq.FileMetaData] = []
    try:
        with open_writer(path, storage, collected) as writer:
            for table in tile_tables(tiles, storage):
                writer.write_table(table, row_group_size=GROUP_TILES)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return asdict(finish_file(path, tile_schema(storage), collected[0]))


def open_writer(
    path: Path, storage: LayerStorage, collected: list[pq.FileMetaData]
) -> ParquetWriter:
    """Open a file; its metadata is collected when it is closed."""
    is_double = storage.kind == "double"
    return ParquetWriter(
        path,
        tile_schema(storage),
        compression="zstd",
        compression_level=LEVEL,
        use_dictionary=["block", VALUES] if is_double else ["block"],
        column_encoding=None if is_double else {VALUES: "DELTA_BINARY_PACKED"},
        write_statistics=["feature", "feature_id", "block"],
        # Readers take features from the bounds of a row group where they are told the order.
        sorting_columns=pq.SortingColumn.from_ordering(
            tile_schema(storage), [("block", "ascending"), ("feature", "ascending")]
        ),
        store_schema=False,
        write_page_checksum=True,
        metadata_collector=collected,
    )


def tile_tables(tiles: TileMatrix, storage: LayerStorage) -> Iterator[pa.Table]:
    """Yield the rows of each row group."""
    order = np.argsort(tiles.features, kind="stable")
    ids = pa.array(tiles.feature_ids, pa.string()).take(pa.array(order))
    features = tiles.features[order]
    columns = block_columns(tiles.blocks)
    for first in range(0, len(columns), GROUP_BLOCKS):
        together = columns[first : first + GROUP_BLOCKS]
        step = GROUP_TILES // len(together)
        for start in range(0, len(order), step):
            rows = slice(start, start + step)
            yield pa.concat_tables(
                pa.table(
                    {
                        "feature": features[rows],
                        "feature_id": ids[rows],
                        "block": np.full(len(features[rows]), tiles.blocks[each.start], np.int32),
                        "values": tile_lists(tiles.stored[order[rows], each], storage),
                    },
                    tile_schema(storage),
                )
                for each in together
            )


def block_columns(blocks: np.ndarray) -> list[slice]:
    """Give the columns of each block."""
    starts = np.flatnonzero(np.diff(blocks, prepend=blocks[0] - 1))
    ends = [*starts[1:], len(blocks)]
    return [slice(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]


def tile_lists(values: np.ndarray, storage: LayerStorage) -> pa.Array:
    """Give the rows of a matrix as lists, null where missing."""
    flat = np.ascontiguousarray(values).reshape(-1)
    mask = np.isnan(flat) if storage.kind == "double" else flat == storage.missing
    items = pa.array(flat, mask=mask if mask.any() else None)
    width = values.shape[1]
    offsets = np.arange(0, len(flat) + 1, width, dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), items)
