"""Count one field: rows, people, missing, codes, numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.workers.profiles.codes import count_codes
from apollo_spark.workers.profiles.links import Links
from apollo_spark.workers.profiles.numbers import describe_dates, describe_numbers
from apollo_spark.workers.profiles.spec import CODES, DATE, KEY, NUMBER, TEXT, Codes, CountedField

MOST_VALUES = 100
"""Values that are listed, the commonest first; of the others it is said how many there are."""


def count_field(values: pa.Array, field: CountedField, links: Links) -> dict[str, Any]:
    """Return what the values of a field are like, as JSON values.

    Args:
        values: A value for each row.
        field: What it is counted as.
        links: Whose the rows are.
    """
    cells = _cells(values, is_list=field.is_list)
    sparse = _is_code(cells.items, field.sparse)
    ordinary, special = cells.split(sparse)
    present, with_sparse = ordinary.is_in_row, special.is_in_row
    count = int(np.count_nonzero(present))
    only_sparse = int(np.count_nonzero(with_sparse & ~present)) if len(special.items) else 0
    listed = _listed(special, field.sparse, links)
    return {
        "rows": len(values),
        "present": count,
        "missing": len(values) - count - only_sparse,
        "sparse": only_sparse,
        "people": links.count(present),
        **({"sparse_codes": listed} if listed else {}),
        **_described(ordinary, field, links),
    }


@dataclass(frozen=True)
class _Cells:
    """Values that are there, none of them missing.

    Attributes:
        items: The values.
        size: How many rows there are.
        held: The row of each; of cells of one value each, for each row whether it has one.
    """

    items: pa.Array
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

    def split(self, chosen: np.ndarray | None) -> "tuple[_Cells, _Cells]":
        """Return the values that are not chosen, and those that are."""
        if chosen is None or not chosen.any():
            return self, _Cells(self.items[:0], self.size, np.zeros(0, np.int64))
        rows = self.rows
        return tuple(  # type: ignore[return-value]
            _Cells(self.items.filter(pa.array(each)), self.size, rows[each])
            for each in (~chosen, chosen)
        )


def _cells(values: pa.Array, *, is_list: bool) -> _Cells:
    """Return the values that are there; a list may hold several."""
    if not is_list:
        there = values.is_valid().to_numpy(zero_copy_only=False)
        return _Cells(values.drop_null() if values.null_count else values, len(values), there)
    items = pc.list_flatten(values)
    rows = pc.list_parent_indices(values).to_numpy(zero_copy_only=False).astype(np.int64)
    if items.null_count:
        rows = rows[items.is_valid().to_numpy(zero_copy_only=False)]
    return _Cells(items.drop_null(), len(values), rows)


def _is_code(items: pa.Array, codes: Codes) -> np.ndarray | None:
    if not codes.texts:
        return None
    known = pa.array(list(codes.by_value), items.type)
    found: np.ndarray = pc.is_in(items, value_set=known).to_numpy(zero_copy_only=False)
    return found


def _listed(cells: _Cells, codes: Codes, links: Links) -> list[dict[str, Any]]:
    """Return the sparse codes that occur, each counted."""
    if not len(cells.items):
        return []
    return count_codes(cells.items.dictionary_encode(), cells.rows, codes, links)


def _described(cells: _Cells, field: CountedField, links: Links) -> Mapping[str, Any]:
    items = cells.items
    if field.kind == NUMBER:
        return describe_numbers(items)
    if field.kind == DATE:
        return describe_dates(items)
    if field.kind == KEY:
        return {"distinct": _count_different(items)}
    assert field.kind in (CODES, TEXT), "a field is counted in one of five ways"
    encoded = items.dictionary_encode()
    different = len(encoded.dictionary)
    if field.kind == TEXT and different > MOST_VALUES:
        return {"distinct": different}
    found = count_codes(encoded, cells.rows, field.codes, links)
    listed = found[:MOST_VALUES]
    if field.kind == TEXT:
        # What one row alone says may be about one person alone.
        listed = [each for each in listed if each["rows"] > 1]
    return {"distinct": different, "values": listed, "values_left_out": len(found) - len(listed)}


def _count_different(keys: pa.Array) -> int:
    """Return how many different keys there are; mostly they are in order, and all of them are."""
    if pc.all(pc.greater(keys[1:], keys[:-1])).as_py():
        return len(keys)
    return int(pc.count_distinct(keys).as_py())
