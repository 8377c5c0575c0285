"""A few rows of a matrix at a time: what is computed on the way stays in the processor's cache."""

from collections.abc import Iterator

import numpy as np

VALUES = 1 << 16


def row_slices(matrix: np.ndarray) -> Iterator[slice]:
    """Yield the rows of a matrix, about so many values at a time."""
    step = max(1, VALUES // max(1, matrix.shape[1]))
    return (slice(start, start + step) for start in range(0, len(matrix), step))
