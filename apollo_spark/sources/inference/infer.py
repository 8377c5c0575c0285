"""What the cells of a column have in common: the types that they fit, and which few they are.

Facts of parts of a file can be added. A type fits a column only if it fits every cell: the same
code decides here and when the rows are written.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.model.field import FieldType
from apollo_spark.sources.inference.spelling import (
    NO_NUMBERS,
    NO_SPELLINGS,
    SpellingFacts,
    Spellings,
    spelling_facts,
    spellings_of,
)
from apollo_spark.workers.chunks import iterate_chunks
from apollo_spark.workers.parse import parse_columns
from apollo_spark.workers.source import InputProblemError
from apollo_spark.workers.values.convert import BLANKS, convert, trim
from apollo_spark.workers.values.numerals import parse_integer
from apollo_spark.workers.values.spec import Block, ColumnType

KINDS: tuple[ColumnType, ...] = ("integer", "float", "date", "datetime")
"""Types that a column may have beside text, the narrowest first."""
NUMBERS = frozenset({"integer", "float"})
MOST_CODES = 20
MOST_ASKED_CODES = 1_000
"""Different values of a column that somebody calls categories."""
LONGEST_CODE = 64
MOST_NUMBER_CODES = 10
"""More different numbers than this are quantities rather than codes."""
LARGEST_CODE = 999
"""Numbers further below zero than this are quantities rather than marks."""
FIRST_LOOK = 16
LOOK = 4096

# An identifier that numbers would change: more digits than a float keeps.
_MANY_DIGITS = "^[+-]?[0-9]{16,}$"
_MANY_DIGITS_AND_POINT = "^[+-]?[0-9]{16,}[.]0*$"


@dataclass(frozen=True)
class ColumnFacts:
    """What is known of the cells of a column.

    Attributes:
        kinds: Types beside text that fit all of them.
        has_value: Whether any is more than blanks.
        has_many_digits: Whether any is a whole number that a float may not keep.
        spelling: How the cells that may be numbers are spelt.
        spellings: The numbers and texts, where they were looked at.
        counts: How often each text occurs; None where they are more than `most`.
        most: Different texts that are counted.
    """

    kinds: frozenset[ColumnType] = frozenset(KINDS)
    has_value: bool = False
    has_many_digits: bool = False
    spelling: SpellingFacts = NO_NUMBERS
    spellings: Spellings | None = None
    counts: "Counter[str] | None" = field(default_factory=Counter)
    most: int = MOST_CODES

    def __add__(self, other: "ColumnFacts") -> "ColumnFacts":
        """Return the facts of the cells of both."""
        return ColumnFacts(
            kinds=self.kinds & other.kinds,
            has_value=self.has_value or other.has_value,
            has_many_digits=self.has_many_digits or other.has_many_digits,
            spelling=self.spelling + other.spelling,
            counts=_joined(self.counts, other.counts, max(self.most, other.most)),
            most=max(self.most, other.most),
        )

    @property
    def type(self) -> FieldType:
        """The narrowest type that fits; a column without values is text."""
        if not self.has_value:
            return FieldType.STRING
        lost = {"float"} if self.has_many_digits else set()
        if self.spelling.is_text or not (self.spellings is None or self.spellings.is_one_to_one):
            lost = set(NUMBERS)
        found = next((each for each in KINDS if each in self.kinds - lost), "string")
        return FieldType(found)

    @property
    def is_doubtful(self) -> bool:
        """Whether two cells may be one number: then all are looked at once more."""
        return self.spelling.is_doubtful and self.type in NUMBERS

    @property
    def looks_like_number(self) -> bool:
        """Whether every cell could be read as a number, but for how it is spelt."""
        return self.has_value and not self.kinds.isdisjoint(NUMBERS)

    @property
    def is_measurement(self) -> bool:
        """Whether zeros behind the point are dropped, because all cells have as many decimals."""
        return self.type is FieldType.FLOAT and self.spelling.is_measurement

    @property
    def codes(self) -> tuple[str, ...] | None:
        """The values, where they are few, short and each repeated: then they are categories."""
        if not self.counts or len(self.counts) > MOST_CODES or not self.has_value:
            return None
        if self.type is FieldType.INTEGER:
            return _small_numbers(self.counts)
        if self.type is not FieldType.STRING:
            return None
        return tuple(sorted(self.counts)) if _are_codes(self.counts) else None

    @property
    def asked_codes(self) -> tuple[str, ...] | None:
        """The values as codes, where somebody says that they are; None where they cannot be."""
        if not self.counts or not self.has_value:
            return None
        if self.type is FieldType.INTEGER:
            return tuple(str(each) for each in sorted(_numbers(self.counts)))
        if self.type is not FieldType.STRING or not all(map(can_be_code, self.counts)):
            return None
        return tuple(sorted(self.counts))


def _joined(
    first: Counter[str] | None, second: Counter[str] | None, most: int
) -> Counter[str] | None:
    if first is None or second is None:
        return None
    both = first + second
    return both if len(both) <= most else None


def _are_codes(counts: Counter[str]) -> bool:
    return all(times > 1 and can_be_code(text) for text, times in counts.items())


def can_be_code(text: str) -> bool:
    """Whether a value is short enough and plain enough for a code."""
    return text == text.strip() and 0 < len(text) <= LONGEST_CODE and text.isprintable()


def _small_numbers(counts: Counter[str]) -> tuple[str, ...] | None:
    """Return numbers that are codes: counted from 0 or 1 without a gap, and marks below zero."""
    numbers = _numbers(counts)
    counted = sorted(each for each in numbers if each >= 0)
    has_gap = counted not in (
        list(range(len(counted))),
        list(range(1, len(counted) + 1)),
    )
    if has_gap or len(counted) > MOST_NUMBER_CODES:
        return None
    if any(times < 2 or number < -LARGEST_CODE for number, times in numbers.items()):
        return None
    return tuple(str(number) for number in sorted(numbers))


def _numbers(counts: Counter[str]) -> Counter[int]:
    numbers: Counter[int] = Counter()
    for text, times in counts.items():
        # What is not a number here means missing: all others were seen to be numbers.
        number = parse_integer(text.strip(BLANKS))
        if number is not None:
            numbers[number] += times
    return numbers


def facts_of(texts: pa.Array, missing: Sequence[str], most: int = MOST_CODES) -> ColumnFacts:
    """Return the facts of some cells.

    Args:
        texts: The cells; null where they are missing.
        missing: Texts that mean missing once the blanks around them are gone.
        most: Different texts that are counted.
    """
    return facts_of_counted(pc.value_counts(texts.drop_null()), missing, most)


def facts_of_counted(
    counted: pa.StructArray, missing: Sequence[str], most: int = MOST_CODES
) -> ColumnFacts:
    """Return the facts of different cells, of which it is known how often each occurs.

    Args:
        counted: `values` and `counts`.
        missing: Texts that mean missing once the blanks around them are gone.
        most: Different texts that are counted.
    """
    values, numbers = counted.field("values"), counted.field("counts")
    bare = trim(values, tuple(missing)).drop_null()
    kinds = frozenset(each for each in KINDS if _fits(bare, each))
    few = len(values) <= most
    pairs = zip(values.to_pylist(), numbers.to_pylist(), strict=True) if few else ()
    return ColumnFacts(
        kinds=kinds,
        has_value=len(bare) > 0,
        has_many_digits="float" in kinds and _has_many_digits(bare),
        spelling=spelling_facts(bare) if kinds & NUMBERS else NO_NUMBERS,
        counts=Counter(dict(pairs)) if few else None,
        most=most,
    )


def _has_many_digits(bare: pa.Array) -> bool:
    if _any_match(bare, _MANY_DIGITS):
        return True
    pointed = bare.filter(pc.match_substring_regex(bare, _MANY_DIGITS_AND_POINT))
    return any(text != repr(float(text)) for text in pointed.to_pylist())


def _fits(texts: pa.Array, kind: ColumnType) -> bool:
    """Whether all texts are values of a type; the first few tell for most that are not."""
    start, size = 0, FIRST_LOOK
    while start < len(texts):
        found = convert(texts.slice(start, size), kind, ())
        # What was written with a point (`partial`) is not a whole number to whoever wrote it.
        if found.bad.any() or found.partial.any():
            return False
        start, size = start + size, LOOK
    return True


def _any_match(texts: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())


@dataclass(frozen=True)
class InferTask:
    """A block of a file, and the columns that are looked at; `coded` are called categories."""

    block: Block
    columns: tuple[str, ...]
    missing: tuple[str, ...]
    coded: frozenset[str] = frozenset()


def run_infer(task: InferTask) -> dict[str, ColumnFacts]:
    """Return the facts of the columns of a block, as far as it can be read."""
    found = {each: ColumnFacts() for each in task.columns}
    for name, texts in iterate_columns(task.block, task.columns, task.missing):
        most = MOST_ASKED_CODES if name in task.coded else MOST_CODES
        found[name] += facts_of(texts, task.missing, most)
    return found


def iterate_columns(
    block: Block, columns: Sequence[str], missing: Sequence[str]
) -> Iterator[tuple[str, pa.Array]]:
    """Yield the cells of columns, some rows of a block after the other, as far as it can be read.

    Args:
        block: Where they are.
        columns: Their names.
        missing: Texts of a cell that mean missing.

    Yields:
        The name of a column, and strings, null where they are missing.
    """
    positions = [block.file.header.index(each) for each in columns]
    try:
        for chunk in iterate_chunks(block):
            rows = parse_columns(chunk, block.file, positions, missing)
            yield from zip(columns, rows.texts, strict=True)
    except InputProblemError:
        # Writing the block reports the problem with its place.
        return


@dataclass(frozen=True)
class SpellingTask:
    """A block of a file, and the columns of numbers, with their types, that are looked at."""

    block: Block
    columns: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]


def run_spellings(task: SpellingTask) -> dict[str, Spellings]:
    """Return the numbers and texts of the columns of a block, as far as it can be read."""
    kinds = dict(task.columns)
    found = dict.fromkeys(kinds, NO_SPELLINGS)
    for name, texts in iterate_columns(task.block, tuple(kinds), task.missing):
        bare = trim(texts.drop_null().unique(), task.missing).drop_null()
        found[name] += spellings_of(bare, kinds[name])
    return found
