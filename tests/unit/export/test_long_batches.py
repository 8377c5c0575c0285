"""Pairs of a matrix between two bounds: whole numbers are compared as whole numbers."""

import numpy as np
import pytest

from apollo_spark.assays.expression.read.matrix import MatrixResult, long_batches

LONG, MOST = 2**53 + 1, 2**63 - 1


@pytest.mark.parametrize(
    ("minimum", "maximum", "kept"),
    [
        (LONG, None, [LONG, MOST]),
        (None, LONG - 1, [1, LONG - 1]),
        (0.5, 1.5, [1]),
        (1e300, None, []),
        (2**63, None, []),
        (None, -1e300, []),
        (-1e300, 1e300, [1, LONG - 1, LONG, MOST]),
    ],
)
def test_bounds_keep_every_digit(
    minimum: float | None, maximum: float | None, kept: list[int]
) -> None:
    values = np.array([[1, LONG - 1, LONG, MOST]], np.int64)
    matrix = MatrixResult(("A", "B", "C", "D"), ("S",), values, None)

    batches = long_batches(matrix, minimum=minimum, maximum=maximum)

    assert [each for batch in batches for each in batch.column(2).to_pylist()] == kept
