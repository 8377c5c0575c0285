"""Which features an assay has for readers who see some of its samples only.

A feature that was measured in hidden samples alone is not there: its column would be empty, and its
name would mention them.
"""

from collections.abc import Callable

import numpy as np

PROBED_CELLS = 4_000_000
"""Most cells of a matrix in which features with a value are looked for."""

HasValue = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Tells of features, by their numbers, whether each has a value in one of some samples."""


def find_known(
    numbers: np.ndarray, measured: np.ndarray, *, everybody: int, shown: int, has_value: HasValue
) -> np.ndarray:
    """Return whether each feature has a value in a sample that is shown, or in no sample at all.

    Args:
        numbers: (features,) their numbers in the tiles.
        measured: (features,) in how many samples each has a value, hidden ones too.
        everybody: How many samples there are.
        shown: How many of them are shown.
        has_value: Looks into the tiles; samples go by their places among those shown.

    Returns:
        (features,) bool.
    """
    known = np.asarray(measured == 0, bool)
    if shown:
        known |= measured == everybody
    start = 0
    while start < shown and not known.all():
        # What one sample lacks, most others have: few features are looked for twice.
        left = np.flatnonzero(~known)
        size = max(1, PROBED_CELLS // len(left))
        some = np.arange(start, min(start + size, shown))
        known[left] |= has_value(numbers[left], some)
        start += len(some)
    return known
