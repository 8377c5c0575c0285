"""Lists of repeated measures as columns, one for each slot: a visit's number, or its place."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Spread:
    """Lists that become columns.

    Attributes:
        column: The column with the list of the slots of each row, in whose order other lists are.
        slots: The slots that are columns.
    """

    column: int
    slots: tuple[int, ...]


@dataclass(frozen=True)
class Held:
    """Where keys or values are: a column, with lists where there is a spread."""

    column: int
    spread: Spread | None = None


@dataclass(frozen=True)
class OwnFields:
    """A field that comes with the keys; of a spread its places are those of the slots."""

    held: Held
    places: tuple[int, ...]


class Measures:
    """For every slot, which item of all lists is that of each row.

    Args:
        lists: The slots of each row.
        slots: The slots that are columns.
    """

    def __init__(self, lists: pa.Array, slots: Sequence[int]) -> None:
        self.rows = len(lists)
        of_row = pc.list_parent_indices(lists).to_numpy()
        found = pc.index_in(pc.list_flatten(lists), value_set=pa.array(slots, pa.int64()))
        numbers = pc.fill_null(found, -1).to_numpy()
        order = np.argsort(numbers, kind="stable")
        self._items = order
        self._of_row = of_row[order]
        self._ends = np.searchsorted(numbers[order], np.arange(len(slots) + 1))

    def items(self, number: int) -> pa.Array:
        """Return for each row the item of a slot by its number, missing where it has none."""
        some = slice(self._ends[number], self._ends[number + 1])
        found = np.full(self.rows, -1)
        found[self._of_row[some]] = self._items[some]
        return pa.array(found, mask=found < 0)
