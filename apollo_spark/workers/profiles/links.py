"""Which rows of an entity are whose: of how many people a set of rows is."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.workers.profiles.cells import is_ascending, is_there, raw

NOBODY = -1


@dataclass(frozen=True)
class Links:
    """Rows of an entity and the people they are joined to, by numbers.

    Attributes:
        people: The person of each link, or of each row where `rows` is None; -1 is nobody.
            None where every row is a person of its own.
        rows: The row of each link, where a row may have several people.
        size: How many people there are; there is nobody where nothing joins the entity.
        dangling: Rows that refer to something that is not there.
    """

    people: np.ndarray | None = None
    rows: np.ndarray | None = None
    size: int = 0
    dangling: int = 0

    def count(self, chosen: np.ndarray) -> int:
        """Count the people of some rows.

        Args:
            chosen: For each row whether it is one of them.
        """
        if self.people is None:
            return int(np.count_nonzero(chosen))
        gone = np.flatnonzero(~chosen)
        if self.rows is None and len(gone) < len(chosen) // 2:
            # Mostly few rows lack a value: whose they all are has none.
            lost = self._rows_of_each(gone)
            return self._joined - int(np.count_nonzero((lost == self._counts) & (lost > 0)))
        of = self.people[chosen if self.rows is None else chosen[self.rows]]
        found = np.zeros(self.size + 1, np.bool_)
        found[of] = True
        # Nobody's place is the last one.
        return int(np.count_nonzero(found[:-1]))

    def _rows_of_each(self, rows: np.ndarray | slice) -> np.ndarray:
        """Return how many of some rows each person has."""
        assert self.people is not None, "each row is a person of its own"
        return np.bincount(self.people[rows] + 1, minlength=self.size + 1)[1:]

    @cached_property
    def _counts(self) -> np.ndarray:
        return self._rows_of_each(slice(None))

    @cached_property
    def _joined(self) -> int:
        return int(np.count_nonzero(self._counts))

    @cached_property
    def _has_nobody(self) -> bool:
        return bool(self.people is not None and len(self.people) and self.people.min() == NOBODY)

    def pairs(self, rows: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for rows and a group of each the people and their groups, not each pair once."""
        if self.people is None:
            return rows, groups
        if self.rows is None:
            people = self.people[rows]
            is_one = people >= 0 if self._has_nobody else slice(None)
            return people[is_one], groups[is_one]
        order = np.argsort(self.rows, kind="stable")
        first = np.searchsorted(self.rows[order], rows, "left")
        counts = np.searchsorted(self.rows[order], rows, "right") - first
        places = np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        return self.people[order][places], np.repeat(groups, counts)


NO_LINKS = Links(people=np.zeros(0, np.int64), rows=np.zeros(0, np.int64))
"""Those of an entity that nothing joins to people."""
OWN = Links()
"""Those of the main entity: every row is a person."""


def follow(values: pa.Array, above_values: pa.Array, above: Links) -> Links:
    """Return the links of rows that are joined to rows with links.

    Args:
        values: What each row refers by, or is referred to by.
        above_values: The same of the rows that have links.
        above: Their links.
    """
    known = _each_once(above_values)
    codes = _codes(values, known)
    # Mostly they are keys, each once and none missing.
    is_key = len(known) == len(above_values)
    above_codes = np.arange(len(known)) if is_key else _codes(above_values, known)
    size = above.size if above.people is not None else len(above_values)
    dangling = int(np.count_nonzero(codes == NOBODY)) - values.null_count
    if len(known) + above_values.null_count == len(above_values) and above.rows is None:
        # The last place is that of references to nothing.
        person_of = np.full(len(known) + 1, NOBODY, np.int64)
        has_code = above_codes != NOBODY
        people = np.arange(len(above_values)) if above.people is None else above.people
        person_of[above_codes[has_code]] = people[has_code]
        return Links(person_of[codes], None, size, dangling)
    order = np.argsort(codes, kind="stable")
    first = np.searchsorted(codes[order], np.arange(len(known)), "left")
    counts = np.append(np.searchsorted(codes[order], np.arange(len(known)), "right") - first, 0)
    rows = np.arange(len(above_values)) if above.rows is None else above.rows
    people = rows if above.people is None else above.people
    of = above_codes[rows]
    kept = (of != NOBODY) & (people != NOBODY)
    of, people = of[kept], people[kept]
    times = counts[of]
    places = np.repeat(first[of] - np.cumsum(times) + times, times) + np.arange(times.sum())
    return Links(np.repeat(people, times), order[places], size, dangling)


def encode(values: pa.Array, above_values: pa.Array) -> pa.DictionaryArray:
    """Return values as places among those that are different.

    Args:
        values: What each row refers by, or is referred to by.
        above_values: The same of the rows above: mostly all are among them.
    """
    known = _each_once(above_values)
    places = pc.index_in(values, value_set=known, skip_nulls=True)
    if places.null_count > values.null_count:
        return values.dictionary_encode()
    return pa.DictionaryArray.from_arrays(places, known)


def _each_once(values: pa.Array) -> pa.Array:
    return values if is_ascending(values) else pc.unique(values.drop_null())


def _codes(values: pa.Array, known: pa.Array) -> np.ndarray:
    """Return the place of each value among those that are known."""
    if pa.types.is_dictionary(values.type):
        there, different = is_there(values), values.dictionary
        of = np.arange(len(known)) if different.equals(known) else _codes(different, known)
        places = np.full(len(values), NOBODY, np.int64)
        places[there] = of[raw(values.indices)[there]]
        return places
    found: np.ndarray = (
        pc.fill_null(pc.index_in(values, value_set=known, skip_nulls=True), NOBODY)
        .to_numpy(zero_copy_only=False)
        .astype(np.int64)
    )
    return found
