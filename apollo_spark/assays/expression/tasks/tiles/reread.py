"""Hash the tiles of a layer as they are stored, to prove that nothing changed."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.assays.expression.tasks.tiles.content import (
    feature_factors,
    hash_values,
    sample_factors,
)
from apollo_spark.assays.expression.tasks.tiles.storage import FLOAT_POWERS, MISSING_WHOLE
from apollo_spark.workers.values.hashing import ContentHash


def hash_tiles(
    paths: Iterable[str], samples: Mapping[int, Sequence[str]], *, scale: int
) -> ContentHash:
    """Return the content hash of a layer from its files.

    Args:
        paths: Parquet files of tiles.
        samples: Sample ids of each block, by position.
        scale: The power of ten of a scaled layer, 0 for the others.
    """
    total = ContentHash()
    for path in paths:
        file = pq.ParquetFile(path)
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=["feature_id", "block", "values"])
            total += _hash_group(table, samples, scale)
    return total


def _hash_group(table: pa.Table, samples: Mapping[int, Sequence[str]], scale: int) -> ContentHash:
    blocks = table["block"].to_numpy()
    total = ContentHash()
    for block in np.unique(blocks):
        rows = table.filter(pa.array(blocks == block))
        ids = samples[int(block)]
        matrix = _as_numbers(rows["values"].combine_chunks().flatten(), scale)
        matrix = matrix.reshape(rows.num_rows, len(ids))
        if scale:
            matrix = matrix / FLOAT_POWERS[scale]
        features = feature_factors(rows["feature_id"].to_pylist())
        total += hash_values(matrix, features, sample_factors(list(ids)))
    return total


def _as_numbers(values: pa.Array, scale: int) -> np.ndarray:
    """Give stored numbers as values; those of 64 bits without decimals may be no doubles."""
    if values.type == pa.int64() and not scale:
        values = values.fill_null(MISSING_WHOLE)
    else:
        values = values.cast(pa.float64())
    numbers: np.ndarray = values.to_numpy(zero_copy_only=False)
    return numbers
