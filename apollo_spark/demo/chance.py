"""Random numbers that are the same on every machine."""

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import reduce
from operator import add
from typing import TypeVar

Choice = TypeVar("Choice")


class Chance:
    """A stream of random draws, named by its seed and what it is for.

    Streams of different names do not disturb each other: a field that is added later changes no
    value that was there before.
    """

    # Of the whole module only `Random.random` is promised to stay the same in every version, and
    # logarithms differ in their last digit between platforms: so sums and products of it alone.
    def __init__(self, *names: int | str) -> None:
        self._draw = random.Random(":".join(str(each) for each in names)).random

    def is_true(self, probability: float) -> bool:
        """Return True with a probability from 0 to 1."""
        return self._draw() < probability

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return low + int(self._draw() * (high - low + 1))

    def fraction(self) -> float:
        """Return a number from 0 to 1, 1 excluded."""
        return self._draw()

    def normal(self, mean: float, spread: float) -> float:
        """Return a number near a normal distribution: the sum of twelve uniform ones."""
        return mean + spread * (_plain_sum(self._draw() for _ in range(12)) - 6.0)

    def between(self, mean: float, spread: float, low: float, high: float) -> float:
        """Return a normal number inside two bounds, drawn again until it is.

        A number moved to the bound would heap up there, as no real measurement does.
        """
        while not low <= (value := self.normal(mean, spread)) <= high:
            pass
        return value

    def skewed(self, root: float, spread: float) -> float:
        """Return a positive number with a long right tail: the square of a normal one."""
        value = self.normal(root, spread)
        return value * value

    def choose(self, weights: Mapping[Choice, float]) -> Choice:
        """Return one key of a mapping, with a probability in proportion to its weight."""
        left = self._draw() * _plain_sum(weights.values())
        for key, weight in weights.items():
            left -= weight
            if left < 0:
                return key
        return key

    def pick(self, choices: Sequence[Choice]) -> Choice:
        """Return one of the choices, all equally likely."""
        return choices[int(self._draw() * len(choices))]

    def subset(self, probabilities: Mapping[Choice, float]) -> list[Choice]:
        """Return the keys that come true, each with its own probability."""
        return [key for key, probability in probabilities.items() if self._draw() < probability]

    def day(self, first: date, last: date) -> date:
        """Return a day from first to last, both included."""
        return first + timedelta(days=self.whole(0, (last - first).days))


def _plain_sum(numbers: Iterable[float]) -> float:
    # The built-in sum corrects its rounding from Python 3.12 on: another last digit than before.
    return reduce(add, numbers)
