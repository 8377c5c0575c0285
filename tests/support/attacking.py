"""Somebody who wants to know of few people, in plain Python: all that was given, and arithmetic.

Numbers are what they are about: for each person a weight. What is known of a series of questions is
added and subtracted, up to three numbers at a time; a number about 1 to `least - 1` people must not
come of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product

import numpy as np


@dataclass
class Number:
    """A number that is known.

    Attributes:
        weights: What each person counts in it.
        of: The dataset that was asked.
        is_whole: Whether it is the number of all people of that dataset.
    """

    weights: np.ndarray
    of: int
    is_whole: bool = False


@dataclass
class Attacker:
    """Collects what is given.

    Attributes:
        least: The limit.
        known: What is known.
        questions: The people of each question that was given a number, by its text.
        empty: Whom totals leave where a cell was hidden.
    """

    least: int
    known: list[Number] = field(default_factory=list)
    questions: list[tuple[str, np.ndarray]] = field(default_factory=list)
    empty: list[np.ndarray] = field(default_factory=list)

    def hear_whole(self, whole: np.ndarray, of: int) -> None:
        """Take the people of a dataset as known."""
        self.known.append(Number(whole, of, is_whole=True))

    def hear(self, weights: np.ndarray, of: int) -> None:
        """Take a number that was given, or that follows from a table, as known."""
        if not any(np.array_equal(weights, each.weights) and of == each.of for each in self.known):
            self.known.append(Number(weights, of))

    def found(self) -> Iterator[str]:
        """Yield what is known of few people."""
        for size in (1, 2, 3):
            yield from self._combined(size)
        for (first, people), (second, others) in combinations(self.questions, 2):
            if first != second and np.array_equal(people, others):
                yield f"nobody is in one of {first} and {second} alone"
        for left in self.empty:
            if not left.any():
                yield "a hidden cell is empty"

    def _combined(self, size: int) -> Iterator[str]:
        known = np.array([each.weights for each in self.known])
        places = np.array(list(combinations(range(len(known)), size)), np.int64).reshape(-1, size)
        places = places[self._are_answered(places)]
        for signs in product((1, -1), repeat=size - 1):
            left = known[places[:, 0]]
            for number, sign in enumerate(signs, start=1):
                left = left + sign * known[places[:, number]]
            people = np.count_nonzero(left, axis=1)
            for each in np.flatnonzero((people > 0) & (people < self.least)):
                yield f"{people[each]} people by {places[each]} {signs}"

    def _are_answered(self, places: np.ndarray) -> np.ndarray:
        """Say which numbers are known together.

        That a dataset has so many people is known by whoever was answered about that dataset.
        """
        of = np.array([each.of for each in self.known])[places]
        whole = np.array([each.is_whole for each in self.known])[places]
        found = np.ones(len(places), bool)
        for number in range(places.shape[1]):
            same = (of == of[:, number, None]) & ~whole
            found &= ~whole[:, number] | same.any(axis=1)
        return found


def together(cells: Sequence[np.ndarray]) -> np.ndarray:
    """Return what several cells are together."""
    return np.sum(cells, axis=0)
