"""Read cells as exact decimal numbers, straight from their bytes.

A usual number, digits with at most one point, is an integer and its number of decimals: no
floating point and no doubt about the last digit. Every other text (exponents, blanks, more than 15
digits) is read one way slower, by the rules of `numerals`.
"""

import re
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.assays.expression.tasks.files.grid import DOT, MINUS, Grid, Marks
from apollo_spark.assays.expression.tasks.files.long_numbers import MAX_DIGITS, find_long
from apollo_spark.assays.expression.tasks.tiles.storage import FLOAT_POWERS, POWERS
from apollo_spark.workers.values.convert import BLANKS
from apollo_spark.workers.values.numerals import FLOAT

NUMBER = "expression_number"
FINITE = "expression_finite"
NO_CELLS = np.zeros(0, np.int64)
WORD = 8
# The last 0 to 8 bytes of a word, and of these the bits that are a digit.
TOP_BYTES = np.array([2**64 - 2 ** (8 * (WORD - each)) for each in range(WORD + 1)], np.uint64)
WORD_MASKS = TOP_BYTES & np.uint64(0x0F0F0F0F0F0F0F0F)
NOT_FINITE = r"(?i)^[+-]?(nan|inf|infinity)$"


@dataclass(frozen=True)
class Numbers:
    """Numbers of cells, flat.

    Attributes:
        digits: (cells,) int64: the number without its point.
        decimals: (cells,) digits after the point; None where no cell has a point.
        odd_cells: Cells with a number that is not in `digits`.
        odd_values: Their values, float64.
        missing: Cells without value; wrong cells are among them.
        faults: Cells that are not numbers, by rule.
        long_cells: Cells of whole numbers of 64 bits that a double may not hold.
        long_values: Their values, int64.
        exponent_cells: Those of `long_cells` that are written with an exponent.
        beyond_cells: Cells of whole numbers that neither 64 bits nor a double hold.
        fraction_cells: Cells of fractions that are lost in a double.
    """

    digits: np.ndarray
    decimals: np.ndarray | None
    odd_cells: np.ndarray
    odd_values: np.ndarray
    missing: np.ndarray
    faults: dict[str, np.ndarray] = field(default_factory=dict)
    long_cells: np.ndarray = field(default_factory=lambda: NO_CELLS)
    long_values: np.ndarray = field(default_factory=lambda: NO_CELLS)
    exponent_cells: np.ndarray = field(default_factory=lambda: NO_CELLS)
    beyond_cells: np.ndarray = field(default_factory=lambda: NO_CELLS)
    fraction_cells: np.ndarray = field(default_factory=lambda: NO_CELLS)

    def values(self) -> np.ndarray:
        """Give all as float64, NaN where missing."""
        values = self.digits.astype(np.float64)
        if self.decimals is not None:
            values /= FLOAT_POWERS[self.decimals]
        values[self.odd_cells] = self.odd_values
        values[self.missing] = np.nan
        return values


def read_numbers(grid: Grid, columns: np.ndarray, missing: tuple[str, ...]) -> Numbers:
    """Read the cells of some columns, row by row.

    Args:
        grid: The cells of a chunk.
        columns: Positions of the columns, in the order wanted.
        missing: Texts that mean "no value", once the blanks around them are gone.
    """
    starts, ends = choose(grid.starts, columns), choose(grid.ends, columns)
    marks = marks_of(grid, columns)
    is_odd = np.zeros(len(ends), bool)
    is_negative = (marks.kinds == MINUS) & (marks.positions == starts[marks.cells])
    is_point = marks.kinds == DOT
    is_odd[marks.cells[~is_negative & ~is_point]] = True
    negative, points = marks.cells[is_negative], marks.where(is_point)
    is_odd[points.cells[1:][points.cells[1:] == points.cells[:-1]]] = True
    if len(negative):
        starts[negative] += 1
    digits, decimals, lengths = read_digits(grid.data, starts, ends, points)
    is_odd |= (lengths == 0) | (lengths > MAX_DIGITS)
    for marker in missing:
        if FLOAT.fullmatch(marker):
            # Such a marker looks like a number, and is to be compared as text.
            is_odd |= digits == int(re.sub("[^0-9]", "", marker))
    digits[negative] *= -1
    starts[negative] -= 1
    return read_odd(
        grid.data,
        starts,
        ends,
        cells=np.flatnonzero(is_odd),
        digits=digits,
        decimals=decimals,
        missing=missing,
    )


def choose(places: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Give the places of some columns, flat and fresh."""
    first = int(columns[0]) if len(columns) else 0
    if np.array_equal(columns, np.arange(first, first + len(columns))):
        return places[:, first : first + len(columns)].flatten()
    return places[:, columns].ravel()


def marks_of(grid: Grid, columns: np.ndarray) -> Marks:
    """Give the marks of some columns, their cells numbered among these, in order."""
    width = grid.ends.shape[1]
    places = np.full(width, -1)
    places[columns] = np.arange(len(columns))
    rows, all_places = np.divmod(grid.marks.cells, width)
    chosen = places[all_places]
    keep = chosen >= 0
    marks = Marks(rows * len(columns) + chosen, grid.marks.positions, grid.marks.kinds).where(keep)
    if np.all(np.diff(columns) > 0):
        return marks
    order = np.argsort(marks.cells, kind="stable")
    return Marks(marks.cells[order], marks.positions[order], marks.kinds[order])


def read_digits(
    data: np.ndarray, starts: np.ndarray, ends: np.ndarray, points: Marks
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """Give the digits as integers, the number of decimals, and the number of digits."""
    lengths = ends - starts
    words = np.ndarray(len(data) - WORD + 1, "<u8", data, strides=(1,))
    last = words.take(ends - WORD)
    if len(points.cells) == 0:
        digits = read_words(last, np.clip(lengths, 0, WORD))
        add_leading(digits, words, ends, lengths)
        return digits, None, lengths
    after = ends[points.cells] - points.positions - 1
    decimals = np.zeros(len(ends), np.uint8)
    decimals[points.cells] = np.minimum(after, MAX_DIGITS)
    close_gap(last, points.cells, after)
    # With its point; of nine characters or more the first is not in the word.
    is_long = lengths > WORD
    lengths[points.cells] -= 1
    digits = read_words(last, np.clip(lengths, 0, WORD))
    if is_long.any():
        digits[is_long] = read_long(
            words,
            ends[is_long],
            lengths[is_long],
            fractions=decimals[is_long].astype(np.int64),
            points=mark_points(points, len(ends))[is_long],
        )
    return digits, decimals, lengths


def close_gap(words: np.ndarray, cells: np.ndarray, after: np.ndarray) -> None:
    """Move what is before the point of a word over the point."""
    fractions = np.full(len(words), WORD, np.uint8)
    fractions[cells] = np.minimum(after, WORD)
    keep = TOP_BYTES[fractions]
    moved = words << np.uint64(8)
    moved &= ~keep
    words &= keep
    words |= moved


def mark_points(points: Marks, cells: int) -> np.ndarray:
    """Give 1 for each cell with a point, and 0 for others."""
    marks = np.zeros(cells, np.int64)
    marks[points.cells] = 1
    return marks


def read_long(
    words: np.ndarray,
    ends: np.ndarray,
    lengths: np.ndarray,
    *,
    fractions: np.ndarray,
    points: np.ndarray,
) -> np.ndarray:
    """Read texts of more than eight characters: what is before the point, and what is after."""
    whole = read_run(words, ends - fractions - points, lengths - fractions)
    return np.asarray(whole * POWERS[fractions] + read_run(words, ends, fractions))


def read_run(words: np.ndarray, ends: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Read runs of digits by their ends and lengths; longer than 16 gives anything."""
    # A cell that is not a number may seem to begin before the file.
    digits = read_words(words.take(np.maximum(ends - WORD, 0)), np.clip(lengths, 0, WORD))
    add_leading(digits, words, ends, lengths)
    return digits


def add_leading(
    digits: np.ndarray, words: np.ndarray, ends: np.ndarray, lengths: np.ndarray
) -> None:
    """Add the ninth to sixteenth last digit of runs that have so many."""
    rows = np.flatnonzero(lengths > WORD)
    if len(rows):
        before = words.take(np.maximum(ends[rows] - 2 * WORD, 0))
        high = read_words(before, np.minimum(lengths[rows] - WORD, WORD))
        digits[rows] += high * np.int64(10**WORD)


def read_words(words: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Read the last digits of words: pairs, then fours, then all eight, in one number each."""
    words &= WORD_MASKS[lengths]
    for factor, shift, mask in (
        (10, 8, 0x00FF00FF00FF00FF),
        (100, 16, 0x0000FFFF0000FFFF),
        (10000, 32, 0x00000000FFFFFFFF),
    ):
        upper = words >> np.uint64(shift)
        words *= np.uint64(factor)
        words += upper
        words &= np.uint64(mask)
    return words.view(np.int64)


def read_odd(
    data: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    *,
    cells: np.ndarray,
    digits: np.ndarray,
    decimals: np.ndarray | None,
    missing: tuple[str, ...],
) -> Numbers:
    """Read what is not a usual number as text."""
    lengths = ends[cells] - starts[cells]
    # By far the most frequent odd cell is the empty one.
    nothing = cells[lengths == 0] if "" in missing else cells[:0]
    cells = cells if len(nothing) == 0 else cells[lengths > 0]
    texts = pc.ascii_trim(gather_texts(data, starts[cells], ends[cells]), BLANKS)
    is_missing = as_mask(pc.is_in(texts, pa.array(missing, pa.large_string())))
    is_number = as_mask(pc.match_substring_regex(texts, f"^(?:{FLOAT.pattern})$")) & ~is_missing
    unsigned = pc.utf8_ltrim(texts.filter(pa.array(is_number)), "+")
    values = unsigned.cast(pa.float64()).to_numpy(zero_copy_only=False)
    is_number[np.flatnonzero(is_number)[~np.isfinite(values)]] = False
    # Adding zero makes a negative zero a zero.
    unsigned = unsigned.filter(pa.array(np.isfinite(values)))
    values = values[np.isfinite(values)] + 0.0
    long = find_long(unsigned, values, cells[is_number])
    is_infinite = as_mask(pc.match_substring_regex(texts, NOT_FINITE)) & ~is_missing
    is_wrong = ~is_number & ~is_missing & ~is_infinite
    faults = {NUMBER: cells[is_wrong], FINITE: cells[is_infinite]}
    gone = np.concatenate([nothing, cells[~is_number]])
    digits[gone] = 0
    if decimals is not None:
        decimals[gone] = 0
    return Numbers(
        digits=digits,
        decimals=decimals,
        odd_cells=cells[is_number],
        odd_values=values,
        missing=gone,
        faults={rule: found for rule, found in faults.items() if len(found)},
        **long,
    )


def as_mask(array: pa.Array) -> np.ndarray:
    """Give booleans as a fresh array."""
    return np.array(array.to_numpy(zero_copy_only=False), bool)


def gather_texts(data: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> pa.Array:
    """Give cells as an Arrow array of texts, without an object for each."""
    lengths = ends - starts
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    places = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])
    return pa.LargeStringArray.from_buffers(
        len(starts), pa.py_buffer(offsets), pa.py_buffer(data[places])
    )
