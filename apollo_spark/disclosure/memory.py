"""What was given before, as it is remembered: sums, and digests of what was asked."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from apollo_spark.disclosure.differing import (
    FEW,
    MOST_PAIRED,
    NOBODY,
    are_few_with_pairs,
    how_many,
)
from apollo_spark.disclosure.sums import Sums, join_sums


@dataclass(frozen=True)
class Asked:
    """What was asked for: digests, which are compared and mean nothing else.

    Attributes:
        people: Of whom: digest of the filter by which people were chosen.
        cell: Of whom among them; empty where that is not said.
    """

    people: str
    cell: str = ""

    def may_equal(self, other: "Asked") -> bool:
        """Whether the same people may be given for both.

        Where two filters mean the same people, that both are given says that nobody is in one of
        them alone, while of few people the second is not given: a zero could be told apart.
        """
        return self.people == other.people or (self.cell == other.cell != "")


@dataclass(frozen=True)
class Memory:
    """Numbers that are known, in the order in which they became known.

    Attributes:
        sums: The sums behind each.
        asked: What each was asked by.
        is_given: Whether each was given; others are taken as known, as the number of all people is.
    """

    sums: Sums
    asked: tuple[Asked, ...] = ()
    is_given: tuple[bool, ...] = ()

    def with_more(self, sums: Sums, asked: Iterable[Asked], *, is_given: bool) -> "Memory":
        """Return the same with more numbers."""
        more = tuple(asked)
        return replace(
            self,
            sums=join_sums([self.sums, sums]),
            asked=(*self.asked, *more),
            is_given=(*self.is_given, *(is_given for _ in more)),
        )

    def without_wholes(self) -> "Memory":
        """Return what was given alone, without what is taken as known."""
        kept = [number for number, each in enumerate(self.is_given) if each]
        asked = tuple(self.asked[each] for each in kept)
        return Memory(self.sums.rows(kept), asked, (True,) * len(kept))

    def has_given(self, one: Sums, asked: Asked) -> bool:
        """Whether the same was given already to the same question."""
        return any(
            self.is_given[each] and self.asked[each].may_equal(asked) for each in self.equal_to(one)
        )

    def equal_to(self, one: Sums) -> list[int]:
        """Return the places of numbers with the same people behind them."""
        same = (self.sums.groups == one.groups).all(axis=1)
        same[same] = (self.sums.powers[same] == one.powers).all(axis=1)
        found: list[int] = np.flatnonzero(same).tolist()
        return found

    def is_near(self, one: Sums, asked: Asked, least: int) -> bool:
        """Whether a number would tell something of few people, together with those known.

        Args:
            one: The sums behind it, a row.
            asked: What is asked.
            least: The limit.
        """
        if not len(self.sums):
            return False
        differ = how_many(one - self.sums, least)
        if (differ == FEW).any() or (how_many(one + self.sums, least) == FEW).any():
            return True
        if any(not self.asked[each].may_equal(asked) for each in np.flatnonzero(differ == NOBODY)):
            return True
        return self.is_near_pairs(one, least)

    def is_near_pairs(self, one: Sums, least: int) -> bool:
        """Whether a number is nearly the sum or the difference of two that are known."""
        return are_few_with_pairs(one, self._paired(), least)

    def _paired(self) -> Sums:
        """Return what is looked at in pairs: what is taken as known, and the newest answers."""
        if len(self.sums) <= MOST_PAIRED:
            return self.sums
        given = np.array(self.is_given)
        chosen = ~given
        chosen[np.flatnonzero(given)[-MOST_PAIRED:]] = True
        return self.sums.rows(np.flatnonzero(chosen))
