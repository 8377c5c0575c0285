"""What the totals of a table tell of its hidden cells: those of rows and of columns together."""

from collections.abc import Iterator, Sequence

import numpy as np

MOST_PAIRED = 200
"""Hidden cells of which any two are looked at together."""
CLOSE = 1e-9


def derived_of(
    hidden: Sequence[int], equations: Sequence[Sequence[int]]
) -> Iterator[tuple[tuple[int, int], ...]]:
    """Yield hidden cells that can be computed: one, or the sum or difference of two.

    Args:
        hidden: The cells that are not shown.
        equations: Cells whose sum is known, each of them hidden or an unknown that is no cell.

    Yields:
        Cells, each with its sign.
    """
    unknown = sorted({each for one in equations for each in one})
    if len(equations) < 2 or not unknown:
        return
    place = {cell: number for number, cell in enumerate(unknown)}
    matrix = np.zeros((len(equations), len(unknown)))
    for row, one in enumerate(equations):
        matrix[row, [place[each] for each in one]] = 1
    free = _null_space(matrix)
    cells = [each for each in hidden if each in place]
    rows = free[[place[each] for each in cells]]
    for cell, row in zip(cells, rows, strict=True):
        if np.abs(row).max(initial=0) < CLOSE:
            yield ((cell, 1),)
    if len(cells) > MOST_PAIRED:
        return
    for number, row in enumerate(rows):
        for sign in (1, -1):
            same = np.abs(rows[number + 1 :] + sign * row).max(axis=1, initial=0) < CLOSE
            for other in np.flatnonzero(same):
                yield ((cells[number], 1), (cells[number + 1 + other], sign))


def _null_space(matrix: np.ndarray) -> np.ndarray:
    """Return what may be added to the unknowns without a sum changing, a column each."""
    _, sizes, vectors = np.linalg.svd(matrix)
    rank = int((sizes > CLOSE * max(matrix.shape)).sum())
    return np.asarray(vectors[rank:].T)
