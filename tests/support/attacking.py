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
        of = np.array([each.of for each in self.known])
        places = np.array(list(combinations(range(len(self.known)), size)))
        for signs in product((1, -1), repeat=size - 1):
            factors = np.array([1, *signs])[None, :, None]
            answer, whole = answers[places] * factors, wholes[places] * factors
            people = np.count_nonzero((answer + whole).sum(axis=1), axis=1)
            few = (people > 0) & (people < self.least)
            for each in np.flatnonzero(few):
                if self._is_told(answer[each], whole[each], of[places[each]]):
                    yield f"{people[each]} people by {places[each]} {signs}"

    def _is_told(self, answers: np.ndarray, wholes: np.ndarray, of: np.ndarray) -> bool:
        """Whether answers tell a number: more than how many people datasets have.

        That a dataset has so many people is known with whatever was answered about that dataset.
        """
        for dataset in np.unique(of[wholes.any(axis=1)]):
            is_here = of == dataset
            if wholes[is_here].sum(axis=0).any() and not answers[is_here].sum(axis=0).any():
                return False
        return bool(answers.sum(axis=0).any())


def together(cells: Sequence[np.ndarray]) -> np.ndarray:
    """Return what several cells are together."""
    return np.sum(cells, axis=0)
