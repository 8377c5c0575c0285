"""Rows that repeat the header of their file, as in files that were joined."""

from collections.abc import Sequence

import numpy as np

from apollo_spark.assays.expression.tasks.files.grid import Grid
from apollo_spark.workers.values.tidying import tidy_name


def may_repeat(data: bytes, header: Sequence[str]) -> bool:
    """Say whether the header may be among some lines: its longest name does."""
    return max(header, key=len, default="").encode() in data


def without_headers(grid: Grid, data: bytes, header: Sequence[str]) -> Grid:
    """Return the rows of a chunk but those that repeat the header, and the lines of these.

    Args:
        grid: Rows of as many cells as the header has.
        data: The bytes of the chunk.
        header: Names of the columns.
    """
    if not may_repeat(data, header):
        return grid
    names = [tidy_name(each) for each in header]
    rows = np.arange(len(grid.lines))
    for column, name in enumerate(names):
        if len(rows) == 0:
            return grid
        # Blanks and marks around it make a cell longer than its name, never shorter.
        lengths = grid.ends[rows, column] - grid.starts[rows, column]
        rows = rows[lengths >= len(name)]
        texts = grid.texts(np.array([column]), rows)
        rows = rows[[tidy_name(text) == name for text in texts]] if len(rows) else rows
    return grid.without_headers(rows)
