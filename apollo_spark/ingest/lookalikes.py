"""Find keys that differ by what nobody sees: blanks, characters without a glyph, normal forms.

A key that looks as it is written differs from all others of its kind. So only keys that look like
something else are compared, and where there is none, one question a column is all.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.workers.values.unseen import without_unseen

RULE = "key_lookalike"
KEY, LOOK = "key", "look"
LOOKS = pa.schema([pa.field(KEY, pa.string()), pa.field(LOOK, pa.string())])


class KeyColumn(ABC):
    """A column of texts that are keys, or refer to keys."""

    @abstractmethod
    def maybe_odd(self) -> Iterable[pa.Array]:
        """Yield the keys that may look like another text, each once, and perhaps others."""

    @abstractmethod
    def keys(self) -> Iterable[pa.Array]:
        """Yield all keys, as often as it likes."""

    @cached_property
    def odd(self) -> pa.Table:
        """The keys that look like another text, each once, with that."""
        found = [odd_ones(each) for each in self.maybe_odd()]
        return pa.concat_tables(found) if found else LOOKS.empty_table()

    def looking_like(self, looks: pa.Array) -> pa.Table:
        """Return the different keys that look like any of some texts, with their looks."""
        if len(looks) == 0:
            return LOOKS.empty_table()
        odd = self.odd.filter(pc.is_in(self.odd.column(LOOK), value_set=looks))
        plain = self.holding(looks)
        as_written = plain.filter(pc.equal(plain, without_unseen(plain)))
        return pa.concat_tables([odd, pa.table([as_written, as_written], schema=LOOKS)])

    def holding(self, values: pa.Array) -> pa.Array:
        """Return those of some values that are in the column, each once."""
        if len(values) == 0:
            return pa.array([], pa.string())
        found = [each.filter(pc.is_in(each, value_set=values)) for each in self.keys()]
        return pa.chunked_array(found, pa.string()).unique() if found else pa.array([], pa.string())


@dataclass(frozen=True)
class HeldColumn(KeyColumn):
    """One that is in memory, without missing values."""

    values: pa.Array

    def maybe_odd(self) -> Iterable[pa.Array]:
        """Give all of them, each once."""
        return [self.values.unique()]

    def keys(self) -> Iterable[pa.Array]:
        """Give all of them."""
        return [self.values]


def odd_ones(keys: pa.Array) -> pa.Table:
    """Return the keys of some that look like another text, with that."""
    looks = without_unseen(keys)
    pairs = pa.table([keys, looks], schema=LOOKS)
    return pairs.filter(pc.not_equal(keys, looks))


def find_lookalikes(keys: KeyColumn) -> pa.Array:
    """Return the keys of a column that look like another key of it."""
    return find_alike(keys.looking_like(keys.odd.column(LOOK).unique()))


def find_alike(pairs: pa.Table) -> pa.Array:
    """Return those of some different keys whose look several have."""
    times = pc.value_counts(pairs.column(LOOK).combine_chunks())
    several = times.field("values").filter(pc.greater(times.field("counts"), 1))
    found = pairs.filter(pc.is_in(pairs.column(LOOK), value_set=several))
    return found.column(KEY).combine_chunks()


def find_meant(values: pa.Array, keys: KeyColumn) -> pa.Array:
    """Return those of some values, none of them a key of a column, that look like one."""
    if not pa.types.is_string(values.type) or len(values) == 0:
        return values.slice(0, 0)
    looks = without_unseen(values)
    found = keys.looking_like(looks.unique()).column(LOOK).combine_chunks()
    return values.filter(pc.is_in(looks, value_set=found))


def find_new_lookalikes(given: KeyColumn, stored: KeyColumn) -> pa.Array:
    """Return the keys given that look like a stored one, and are none themselves."""
    alike = stored.looking_like(given.odd.column(LOOK).unique()).column(LOOK).combine_chunks()
    odd = given.odd.filter(pc.is_in(given.odd.column(LOOK), value_set=alike)).column(KEY)
    plain = given.holding(stored.odd.column(LOOK).unique())
    candidates = pa.chunked_array([*odd.chunks, plain], pa.string()).unique()
    return without(candidates, stored.holding(candidates))


def find_hidden_lookalikes(
    given: KeyColumn, stored: KeyColumn, shown: KeyColumn, taken: pa.Array
) -> pa.Array:
    """Return the keys given that look like a hidden one, those that are shown excepted.

    Args:
        given: The keys given.
        stored: All that are stored.
        shown: Those of them that are shown.
        taken: Keys that are hidden wherever they are.
    """
    near = pa.concat_tables([stored.looking_like(given.odd.column(LOOK).unique()), stored.odd])
    keys = near.column(KEY).unique()
    hidden = near.filter(pc.is_in(near.column(KEY), value_set=without(keys, shown.holding(keys))))
    looks = joined(hidden.column(LOOK).combine_chunks(), without_unseen(taken))
    found = given.looking_like(looks).column(KEY).unique()
    return without(found, shown.holding(found))


def find_like_taken(given: KeyColumn, taken: pa.Array) -> pa.Array:
    """Return the keys given that look like one of some, and are none of them."""
    found = given.looking_like(without_unseen(taken).unique())
    return without(found.column(KEY).combine_chunks(), taken)


def without(values: pa.Array, others: pa.Array) -> pa.Array:
    """Return the values that are not among others."""
    if len(others) == 0:
        return values
    return values.filter(pc.invert(pc.is_in(values, value_set=others.cast(values.type))))


def joined(first: pa.Array | None, second: pa.Array) -> pa.Array:
    """Return the values of both, each once."""
    return second if first is None else pa.concat_arrays([first, second]).unique()
