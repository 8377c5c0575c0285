"""Compare tables that hold sums of floats, whose last digits depend on how files were cut."""

import numpy as np
import pyarrow as pa

TOLERANCE = 1e-9


def are_equal_rounded(left: pa.Table, right: pa.Table) -> bool:
    """Return whether the rows of two tables are equal, their floats within a relative 1e-9."""
    first, second = _in_order(left), _in_order(right)
    if first.schema != second.schema or first.num_rows != second.num_rows:
        return False
    return all(
        _are_equal(first[name].combine_chunks(), second[name].combine_chunks())
        for name in first.column_names
    )


def _in_order(table: pa.Table) -> pa.Table:
    return table.sort_by([(table.column_names[0], "ascending")])


def _are_equal(left: pa.Array, right: pa.Array) -> bool:
    if not pa.types.is_floating(left.type):
        return bool(left.equals(right))
    first, second = (each.to_numpy(zero_copy_only=False) for each in (left, right))
    return np.allclose(first, second, rtol=TOLERANCE, atol=0, equal_nan=True)
