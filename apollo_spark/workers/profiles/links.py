"""Which rows of an entity are whose: of how many people a set of rows is."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
        of = self.people[chosen if self.rows is None else chosen[self.rows]]
        found = np.zeros(self.size + 1, np.bool_)
        found[of] = True
        # Nobody's place is the last one.
        return int(np.count_nonzero(found[:-1]))

    def pairs(self, rows: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for rows and a group of each the people and their groups, not each pair once."""
        if self.people is None:
            return rows, groups
        if self.rows is None:
            people = self.people[rows]
            return people[people >= 0], groups[people >= 0]
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
    known = pc.unique(above_values.drop_null())
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


def _codes(values: pa.Array, known: pa.Array) -> np.ndarray:
    found: np.ndarray = (
        pc.fill_null(pc.index_in(values, value_set=known, skip_nulls=True), NOBODY)
        .to_numpy(zero_copy_only=False)
        .astype(np.int64)
    )
    return found
