"""How the numbers of a column are spelt: whether a number keeps what tells one cell from another.

`250.00` beside `250.0`, `007`, `1E05` and `1.10` beside `1.2` are codes that look like numbers. As
numbers they would become other texts, or two of them one. Blanks around a cell, a `.0` behind it
and the sign of zero make no difference, and what `export.cells` writes is spelt as usual.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.sources.inference.distinct import distinct, united
from apollo_spark.workers.values.cellhash import hash_texts
from apollo_spark.workers.values.convert import convert

MOST_DIGITS = 15
"""Digits that a float always keeps."""

# Digits after a leading zero; an exponent that does not say its sign, as in identifiers.
_CODE = "^[+-]?0[0-9]|[0-9.][eE][0-9]"
_LAST_ZERO = "[.][0-9]+0(?:[eE]|$)"
_DECIMALS = r"^[^.eE]*[.]?(?P<decimals>[0-9]*)(?:[eE].*)?$"
# Spelt as a number is written, whatever its value: whole, or with few digits and not tiny.
_PLAIN_WHOLE = "^(?:0|-?[1-9][0-9]*)$"
_PLAIN_DECIMAL = "^-?(?:0[.](?:0{1,4}|0{0,3}[1-9][0-9]*)|[1-9][0-9]*[.][0-9]+)$"


@dataclass(frozen=True)
class SpellingFacts:
    """What is known of the spelling of some cells that are numbers.

    Attributes:
        is_code: Whether any is spelt as no number is: a leading zero, an exponent without a sign.
        has_last_zero: Whether any ends with a zero behind the point, other than `.0`.
        fewest: Fewest decimals of a cell, None where there is no cell.
        most: Most decimals of a cell.
        is_doubtful: Whether any is spelt in another way than its number is written, so that two
            cells might be one number.
    """

    is_code: bool = False
    has_last_zero: bool = False
    fewest: int | None = None
    most: int = 0
    is_doubtful: bool = False

    def __add__(self, other: "SpellingFacts") -> "SpellingFacts":
        """Return the facts of the cells of both."""
        counts = [each.fewest for each in (self, other) if each.fewest is not None]
        return SpellingFacts(
            is_code=self.is_code or other.is_code,
            has_last_zero=self.has_last_zero or other.has_last_zero,
            fewest=min(counts, default=None),
            most=max(self.most, other.most),
            is_doubtful=self.is_doubtful or other.is_doubtful,
        )

    @property
    def is_text(self) -> bool:
        """Whether a number would drop a zero that tells cells apart, or is none."""
        return self.is_code or (self.has_last_zero and self.fewest != self.most)

    @property
    def is_measurement(self) -> bool:
        """Whether last zeros are dropped, because all cells have as many decimals."""
        return self.has_last_zero and not self.is_text


NO_NUMBERS = SpellingFacts()
"""The facts of no cells."""


@dataclass(frozen=True)
class Spellings:
    """The different numbers of some cells and the different texts, as sorted 64-bit numbers.

    A column keeps its cells apart where it has as many of either.
    """

    numbers: np.ndarray
    texts: np.ndarray

    def __add__(self, other: "Spellings") -> "Spellings":
        """Return those of the cells of both."""
        return Spellings(united(self.numbers, other.numbers), united(self.texts, other.texts))

    @property
    def is_one_to_one(self) -> bool:
        """Whether no two different texts are one number."""
        return len(self.numbers) == len(self.texts)


_NOTHING = np.empty(0, np.uint64)
NO_SPELLINGS = Spellings(_NOTHING, _NOTHING)


def spelling_facts(bare: pa.Array) -> SpellingFacts:
    """Return the facts of different cells that are finite numbers, without blanks around them."""
    if len(bare) == 0:
        return SpellingFacts()
    counts = pc.binary_length(pc.struct_field(pc.extract_regex(bare, _DECIMALS), "decimals"))
    bounds = pc.min_max(counts).as_py()
    return SpellingFacts(
        is_code=_any_match(bare, _CODE),
        has_last_zero=_any_match(bare, _LAST_ZERO),
        fewest=bounds["min"],
        most=bounds["max"],
        is_doubtful=_has_odd_spelling(bare),
    )


def _has_odd_spelling(bare: pa.Array) -> bool:
    is_short = pc.less_equal(pc.binary_length(bare), MOST_DIGITS + 1)
    is_plain = pc.or_(
        pc.match_substring_regex(bare, _PLAIN_WHOLE),
        pc.and_(is_short, pc.match_substring_regex(bare, _PLAIN_DECIMAL)),
    )
    others = bare.filter(pc.invert(is_plain))
    if len(others) == 0:
        return False
    # Most of what is longer was written by a program from a float, and is its shortest decimal.
    values = pc.cast(others, pa.float64())
    is_shortest = pc.and_(
        pc.equal(others, pc.cast(values, pa.string())),
        pc.and_(pc.greater_equal(pc.abs(values), 1e-4), pc.less(pc.abs(values), 1e7)),
    )
    rest = others.filter(pc.invert(is_shortest)).to_pylist()
    return any(text != repr(float(text)) for text in rest)


def spellings_of(bare: pa.Array, kind: str) -> Spellings:
    """Return the numbers of cells without blanks around them, and the cells themselves.

    Args:
        bare: Cells that are numbers of the kind.
        kind: `integer` or `float`.
    """
    values = convert(bare, "integer" if kind == "integer" else "float", ()).values
    numbers = values.to_numpy(zero_copy_only=False)
    # Both zeros are one number.
    bits = (numbers + 0).view(np.uint64)
    texts = pc.replace_substring_regex(bare, "^[+-]?0+(?:[.]0)?$", "0")
    texts = pc.replace_substring_regex(texts, "[.]0$", "")
    return Spellings(distinct(bits), distinct(hash_texts(texts)))


def _any_match(texts: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())
