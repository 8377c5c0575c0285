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
        answer: What each person counts in it, by what was answered.
        of: The dataset that was asked.
        whole: All people of that dataset, with a sign, where they are part of it.
    """

    answer: np.ndarray
    of: int
    whole: np.ndarray


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

    def hear(self, answer: np.ndarray, of: int, whole: np.ndarray | None = None) -> None:
        """Take a number that was given, or that follows from a table, as known.

        Args:
            answer: What each person counts in it.
            of: The dataset that was asked.
            whole: All people of that dataset, where they are added.
        """
        new = Number(answer, of, np.zeros_like(answer) if whole is None else whole)
        for each in self.known:
            same = np.array_equal(new.answer, each.answer) and np.array_equal(new.whole, each.whole)
            if same and of == each.of:
                return
        self.known.append(new)

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
        if len(self.known) < size:
            return
        answers = np.array([each.answer for each in self.known])
        wholes = np.array([each.whole for each in self.known])
        places = np.array(list(combinations(range(len(self.known)), size)))
        places = places[self._are_answered(places)]
        for signs in product((1, -1), repeat=size - 1):
            factors = np.array([1, *signs])[None, :, None]
            answer = (answers[places] * factors).sum(axis=1)
            people = np.count_nonzero(answer + (wholes[places] * factors).sum(axis=1), axis=1)
            # How many people datasets have follows from no answer.
            few = (people > 0) & (people < self.least) & answer.any(axis=1)
            for each in np.flatnonzero(few):
                yield f"{people[each]} people by {places[each]} {signs}"

    def _are_answered(self, places: np.ndarray) -> np.ndarray:
        """Say which numbers are known together.

        That a dataset has so many people is known by whoever was answered about that dataset.
        """
        of = np.array([each.of for each in self.known])[places]
        is_answer = np.array([each.answer.any() for each in self.known])[places]
        found = np.ones(len(places), bool)
        for number in range(places.shape[1]):
            same = (of == of[:, number, None]) & is_answer
            found &= same.any(axis=1)
        return found


def together(cells: Sequence[np.ndarray]) -> np.ndarray:
    """Return what several cells are together."""
    return np.sum(cells, axis=0)
