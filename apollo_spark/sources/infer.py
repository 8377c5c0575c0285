"""What the cells of a column have in common: the types that they fit, and which few they are.

Facts of parts of a file can be added. A type fits a column only if it fits every cell: the same
code decides here and when the rows are written.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.model.field import FieldType
from apollo_spark.workers.chunks import iterate_chunks
from apollo_spark.workers.convert import BLANKS, convert, trim
from apollo_spark.workers.numerals import parse_integer
from apollo_spark.workers.parse import parse_columns
from apollo_spark.workers.source import InputProblemError
from apollo_spark.workers.spec import Block, ColumnType

KINDS: tuple[ColumnType, ...] = ("integer", "float", "date", "datetime")
"""Types that a column may have beside text, the narrowest first."""
MOST_CODES = 20
LONGEST_CODE = 64
LARGEST_CODE = 999
"""Whole numbers further from zero than this are quantities rather than codes."""
FIRST_LOOK = 16
LOOK = 4096

# An identifier that numbers would change: digits after a leading zero, or more than a float keeps.
_ZERO_FIRST = "^[+-]?0[0-9]"
_MANY_DIGITS = "^[+-]?[0-9]{16,}$"


@dataclass(frozen=True)
class ColumnFacts:
    """What is known of the cells of a column.

    Attributes:
        kinds: Types beside text that fit all of them.
        has_value: Whether any is more than blanks.
        has_many_digits: Whether any is a whole number that a float may not keep.
        counts: How often each text stands there; None where they are more than `MOST_CODES`.
    """

    kinds: frozenset[ColumnType] = frozenset(KINDS)
    has_value: bool = False
    has_many_digits: bool = False
    counts: "Counter[str] | None" = field(default_factory=Counter)

    def __add__(self, other: "ColumnFacts") -> "ColumnFacts":
        """Return the facts of the cells of both."""
        return ColumnFacts(
            kinds=self.kinds & other.kinds,
            has_value=self.has_value or other.has_value,
            has_many_digits=self.has_many_digits or other.has_many_digits,
            counts=_joined(self.counts, other.counts),
        )

    @property
    def type(self) -> FieldType:
        """The narrowest type that fits; a column without values is text."""
        if not self.has_value:
            return FieldType.STRING
        lost = {"float"} if self.has_many_digits else set()
        found = next((each for each in KINDS if each in self.kinds - lost), "string")
        return FieldType(found)

    @property
    def codes(self) -> tuple[str, ...] | None:
        """The values, where they are few, short and each repeated: then they are categories."""
        if not self.counts or not self.has_value:
            return None
        if self.type is FieldType.INTEGER:
            return _small_numbers(self.counts)
        if self.type is not FieldType.STRING:
            return None
        return tuple(sorted(self.counts)) if _are_codes(self.counts) else None


def _joined(first: Counter[str] | None, second: Counter[str] | None) -> Counter[str] | None:
    if first is None or second is None:
        return None
    both = first + second
    return both if len(both) <= MOST_CODES else None


def _are_codes(counts: Counter[str]) -> bool:
    return all(
        times > 1 and text == text.strip() and len(text) <= LONGEST_CODE and text.isprintable()
        for text, times in counts.items()
    )


def _small_numbers(counts: Counter[str]) -> tuple[str, ...] | None:
    numbers: Counter[int] = Counter()
    for text, times in counts.items():
        # What is no number here means missing: all others were seen to be numbers.
        number = parse_integer(text.strip(BLANKS))
        if number is not None:
            numbers[number] += times
    if any(times < 2 or abs(number) > LARGEST_CODE for number, times in numbers.items()):
        return None
    return tuple(str(number) for number in sorted(numbers))


def facts_of(texts: pa.Array, missing: Sequence[str]) -> ColumnFacts:
    """Return the facts of some cells.

    Args:
        texts: The cells; null where they are missing.
        missing: Texts that mean missing once the blanks around them are gone.
    """
    counted = pc.value_counts(texts.drop_null())
    values, numbers = counted.field("values"), counted.field("counts")
    bare = trim(values, tuple(missing)).drop_null()
    kinds = frozenset(each for each in KINDS if _fits(bare, each))
    if _any_match(bare, _ZERO_FIRST):
        kinds -= {"integer", "float"}
    few = len(values) <= MOST_CODES
    pairs = zip(values.to_pylist(), numbers.to_pylist(), strict=True) if few else ()
    return ColumnFacts(
        kinds=kinds,
        has_value=len(bare) > 0,
        has_many_digits="float" in kinds and _any_match(bare, _MANY_DIGITS),
        counts=Counter(dict(pairs)) if few else None,
    )


def _fits(texts: pa.Array, kind: ColumnType) -> bool:
    """Whether all texts are values of a type; the first few tell for most that are not."""
    start, size = 0, FIRST_LOOK
    while start < len(texts):
        found = convert(texts.slice(start, size), kind, ())
        if found.bad.any() or found.partial.any():
            return False
        start, size = start + size, LOOK
    return True


def _any_match(texts: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())


@dataclass(frozen=True)
class InferTask:
    """A block of a file, and the columns that are looked at."""

    block: Block
    columns: tuple[str, ...]
    missing: tuple[str, ...]


def run_infer(task: InferTask) -> dict[str, ColumnFacts]:
    """Return the facts of the columns of a block, as far as it can be read."""
    found = {each: ColumnFacts() for each in task.columns}
    file = task.block.file
    positions = [file.header.index(each) for each in task.columns]
    try:
        for chunk in iterate_chunks(task.block):
            rows = parse_columns(chunk, file, positions, task.missing)
            for name, texts in zip(task.columns, rows.texts, strict=True):
                found[name] += facts_of(texts, task.missing)
    except InputProblemError:
        # Writing the block reports the problem.
        pass
    return found
