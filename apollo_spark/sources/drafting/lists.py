"""Cells that hold several values: which separator parts a few values that repeat."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SEPARATORS = "|;,"
MOST_ITEMS = 100
LONGEST_ITEM = 64
MOST_TEXTS = 20_000
"""Different texts of a block that are taken apart."""


@dataclass(frozen=True)
class Parts:
    """What a separator makes of some cells.

    Attributes:
        cells: Cells in which it occurs.
        items: How often each value between separators occurs; None where they are many, long,
            empty, or have blanks around them.
        texts: Different cells.
    """

    cells: int = 0
    items: "Counter[str] | None" = field(default_factory=Counter)
    texts: int = 0

    def __add__(self, other: "Parts") -> "Parts":
        """Return what it makes of the cells of both."""
        items = None
        if self.items is not None and other.items is not None:
            both = self.items + other.items
            items = both if len(both) <= MOST_ITEMS else None
        return Parts(self.cells + other.cells, items, self.texts + other.texts)

    @property
    def is_list(self) -> bool:
        """Whether the cells look like lists: values of several cells, and fewer than cells."""
        if self.items is None or self.cells < 2:
            return False
        repeated = sum(times > 1 for times in self.items.values())
        return len(self.items) < self.texts and repeated >= 0.8 * len(self.items)


@dataclass(frozen=True)
class ListFacts:
    """What each separator makes of the cells of a column."""

    parts: Mapping[str, Parts] = field(default_factory=lambda: dict.fromkeys(SEPARATORS, Parts()))

    def __add__(self, other: "ListFacts") -> "ListFacts":
        """Return the facts of the cells of both."""
        return ListFacts({each: self.parts[each] + other.parts[each] for each in SEPARATORS})

    @property
    def separator(self) -> str | None:
        """The separator of several values, where cells look so."""
        return next((each for each in SEPARATORS if self.parts[each].is_list), None)

    @property
    def items(self) -> tuple[str, ...]:
        """The values between separators, sorted."""
        separator = self.separator
        return () if separator is None else tuple(sorted(self.parts[separator].items or ()))


NO_LISTS = ListFacts()
"""The facts of no cells."""
NOT_LISTS = ListFacts(dict.fromkeys(SEPARATORS, Parts(items=None)))
"""The facts of cells that hold one value each."""


def list_facts(bare: pa.Array, times: np.ndarray) -> ListFacts:
    """Return the facts of some different texts without blanks around them, and how often each is.

    Args:
        bare: Strings, each once.
        times: int64, how often each occurs.
    """
    return ListFacts({each: _parts(bare, times, each) for each in SEPARATORS})


def _parts(bare: pa.Array, times: np.ndarray, separator: str) -> Parts:
    has = np.asarray(pc.match_substring(bare, separator).to_numpy(zero_copy_only=False), bool)
    if not has.any():
        items = _items(bare, times, separator) if len(bare) <= MOST_ITEMS else None
        return Parts(0, items, len(bare))
    items = _items(bare, times, separator) if len(bare) <= MOST_TEXTS else None
    return Parts(int(times[has].sum()), items, len(bare))


def _items(bare: pa.Array, times: np.ndarray, separator: str) -> Counter[str] | None:
    found: Counter[str] = Counter()
    for text, count in zip(bare.to_pylist(), times.tolist(), strict=True):
        for item in text.split(separator):
            if not item or item != item.strip() or len(item) > LONGEST_ITEM:
                return None
            found[item] += count
        if len(found) > MOST_ITEMS:
            return None
    return found
