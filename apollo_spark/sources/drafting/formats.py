"""Dates that are not written year first, and numbers with a decimal comma: which format fits."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.workers.values.convert import convert
from apollo_spark.workers.values.formats import NUMBERS, read_format
from apollo_spark.workers.values.spec import ColumnType

DATES = (
    "dd.mm.yyyy", "dd/mm/yyyy", "mm/dd/yyyy", "dd-mm-yyyy", "mm-dd-yyyy", "yyyy/mm/dd",
    "yyyy.mm.dd", "dd-mon-yyyy", "ddmonyyyy", "dd mon yyyy", "mm/yyyy", "mm.yyyy",
    "dd.mm.yyyy hh:mi", "dd.mm.yyyy hh:mi:ss", "dd/mm/yyyy hh:mi", "dd/mm/yyyy hh:mi:ss",
    "mm/dd/yyyy hh:mi", "mm/dd/yyyy hh:mi:ss", "ddmonyyyy:hh:mi:ss",
)  # fmt: skip
"""Formats of dates that are tried; of two that fit, the first is the more usual one."""
DENSE = "yyyymmdd"
"""The format of dates that are whole numbers too."""
FIRST_LOOK = 16
_LOOKS = r"^[0-9]{1,4}[./ -]?(?:[0-9]{1,2}|[A-Za-z]{3})[./ -]?[0-9]{2,4}(?:[ :][0-9:]+)?$"
_LOOKS_DENSE = "^(?:19|20)[0-9]{6}$"
_LOOKS_NUMBER = "^[+-]?[0-9][0-9., ']*$"
_MARKED = "[, ']"
_POINTED = "^[+-]?[0-9]+(?:[.][0-9]+)?$"
_APART = "^[+-]?[0-9]{1,3}(?:[.][0-9]{3})*$"


@dataclass(frozen=True)
class FormatFacts:
    """The formats that fit all cells so far.

    Attributes:
        fitting: Formats of dates, and of numbers.
        whole: Formats of numbers by which all cells are whole numbers.
        has_mark: Whether any cell has a mark that no usual number has.
    """

    fitting: frozenset[str] = frozenset((*DATES, DENSE, *NUMBERS))
    whole: frozenset[str] = frozenset(NUMBERS)
    has_mark: bool = False

    def __add__(self, other: "FormatFacts") -> "FormatFacts":
        """Return the facts of the cells of both."""
        return FormatFacts(
            self.fitting & other.fitting,
            self.whole & other.whole,
            self.has_mark or other.has_mark,
        )

    @property
    def dates(self) -> tuple[str, ...]:
        """The formats of dates that fit, the more usual ones first."""
        return tuple(each for each in (*DATES, DENSE) if each in self.fitting)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The formats of numbers that fit; none where all are written as usual."""
        return tuple(each for each in NUMBERS if self.has_mark and each in self.fitting)

    @property
    def number(self) -> str | None:
        """The format of numbers, where all that fit read the same: 1,234 may be two numbers."""
        marks = {NUMBERS[each][1] for each in self.numbers}
        is_same = len(marks) == 1 or self.whole.issuperset(self.numbers)
        return self.numbers[0] if self.numbers and is_same else None


ANY_FORMAT = FormatFacts()
"""The facts of no cells."""
NO_FORMAT = FormatFacts(frozenset(), frozenset())
"""The facts of cells that are neither dates nor numbers."""


def format_facts(bare: pa.Array, kinds: frozenset[ColumnType]) -> FormatFacts:
    """Return the facts of some different texts, without blanks around them.

    Args:
        bare: Strings.
        kinds: The types that fit all of them as they are.
    """
    if not len(bare):
        return ANY_FORMAT
    if kinds:
        return _of_usual(bare, kinds)
    first = bare.slice(0, FIRST_LOOK)
    found: list[str] = []
    for candidates, looks in ((DATES, _LOOKS), ((DENSE,), _LOOKS_DENSE), (NUMBERS, _LOOKS_NUMBER)):
        if _all_match(first, looks):
            likely = [each for each in candidates if _fits(first, each, kind_of(each))]
            found += [each for each in likely if _fits(bare, each, kind_of(each))]
    return FormatFacts(
        fitting=frozenset(found),
        whole=frozenset(each for each in found if each in NUMBERS and _fits(bare, each, "integer")),
        has_mark=bool(pc.any(pc.match_substring_regex(bare, _MARKED)).as_py()),
    )


def _of_usual(bare: pa.Array, kinds: frozenset[ColumnType]) -> FormatFacts:
    """Return the facts of cells that need no format; of numbers others of a column may need one."""
    found: list[str] = []
    if "integer" in kinds:
        if _all_match(bare, _LOOKS_DENSE) and _fits(bare, DENSE, "date"):
            found.append(DENSE)
        return FormatFacts(frozenset((*found, *NUMBERS)))
    if "float" not in kinds:
        return NO_FORMAT
    is_pointed = _all_match(bare, _POINTED)
    is_apart = _all_match(bare, _APART)
    apart = frozenset(each for each, marks in NUMBERS.items() if marks[0] == "." and is_apart)
    pointed = frozenset(each for each, marks in NUMBERS.items() if marks[1] == "." and is_pointed)
    return FormatFacts(apart | pointed, apart)


def kind_of(format_: str) -> ColumnType:
    """Return the type of what a format writes."""
    if format_ in NUMBERS:
        return "float"
    return "datetime" if "hh" in format_ else "date"


def _fits(texts: pa.Array, format_: str, kind: ColumnType) -> bool:
    return not convert(read_format(texts, format_, kind), kind, ()).bad.any()


def _all_match(texts: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(texts, pattern)).as_py())
