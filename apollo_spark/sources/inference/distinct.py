"""Sorted sets of 64-bit numbers. Sorting is much quicker than the tables of `numpy.unique`."""

import numpy as np


def distinct(numbers: np.ndarray) -> np.ndarray:
    """Return the different numbers of a one-dimensional array, sorted."""
    # Runs that are sorted already are merged.
    found = np.sort(numbers, kind="stable")
    if len(found) < 2:
        return found
    is_first = np.empty(len(found), bool)
    is_first[0] = True
    np.not_equal(found[1:], found[:-1], out=is_first[1:])
    return found if is_first.all() else found[is_first]


def united(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the numbers of two sorted sets, as one."""
    if not len(first) or not len(second):
        return second if not len(first) else first
    return distinct(np.concatenate([first, second]))
