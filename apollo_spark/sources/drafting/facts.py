"""What a draft needs to know of a column: ids, marks among numbers, dates, values in one cell.

Facts of parts of a file can be added, so that a file is read once, a block at a time.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.model.field import FieldType
from apollo_spark.sources.drafting.formats import (
    ANY_FORMAT,
    DENSE,
    FormatFacts,
    format_facts,
    kind_of,
)
from apollo_spark.sources.drafting.lists import NO_LISTS, NOT_LISTS, ListFacts, list_facts
from apollo_spark.sources.drafting.marks import NO_MARKS, MarkFacts, mark_facts
from apollo_spark.sources.inference.distinct import distinct, united
from apollo_spark.sources.inference.infer import ColumnFacts, facts_of_counted, iterate_columns
from apollo_spark.workers.values.cellhash import hash_texts
from apollo_spark.workers.values.convert import trim
from apollo_spark.workers.values.spec import Block

LONGEST_ID = 64
"""Bytes of the longest text that may tell rows apart."""
MOST_IDS = 32_000_000
"""Different values of a column that are kept to look for keys, 8 bytes each."""
MOST_ODD = 12
"""Different texts among numbers that are kept."""
_NUMBER = r"^\s*[+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][+-]?[0-9]+)?\s*$"


@dataclass(frozen=True)
class DraftFacts:
    """What is known of the cells of a column.

    Attributes:
        rows: Cells, those without a value too.
        column: The types that fit, and the values where they are few.
        filled: Cells with a value.
        shortest: Bytes of the shortest value; 0 where there is none.
        ids: Hashes of the different values, sorted; None where they cannot tell rows apart.
        numbers: Cells that are numbers.
        odd: The texts that are no numbers, with how often; None where they are many.
        marks: What may be codes among numbers.
        formats: The formats of dates and numbers that fit.
        lists: The separators that may part several values of a cell.
    """

    rows: int = 0
    column: ColumnFacts = field(default_factory=ColumnFacts)
    filled: int = 0
    shortest: int = 0
    ids: np.ndarray | None = field(default_factory=lambda: np.empty(0, np.uint64))
    numbers: int = 0
    odd: "Counter[str] | None" = field(default_factory=Counter)
    marks: MarkFacts = NO_MARKS
    formats: FormatFacts = ANY_FORMAT
    lists: ListFacts = NO_LISTS

    def __add__(self, other: "DraftFacts") -> "DraftFacts":
        """Return the facts of the cells of both."""
        return DraftFacts(
            rows=self.rows + other.rows,
            column=self.column + other.column,
            filled=self.filled + other.filled,
            shortest=min(filter(None, (self.shortest, other.shortest)), default=0),
            ids=_united(self.ids, other.ids),
            numbers=self.numbers + other.numbers,
            odd=_joined(self.odd, other.odd),
            marks=self.marks + other.marks,
            formats=self.formats + other.formats,
            lists=self.lists + other.lists,
        )

    @property
    def format(self) -> str | None:
        """The format by which all cells are dates or numbers; None where they are as usual."""
        usual, formats = self.column.type, self.formats
        if not self.filled or usual not in (FieldType.STRING, FieldType.INTEGER):
            return None
        if usual is FieldType.INTEGER:
            return DENSE if DENSE in formats.fitting else None
        return next(iter(formats.dates), formats.number)

    @property
    def type(self) -> FieldType:
        """The type of the field that the column is to be."""
        if self.format is None:
            return self.column.type
        is_whole = self.format in self.formats.whole
        return FieldType.INTEGER if is_whole else FieldType(kind_of(self.format))

    @property
    def is_unique(self) -> bool:
        """Whether no value of the column occurs twice; without values it is not."""
        return self.ids is not None and 0 < self.filled == len(self.ids)


def _united(first: np.ndarray | None, second: np.ndarray | None) -> np.ndarray | None:
    if first is None or second is None:
        return None
    both = united(first, second)
    return both if len(both) <= MOST_IDS else None


def _joined(first: Counter[str] | None, second: Counter[str] | None) -> Counter[str] | None:
    if first is None or second is None:
        return None
    both = first + second
    return both if len(both) <= MOST_ODD else None


@dataclass(frozen=True)
class DraftTask:
    """A block of a file, the columns that are looked at, and the texts that mean missing."""

    block: Block
    columns: tuple[str, ...]
    missing: tuple[str, ...]


def run_draft(task: DraftTask) -> dict[str, DraftFacts]:
    """Return the facts of the columns of a block, as far as it can be read."""
    found = {each: DraftFacts() for each in task.columns}
    for name, texts in iterate_columns(task.block, task.columns, task.missing):
        found[name] += draft_facts(texts, task.missing)
    return found


def draft_facts(texts: pa.Array, missing: Sequence[str]) -> DraftFacts:
    """Return the facts of some cells.

    Args:
        texts: Strings; null where they are missing.
        missing: Texts that mean missing once the blanks around them are gone.
    """
    counted = pc.value_counts(texts.drop_null())
    column = facts_of_counted(counted, missing)
    bare, times = _trimmed(counted, missing)
    is_number = _numbers(bare)
    return DraftFacts(
        rows=len(texts),
        column=column,
        filled=int(times.sum()),
        shortest=pc.min(pc.binary_length(bare)).as_py() or 0,
        ids=_ids(bare, column),
        numbers=int(times[is_number].sum()),
        odd=_odd(bare, times, is_number),
        marks=mark_facts(bare, times, is_number),
        formats=format_facts(bare, column.kinds),
        lists=NOT_LISTS if column.kinds else list_facts(bare, times),
    )


def _trimmed(counted: pa.StructArray, missing: Sequence[str]) -> tuple[pa.Array, np.ndarray]:
    """Return the different values without blanks around them, and how often each occurs."""
    bare, times = trim(counted.field("values"), tuple(missing)), counted.field("counts").to_numpy()
    is_there = pc.is_valid(bare).to_numpy(zero_copy_only=False)
    bare, times = bare.drop_null(), times[is_there]
    encoded = bare.dictionary_encode()
    if len(encoded.dictionary) == len(bare):
        return bare, times
    sums = np.bincount(encoded.indices.to_numpy(), weights=times)
    return encoded.dictionary, sums.astype(np.int64)


def _numbers(bare: pa.Array) -> np.ndarray:
    found = pc.match_substring_regex(bare, _NUMBER)
    return np.asarray(found.to_numpy(zero_copy_only=False), bool)


def _odd(bare: pa.Array, times: np.ndarray, is_number: np.ndarray) -> Counter[str] | None:
    if len(bare) - int(is_number.sum()) > MOST_ODD:
        return None
    texts = bare.filter(pa.array(~is_number)).to_pylist()
    return Counter(dict(zip(texts, times[~is_number].tolist(), strict=True)))


def _ids(bare: pa.Array, column: ColumnFacts) -> np.ndarray | None:
    """Return hashes of the values, but of columns that hold measurements and times."""
    if column.kinds and "integer" not in column.kinds:
        return None
    if len(bare) and pc.max(pc.binary_length(bare)).as_py() > LONGEST_ID:
        return None
    return distinct(hash_texts(bare))
