"""Ids of samples and features, compared as arrays of strings."""

import pyarrow as pa
import pyarrow.compute as pc


def count_not_in(ids: pa.Array, others: pa.Array) -> int:
    """Return how many ids are not among others."""
    return len(ids) - int(pc.sum(pc.is_in(ids, value_set=others)).as_py() or 0)
