"""Numbers that may be codes: a lonely -1, -9, 99 or 999 among measurements."""

import math
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BELOW = (-1, -2, -3, -4, -5, -6, -7, -8, -9, -77, -88, -99, -777, -888, -999, -9999)
RARE = frozenset((-2, -3, -4, -5, -6, -7, -8))
"""Marks that have to occur more than once: a single one may be measured."""
ABOVE = (77, 88, 99, 777, 888, 999, 7777, 8888, 9999, 99999, 999999)
MARKS = frozenset((*BELOW, *ABOVE))
FEWEST_BESIDE = 10
"""Measurements among which a mark can be lonely."""
FAR = 1.5
"""A mark above all measurements is at least so many times the greatest."""


@dataclass(frozen=True)
class MarkFacts:
    """The numbers of a column, those that may be marks apart.

    Attributes:
        counts: How often each possible mark occurs.
        others: Cells with another number.
        least: The least of the others.
        greatest: The greatest of the others.
    """

    counts: "Counter[int]" = field(default_factory=Counter)
    others: int = 0
    least: float = math.inf
    greatest: float = -math.inf

    def __add__(self, other: "MarkFacts") -> "MarkFacts":
        """Return the facts of the cells of both."""
        return MarkFacts(
            counts=self.counts + other.counts,
            others=self.others + other.others,
            least=min(self.least, other.least),
            greatest=max(self.greatest, other.greatest),
        )

    @property
    def lonely(self) -> tuple[int, ...]:
        """The marks that lie apart from all measurements, sorted; none where they are few.

        Below zero a mark is lonely where no measurement is below zero; above, where it is at
        least 1.5 times the greatest measurement.
        """
        least, greatest, beside = self._measurements()
        if beside < FEWEST_BESIDE:
            return ()
        found = (
            mark
            for mark in self.counts
            if (mark < 0 <= least or (mark > 0 and mark >= FAR * greatest))
            and (mark not in RARE or self.counts[mark] > 1)
        )
        return tuple(sorted(found))

    def _measurements(self) -> tuple[float, float, int]:
        """Return the range of the measurements and how many they are.

        What may be a mark above zero is a measurement where others come close to it: 77 among
        ages is one.
        """
        least, greatest, beside = self.least, self.greatest, self.others
        for mark in sorted(each for each in self.counts if each > 0):
            if mark < FAR * greatest:
                greatest = max(greatest, mark)
                beside += self.counts[mark]
        return least, greatest, beside


NO_MARKS = MarkFacts()
"""The facts of no cells."""


def mark_facts(bare: pa.Array, times: np.ndarray, is_number: np.ndarray) -> MarkFacts:
    """Return the facts of some different texts.

    Args:
        bare: Strings without blanks around them, each once.
        times: int64, how often each occurs.
        is_number: bool, which of them are numbers.
    """
    if not is_number.any():
        return NO_MARKS
    numbers = pc.cast(bare.filter(pa.array(is_number)), pa.float64()).to_numpy()
    counts = times[is_number]
    may_mark = np.isin(numbers, list(MARKS))
    found: Counter[int] = Counter()
    for number, count in zip(numbers[may_mark].tolist(), counts[may_mark].tolist(), strict=True):
        found[int(number)] += count
    rest = numbers[~may_mark]
    return MarkFacts(
        counts=found,
        others=int(counts[~may_mark].sum()),
        least=float(rest.min()) if len(rest) else math.inf,
        greatest=float(rest.max()) if len(rest) else -math.inf,
    )
