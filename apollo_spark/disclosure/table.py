"""Numbers that are asked for together: cells of a table, and which of them make up which."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from apollo_spark.disclosure.people import Marks, marks_of
from apollo_spark.disclosure.sums import Sums, sums_of

EVERYBODY = ""
"""The question of all people that a dataset shows."""


@dataclass(frozen=True)
class Sum:
    """Cells that make up a number that is known when it is shown.

    Attributes:
        of: The cells; None are all.
        total: The cell that shows what they are together; None is everybody of the dataset.
    """

    of: tuple[int, ...] | None = None
    total: int | None = None


@dataclass(frozen=True)
class Table:
    """Numbers that are asked for together.

    Attributes:
        keys: The key of a person for each row.
        cell: The number of the cell that the row is in; None is the first one.
        cells: How many cells there are, those without people too.
        weight: What the row counts; None counts each person once in a cell.
        sums: Which cells make up which.
        question: By which filter people were chosen, in one form, without the dataset's version.
        questions: What each cell means, in the same form; None where that is not said. Of a
            question of one cell it is that of the people.
    """

    keys: pa.Array | pa.ChunkedArray
    cell: np.ndarray | None = None
    cells: int = 1
    weight: np.ndarray | None = None
    sums: tuple[Sum, ...] = (Sum(),)
    question: str = EVERYBODY
    questions: tuple[str | None, ...] | None = None

    def question_of(self, cell: int) -> str | None:
        """Return what a cell means, where it is known."""
        if self.questions is not None:
            return self.questions[cell]
        return self.question if self.cells == 1 else None


@dataclass(frozen=True)
class Counted:
    """A table, counted.

    Attributes:
        sums: The sums behind each cell.
        people: How many people are behind it.
        numbers: What it would show.
    """

    sums: Sums
    people: np.ndarray
    numbers: np.ndarray


def count_table(table: Table, secret: bytes) -> Counted:
    """Count the people of each cell, and sum up who they are."""
    rows = len(table.keys)
    cell = np.zeros(rows, np.int64) if table.cell is None else table.cell.astype(np.int64)
    marks = marks_of(table.keys, secret)
    order = np.lexsort((marks.ids, cell))
    cell, ids = cell[order], marks.ids[order]
    is_first = np.ones(rows, bool)
    is_first[1:] = (cell[1:] != cell[:-1]) | (ids[1:] != ids[:-1])
    first = np.flatnonzero(is_first)
    if table.weight is None:
        weight = np.ones(len(first), np.int64)
    else:
        weights = table.weight.astype(np.int64)[order]
        weight = np.add.reduceat(weights, first) if len(first) else weights
    kept = weight != 0
    at = order[first][kept]
    cell, weight = cell[first][kept], weight[kept]
    numbers = np.zeros(table.cells, np.int64)
    np.add.at(numbers, cell, weight)
    once = Marks(marks.ids[at], marks.nodes[at], marks.groups[at], marks.factors[at])
    return Counted(
        sums_of(once, cell, weight, table.cells),
        np.bincount(cell, minlength=table.cells),
        numbers,
    )
