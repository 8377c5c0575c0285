"""Compare tables that hold sums of floats, whose last digits depend on how files were cut."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

TOLERANCE = 1e-9


def are_equal_rounded(left: Sequence[str], right: Sequence[str]) -> bool:
    """Return whether two tables are equal, their floats within a relative 1e-9.

    Args:
        left: The Parquet files of one table.
        right: The Parquet files of the other.
    """
    first, second = _read(left), _read(right)
    if first.schema != second.schema or first.num_rows != second.num_rows:
        return False
    return all(
        _are_equal(first[name].combine_chunks(), second[name].combine_chunks())
        for name in first.column_names
    )


def _read(paths: Sequence[str]) -> pa.Table:
    table = pa.concat_tables([pq.read_table(each) for each in paths])
    return table.sort_by([(table.column_names[0], "ascending")])


def _are_equal(left: pa.Array, right: pa.Array) -> bool:
    if not pa.types.is_floating(left.type):
        return bool(left.equals(right))
    first, second = (each.to_numpy(zero_copy_only=False) for each in (left, right))
    return np.allclose(first, second, rtol=TOLERANCE, atol=0, equal_nan=True)
