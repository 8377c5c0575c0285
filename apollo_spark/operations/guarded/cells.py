"""Cells of tables that are decided together: for each the people behind it, and what each adds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from apollo_spark.disclosure.table import Sum, Table
from apollo_spark.model.suppressed import Count, Suppressed

if TYPE_CHECKING:
    from apollo_spark.operations.disclosing import Disclosure

Weights = npt.NDArray[np.int64]
"""How much each person adds, in the order of the people."""


@dataclass(frozen=True)
class Cell:
    """A number that is to be given: the table that it is in, and its place there."""

    table: int
    number: int


@dataclass
class CellTable:
    """One table: cells whose sums are known.

    Attributes:
        number: Its number.
        people: The keys of the people, as texts.
        question: By what they were chosen: see `question_of`.
    """

    number: int
    people: pa.Array
    question: str
    _meanings: dict[int, str] = field(default_factory=dict)
    _cells: list[Weights] = field(default_factory=list)
    _sums: list[Sum] = field(default_factory=list)

    def add(self, weights: Weights, *, by_person: bool = False, meaning: str | None = None) -> Cell:
        """Add a cell.

        Args:
            weights: How much each person adds.
            by_person: Whether each of them counts once.
            meaning: By what its people were chosen, where that is a question of its own.
        """
        if meaning is not None:
            self._meanings[len(self._cells)] = meaning
        found = (weights > 0).astype(np.int64) if by_person else weights
        self._cells.append(found)
        return Cell(self.number, len(self._cells) - 1)

    def sum_up(self, of: Sequence[Cell], total: Cell | None) -> None:
        """Say which cells are parts of what total; None is the whole of the dataset.

        Cells without anybody are left out: that nobody is there may be told by what is beside
        them. Of one part the difference from the total is one of two numbers, which are compared.
        """
        parts = tuple(each.number for each in of if self._cells[each.number].any())
        if len(parts) > 1:
            self._sums.append(Sum(of=parts, total=None if total is None else total.number))

    def build(self) -> Table:
        """Return the table as it is decided."""
        places = [np.flatnonzero(each) for each in self._cells]
        cells = [np.full(len(each), number) for number, each in enumerate(places)]
        weights = [one[each] for one, each in zip(self._cells, places, strict=True)]
        empty = np.array([], dtype=np.int64)
        return Table(
            keys=self.people.take(pa.array(np.concatenate([empty, *places]))),
            cell=np.concatenate([empty, *cells]).astype(np.int64),
            cells=len(self._cells),
            weight=np.concatenate([empty, *weights]).astype(np.int64),
            sums=tuple(self._sums),
            question=self.question,
            questions=tuple(map(self._meanings.get, range(len(self._cells)))),
        )


class Sheet:
    """Collects tables, and has the answers to all of them when they are decided."""

    def __init__(self) -> None:
        self._tables: list[CellTable] = []
        self._given: list[list[Count]] = []

    def open(self, people: pa.Array, question: str) -> CellTable:
        """Begin a table about people, who were chosen by a question."""
        table = CellTable(len(self._tables), people, question)
        self._tables.append(table)
        return table

    def decide(self, disclosure: "Disclosure") -> None:
        """Ask what of all tables is given: once, when they are complete."""
        self._given = disclosure.give([each.build() for each in self._tables])

    def __getitem__(self, cell: Cell) -> Count:
        """Return what is given."""
        return self._given[cell.table][cell.number]

    def shows(self, cell: Cell) -> bool:
        """Return whether the number is given."""
        return not isinstance(self[cell], Suppressed)

    def number(self, cell: Cell) -> int | None:
        """Return the number, None where it is not given."""
        found = self[cell]
        return None if isinstance(found, Suppressed) else found

    def share(self, part: Cell, whole: Cell) -> float | None:
        """Return a share of what is given; None where one of both is not."""
        numbers = self.number(part), self.number(whole)
        if numbers[0] is None or not numbers[1]:
            return None
        return min(numbers[0] / numbers[1], 1.0)
