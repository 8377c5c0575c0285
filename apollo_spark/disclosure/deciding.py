"""Decide which numbers of a table are given, by those that are known already.

1. A number about fewer people than the limit is not given, nor one about nobody.
2. Nor is one whose people are nearly those of a number that is known, or of the sum or difference
   of two: who differs would be few. Numbers of this table that are given before it are known too,
   and the number of all people that a dataset shows always is.
3. Cells that make up something are known together as well, as one number: where it is near a number
   that is known, or where one of the cells is hidden and they are all there is, the smallest that
   is given is not given either, until it is not so.
4. What the totals of rows and columns tell of hidden cells must be about enough people.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from apollo_spark.disclosure.derived import derived_of
from apollo_spark.disclosure.differing import FEW, how_many
from apollo_spark.disclosure.memory import Asked, Memory
from apollo_spark.disclosure.sums import Sums, join_sums, no_sums
from apollo_spark.disclosure.table import Counted, Sum
from apollo_spark.model.suppressed import Why


@dataclass(frozen=True)
class Decision:
    """What is given of a table.

    Attributes:
        why: For each cell why it is not given; None is given.
        sums: The sums behind what becomes known by it, and was not known before.
        asked: What they were asked by.
    """

    why: tuple[Why | None, ...]
    sums: Sums = field(default_factory=no_sums)
    asked: tuple[Asked, ...] = ()


@dataclass
class Deciding:
    """Decides what is given of a table.

    Attributes:
        counted: The cells.
        parts: Which cells make up which.
        memory: What is known already, the number of all people among it.
        least: The limit.
        asked: What each cell is asked by.
        whole: The sums behind all people of the dataset, a row.
    """

    counted: Counted
    parts: Sequence[Sum]
    memory: Memory
    least: int
    asked: Sequence[Asked]
    whole: Sums

    def decide(self) -> Decision:
        """Decide."""
        few = self.counted.people < self.least
        self._why: list[Why | None] = ["few" if each else None for each in few]
        self._leave_out_near()
        while (worst := self._next_to_hide()) is not None:
            self._why[worst] = "rest" if len(self._why) > 1 else "near"
        return self._decision()

    def _decision(self) -> Decision:
        new = [each for each in self._given() if not self._was_given(each)]
        parts = [each for each in self.parts if self._members(each)]
        also = [one for part in parts for one in self._follows(part)]
        also = [each for each in also if each.powers.any() and not self.memory.equal_to(each)]
        why = self._why
        if set(why) - {None, "few"} and len(why) > 1:
            # Which are few and which are hidden for their sake would tell more of the few.
            why = [None if each is None else "rest" for each in why]
        return Decision(
            why=tuple(why),
            sums=join_sums([self.counted.sums.rows(new), *also]),
            asked=(*(self.asked[each] for each in new), *(self._asked_together for _ in also)),
        )

    @property
    def _asked_together(self) -> Asked:
        return Asked(self.asked[0].people)

    def _given(self) -> list[int]:
        return [number for number, each in enumerate(self._why) if each is None]

    def _was_given(self, cell: int) -> bool:
        return self.memory.has_given(self.counted.sums.row(cell), self.asked[cell])

    def _leave_out_near(self) -> None:
        known = self.memory
        for cell in sorted(self._given(), key=lambda each: -int(self.counted.people[each])):
            row, asked = self.counted.sums.row(cell), self.asked[cell]
            if known.has_given(row, asked):
                continue
            if known.is_near(row, asked, self.least):
                self._why[cell] = "near"
            else:
                known = known.with_more(row, [asked], is_given=True)

    def _next_to_hide(self) -> int | None:
        """Return the next cell that is not given for the sake of others; None where all is well."""
        follows = self.memory
        for part in self.parts:
            if not (members := self._members(part)):
                continue
            if not self._is_safe(part, follows):
                return self._smallest(members)
            for each in self._follows(part):
                follows = follows.with_more(each, [self._asked_together], is_given=True)
        return self._tells_hidden()

    def _tells_hidden(self) -> int | None:
        """Return a cell to hide because totals of rows and columns together tell hidden ones."""
        for cells in derived_of(self._hidden(), self._equations()):
            if how_many(self._combined(cells), self.least)[0] != FEW:
                continue
            concerned = {cell for cell, _ in cells}
            beside = [
                each
                for part in self.parts
                if concerned & set(self._all_of(part))
                for each in (*self._members(part), *self._total_of(part))
            ]
            if beside:
                return self._smallest(beside)
        return None

    def _smallest(self, cells: Sequence[int]) -> int:
        return min(cells, key=lambda each: (int(self.counted.people[each]), each))

    def _hidden(self) -> list[int]:
        return [number for number, each in enumerate(self._why) if each is not None]

    def _all_of(self, part: Sum) -> Sequence[int]:
        return range(len(self._why)) if part.of is None else part.of

    def _members(self, part: Sum) -> list[int]:
        """Return the cells of a sum that are given."""
        return [each for each in self._all_of(part) if self._why[each] is None]

    def _total_of(self, part: Sum) -> list[int]:
        """Return the cell that is the total of a sum, where it is given."""
        return [] if part.total is None or self._why[part.total] is not None else [part.total]

    def _follows(self, part: Sum) -> list[Sums]:
        """Return what follows from the cells of a sum: what they are together, and what is left."""
        together = self.counted.sums.rows(self._members(part)).total()
        totals = [self.whole, *(self.counted.sums.row(each) for each in self._total_of(part))]
        return [together, *(each - together for each in totals)]

    def _is_safe(self, part: Sum, follows: Memory) -> bool:
        """Whether what follows from the cells of a sum tells nothing of few people.

        Args:
            part: The sum.
            follows: What is known besides the cells, and follows from sums before it.
        """
        together, *rests = self._follows(part)
        is_hiding = len(self._members(part)) < len(self._all_of(part))
        if is_hiding and not all(each.powers.any() for each in rests):
            # Hidden cells would be known to be empty.
            return False
        if (how_many(join_sums([together, *rests]), self.least) == FEW).any():
            return False
        if follows.equal_to(together):
            # What the whole leaves is new by how many people there are alone.
            rests = rests[1:]
        known = self._with_cells(follows, self._given())
        # A rest and the cells are the whole, which may be nearly that of another version: that
        # both are known tells nothing of the cells.
        members = self._members(part)
        alone = members if len(members) == 1 else []
        others = [each for each in self._given() if each not in alone]
        here = self._with_cells(follows.without_wholes(), others)
        here = here.with_more(self.whole, [self._asked_together], is_given=False)
        # Of one version nothing but that can be told: cells and rests are looked at together.
        is_one_version = follows.is_given.count(False) <= 1
        paired = [known] if is_one_version else [follows, here]
        if self._is_near(together, known, [known]):
            return False
        for each in rests:
            if self._is_near(each, known, paired):
                return False
            # What is left of one total is known beside what is left of the other.
            paired = [one.with_more(each, [self._asked_together], is_given=True) for one in paired]
        return True

    def _with_cells(self, known: Memory, cells: Sequence[int]) -> Memory:
        asked = [self.asked[each] for each in cells]
        return known.with_more(self.counted.sums.rows(list(cells)), asked, is_given=True)

    def _is_near(self, one: Sums, known: Memory, paired: Sequence[Memory]) -> bool:
        if not one.powers.any() or known.equal_to(one):
            return False
        both = (one - known.sums, one + known.sums)
        few = any((how_many(each, self.least) == FEW).any() for each in both)
        return few or any(each.is_near_pairs(one, self.least) for each in paired)

    def _equations(self) -> list[tuple[int, ...]]:
        """Return what is hidden of each sum that is known; numbers below 0 are no cells."""
        found = []
        for number, part in enumerate(self.parts):
            hidden = tuple(each for each in self._all_of(part) if self._why[each] is not None)
            if not hidden or (part.total is not None and not self._total_of(part)):
                continue
            total = self.whole if part.total is None else self.counted.sums.row(part.total)
            everyone = self.counted.sums.rows(list(self._all_of(part))).total()
            others = (-1 - number,) if (total - everyone).powers.any() else ()
            found.append((*hidden, *others))
        return found

    def _combined(self, cells: Sequence[tuple[int, int]]) -> Sums:
        total = no_sums(1)
        for cell, sign in cells:
            row = self.counted.sums.row(cell)
            total = total + row if sign > 0 else total - row
        return total
