"""In how many people sums differ: none, fewer than a limit, or at least as many.

Sums of powers over d people are a matrix of Hankel of rank d, where it is larger than d (Prony;
Berlekamp and Massey): a square one of `least` rows is singular for fewer people than that. Errors
need two people of one number among the few, or a chance in the prime.
"""

import numpy as np

from apollo_spark.disclosure.people import GROUP_PRIME, GROUPS, PRIME
from apollo_spark.disclosure.sums import Sums

NOBODY, FEW, ENOUGH = 0, 1, 2
CELLS_AT_ONCE = 1 << 20
MOST_PAIRED = 300
"""Answers of which any two are looked at together with a new one: the newest."""


def how_many(sums: Sums, least: int) -> np.ndarray:
    """Say for each row how many people are behind it: NOBODY, FEW or ENOUGH."""
    found = np.full(len(sums), ENOUGH, np.int8)
    # As many groups as that are of as many people.
    doubtful = np.flatnonzero(np.count_nonzero(sums.groups, axis=1) < least)
    if len(doubtful):
        found[doubtful] = _judge(sums.powers[doubtful], least)
    return found


def _are_singular(powers: np.ndarray, least: int) -> np.ndarray:
    """Say which matrices of Hankel are singular modulo the prime, by elimination of all at once."""
    places = np.add.outer(np.arange(least), np.arange(least))
    matrix = powers[:, places]
    rows = np.arange(len(matrix))
    singular = np.zeros(len(matrix), bool)
    for step in range(least):
        pivot = step + np.argmax(matrix[:, step:, step] != 0, axis=1)
        singular |= matrix[rows, pivot, step] == 0
        first = matrix[rows, pivot].copy()
        matrix[rows, pivot] = matrix[:, step]
        below = matrix[:, step + 1 :]
        factors = below[:, :, step : step + 1].copy()
        # Both products are less than 2**62.
        below *= first[:, None, step : step + 1]
        below -= factors * first[:, None, :]
        below %= PRIME
    return singular


def are_few_with_pairs(one: Sums, others: Sums, least: int) -> bool:
    """Say whether one number is nearly the sum, or the difference, of two others.

    What is left of all people where rows are counted may be below 0: so the sum of all three is
    looked at, too.

    Args:
        one: A row.
        others: The rows of which any two are tried, and one twice.
        least: The limit.
    """
    without, with_one = one - others, one + others
    known, opposite = others.groups, (GROUP_PRIME - others.groups) % GROUP_PRIME
    # What is done with the first of two, with the second, and what the second's groups must be for
    # both to leave few. To add one and take another away, they must be two; else each pair once.
    ways = (
        (without, -others.powers, known, np.less_equal),
        (without, others.powers, opposite, np.not_equal),
        (with_one, others.powers, opposite, np.less_equal),
    )
    return any(_leave_few(*each, least=least) for each in ways)


def _leave_few(
    firsts: Sums, powers: np.ndarray, groups: np.ndarray, may_pair: np.ufunc, *, least: int
) -> bool:
    """Say whether any of some numbers and another leave few people.

    Args:
        firsts: What the first of two leaves, a row each.
        powers: What the second adds to the sums of powers, a row each.
        groups: The sums of groups of `firsts` at which nothing is left with the second.
        may_pair: Which places go together.
        least: The limit.
    """
    left, nothing = firsts.groups.astype(np.uint8), groups.astype(np.uint8)
    step = max(1, CELLS_AT_ONCE // (GROUPS * max(1, len(nothing))))
    for start in range(0, len(left), step):
        rows = left[start : start + step, None, :]
        first, second = np.nonzero((rows != nothing).sum(axis=2, dtype=np.int16) < least)
        first += start
        paired = may_pair(first, second)
        first, second = first[paired], second[paired]
        if _is_any_few(firsts.powers[first] + powers[second], least):
            return True
    return False


def _is_any_few(powers: np.ndarray, least: int) -> bool:
    if not len(powers):
        return False
    return bool((_judge(powers, least) == FEW).any())


def _judge(powers: np.ndarray, least: int) -> np.ndarray:
    """Say how many people are behind sums of powers."""
    powers = powers % PRIME
    found = np.full(len(powers), ENOUGH, np.int8)
    step = max(1, CELLS_AT_ONCE // least**2)
    for start in range(0, len(powers), step):
        part = slice(start, start + step)
        found[part][_are_singular(powers[part], least)] = FEW
    found[~powers.any(axis=1)] = NOBODY
    return found
