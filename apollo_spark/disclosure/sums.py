"""Who is behind a number, as sums: they can be added and taken away, and name nobody.

Behind a number is a weight for each person: 1 for a count of people, of rows how many are theirs.
For each j the sum of weight times the j-th power of the person's number modulo a prime is kept.
The difference of two such sums is the sum of the difference, and tells in how many people they
differ (`differing.py`). The sum for j = 0 would be the number itself, and is not kept.

Sums of groups of people say the same more coarsely, and more quickly.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from apollo_spark.disclosure.people import GROUP_PRIME, GROUPS, PRIME, Marks
from apollo_spark.model.disclosure import MOST

POWERS = 2 * MOST - 1
SHORT, LONG = 15, 14
"""Their product is at least the number of powers."""
SLICE = 1 << 14
"""People at a time: sums of products of halves are exact, and stay in the processor's cache."""


@dataclass(frozen=True)
class Sums:
    """The sums behind some numbers, a row each: of powers, and of groups."""

    powers: np.ndarray
    groups: np.ndarray

    def __len__(self) -> int:
        """Return how many numbers there are."""
        return len(self.powers)

    def __add__(self, other: "Sums") -> "Sums":
        """Return the sums of both; one row goes with all of the other."""
        return _modulo(self.powers + other.powers, self.groups + other.groups)

    def __sub__(self, other: "Sums") -> "Sums":
        """Return the sums of the difference; one row goes with all of the other."""
        return _modulo(self.powers - other.powers, self.groups - other.groups)

    def rows(self, chosen: np.ndarray | list[int] | slice) -> "Sums":
        """Return some of the rows."""
        return Sums(self.powers[chosen], self.groups[chosen])

    def row(self, number: int) -> "Sums":
        """Return one row."""
        return self.rows(slice(number, number + 1))

    def total(self) -> "Sums":
        """Return the sums of all rows together, as one row."""
        return _modulo(
            self.powers.sum(axis=0, keepdims=True), self.groups.sum(axis=0, keepdims=True)
        )

    def pack(self, number: int) -> list[int]:
        """Return a row as numbers of 32 bits."""
        found: list[int] = [*self.powers[number].tolist(), *self.groups[number].tolist()]
        return found


def _modulo(powers: np.ndarray, groups: np.ndarray) -> Sums:
    return Sums(powers % PRIME, groups % GROUP_PRIME)


def no_sums(rows: int = 0) -> Sums:
    """Return the sums behind nothing."""
    return Sums(np.zeros((rows, POWERS), np.int64), np.zeros((rows, GROUPS), np.int64))


def join_sums(parts: Iterable[Sums]) -> Sums:
    """Return the rows of all."""
    found = [no_sums(), *parts]
    return Sums(
        np.concatenate([each.powers for each in found]),
        np.concatenate([each.groups for each in found]),
    )


def unpack(numbers: np.ndarray) -> Sums:
    """Return what `pack` made numbers of, from those of all rows, one after the other.

    Raises:
        ValueError: They are not those of whole rows.
    """
    found = numbers.astype(np.int64).reshape(-1, POWERS + GROUPS)
    return Sums(found[:, :POWERS], found[:, POWERS:])


def sums_of(marks: Marks, cell: np.ndarray, weight: np.ndarray, cells: int) -> Sums:
    """Return the sums behind cells.

    Args:
        marks: People, once for each cell that they are in.
        cell: The number of the cell, ascending.
        weight: What they count there.
        cells: How many cells there are.
    """
    place = cell * GROUPS + marks.groups
    counted = weight % GROUP_PRIME * marks.factors % GROUP_PRIME
    groups = np.bincount(place, weights=counted, minlength=cells * GROUPS)
    ends = np.searchsorted(cell, np.arange(cells + 1))
    found = no_sums(cells)
    for number in np.flatnonzero(np.diff(ends)):
        for start in range(ends[number], ends[number + 1], SLICE):
            part = slice(start, min(start + SLICE, ends[number + 1]))
            found.powers[number] += _power_sums(marks.nodes[part], weight[part] % PRIME)
    return _modulo(found.powers, groups.astype(np.int64).reshape(cells, GROUPS))


def _power_sums(nodes: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the weighted sums of the powers of some numbers, from the first one on.

    The power 1 + a + b * SHORT is that of a times that of 1 + b * SHORT: all sums of such products
    are one product of matrices. Halves of 16 bits keep it exact in floating-point numbers.
    """
    short = _powers(nodes, SHORT + 1, np.ones_like(nodes))
    long = _powers(short[SHORT], LONG, nodes * weight % PRIME)
    low, high = _halves(short[:SHORT])
    long_low, long_high = _halves(long)
    lows = _whole(long_low @ low.T)
    middles = _whole(long_low @ high.T + long_high @ low.T)
    highs = _whole(long_high @ high.T)
    # 2**32 is 2 modulo the prime.
    found = (lows + (middles << 16) + 2 * highs) % PRIME
    return np.asarray(found.reshape(-1)[:POWERS])


def _powers(nodes: np.ndarray, many: int, first: np.ndarray) -> np.ndarray:
    found = np.empty((many, len(nodes)), np.int64)
    found[0] = first
    for number in range(1, many):
        np.multiply(found[number - 1], nodes, out=found[number])
        found[number] %= PRIME
    return found


def _halves(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low, high = numbers & 0xFFFF, numbers >> 16
    return low.astype(np.float64), high.astype(np.float64)


def _whole(numbers: np.ndarray) -> np.ndarray:
    return np.asarray(numbers.astype(np.int64) % PRIME)
