"""The values of a column in arrays of numpy: those that are there, and the row of each."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.workers.profiles.spec import CODES, KEY, TEXT, Codes, CountedField


@dataclass(frozen=True)
class Cells:
    """Values that are there, none of them missing.

    Attributes:
        items: Numbers, dates as days, times as microseconds; of what is counted value by value the
            place of each in `different`.
        different: The values that `items` are places of; some of them may be nowhere. None where
            they are places of nothing, and of numbers and dates.
        type: The type of numbers and dates.
        size: How many rows there are.
        held: The row of each; of cells of one value each, for each row whether it has one.
    """

    items: np.ndarray
    different: pa.Array | None
    type: pa.DataType
    size: int
    held: np.ndarray

    @property
    def is_in_row(self) -> np.ndarray:
        """For each row whether it has any of the values."""
        if self.held.dtype == np.bool_:
            return self.held
        found = np.zeros(self.size, np.bool_)
        found[self.held] = True
        return found

    @property
    def rows(self) -> np.ndarray:
        """The row of each value."""
        return np.flatnonzero(self.held) if self.held.dtype == np.bool_ else self.held

    def split(self, codes: Codes) -> "tuple[Cells, Cells | None]":
        """Return the values that are none of some codes, and those that are, if any is."""
        chosen = self._are(codes) if codes.texts else None
        if chosen is None or not chosen.any():
            return self, None
        rows = self.rows
        return self._some(~chosen, rows), self._some(chosen, rows)

    def encoded(self) -> "tuple[np.ndarray, pa.Array]":
        """Return the place of each value among those that there are, and these."""
        if self.different is None:
            found, places = np.unique(self.items, return_inverse=True)
            return places, pa.array(found).view(self.type)
        there = np.bincount(self.items, minlength=len(self.different)) > 0
        if there.all():
            return self.items, self.different
        return (np.cumsum(there) - 1)[self.items], self.different.filter(pa.array(there))

    def _some(self, chosen: np.ndarray, rows: np.ndarray) -> "Cells":
        return Cells(self.items[chosen], self.different, self.type, self.size, rows[chosen])

    def _are(self, codes: Codes) -> np.ndarray:
        known = pa.array(list(codes.by_value), self.type)
        if self.different is None:
            return np.isin(self.items, raw(known))
        chosen = pc.is_in(self.different, value_set=known).to_numpy(zero_copy_only=False)
        found: np.ndarray = chosen[self.items]
        return found


def cells_of(values: pa.Array, field: CountedField) -> Cells:
    """Return the values of a column that are there; a cell of a list may hold several."""
    items = pc.list_flatten(values) if field.is_list else values
    held = there = is_there(items)
    if field.is_list:
        held = pc.list_parent_indices(values).to_numpy(zero_copy_only=False)[there]
    type_, different = items.type, None
    if field.kind == KEY and is_ascending(items):
        return Cells(np.arange(len(items)), None, type_, len(values), held)
    if field.kind in (CODES, TEXT, KEY):
        encoded = items if pa.types.is_dictionary(type_) else items.dictionary_encode()
        items, different, type_ = encoded.indices, encoded.dictionary, encoded.dictionary.type
    numbers = raw(items)
    kept = numbers if there.all() else numbers[there]
    return Cells(kept, different, type_, len(values), held)


def is_ascending(values: pa.Array) -> bool:
    """Whether every value is greater than the one before it, and none is missing."""
    if values.null_count or pa.types.is_dictionary(values.type):
        return False
    # Where it is not so, mostly the first ones say it.
    return all(pc.all(pc.greater(some[1:], some[:-1])).as_py() for some in (values[:999], values))


def is_there(values: pa.Array) -> np.ndarray:
    """Return for each value whether it is not missing."""
    bits = values.buffers()[0] if values.null_count else None
    if bits is None:
        return np.ones(len(values), np.bool_)
    end = values.offset + len(values)
    found = np.unpackbits(np.frombuffer(bits, np.uint8), count=end, bitorder="little")
    return found[values.offset :].view(np.bool_)


def raw(values: pa.Array) -> np.ndarray:
    """Return numbers, days or microseconds as they lie in memory, anything for missing ones."""
    kind = "f" if pa.types.is_floating(values.type) else "i"
    dtype = np.dtype(f"{kind}{values.type.bit_width // 8}")
    data: Any = values.buffers()[1]
    if data is None or not len(values):
        return np.zeros(len(values), dtype)
    return np.frombuffer(data, dtype, len(values), values.offset * dtype.itemsize)
