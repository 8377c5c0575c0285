"""Columns of numbers that are not samples, though nothing in their names says so.

A column of gene ids, positions, lengths or row numbers would be stored as a sample. Its cells give
it away: whole numbers, all different and none of them zero, that are far above those of the
other columns, or rise from row to row, or have nothing to do with what the others hold. Where the
others are like that too, they are the values. What is only suspected is never left out: it is
refused, until the option says which columns are samples.
"""

import math
import warnings
from collections.abc import Iterator, Sequence

import numpy as np

from apollo_spark.assays.expression.sources.files.columns import (
    cells_of,
    holds_misspelt_numbers,
    is_number,
)
from apollo_spark.assays.expression.sources.files.detected import Column
from apollo_spark.assays.expression.sources.files.top import Top, read_rows
from apollo_spark.assays.expression.sources.files.words import is_known
from apollo_spark.model.findings import Finding, Place
from apollo_spark.sources.findings import finding_of

ROWS = 500
RISING_ROWS, RELATED_ROWS = 8, 50
RELATED_COLUMNS = 3
COMPARED_COLUMNS = 64
"""Of very many columns these tell what the others hold."""
LARGEST = 3e9
"""Ids of genes and positions in a genome are below."""
REASONS = (
    "numbers that have nothing to do with those of the other columns",
    "whole numbers far above those of the other columns",
    "whole numbers that rise from row to row",
)
MISSPELT = (
    "numbers that cannot be read (a decimal comma, separated thousands, a sign or a unit beside "
    "them); write them as 1234.5, or say by --sample-columns which columns are samples"
)
ALIKE, UNLIKE = 0.6, 0.2
"""Rank correlations: samples of one tissue have far more, ids and positions have none."""


def find_suspects(top: Top, columns: Sequence[Column]) -> tuple[Finding, ...]:
    """Find columns of values that look like ids, positions or row numbers."""
    if len(columns) < 2:
        return ()
    values = _read_values(top, columns)
    found = dict(_suspects(values)) if len(values) else {}
    return tuple(_describe(top, columns[at], why) for at, why in sorted(found.items()))


def find_misspelt(top: Top, columns: Sequence[Column]) -> tuple[Finding, ...]:
    """Find columns that were taken for text, and hold numbers that are written in another way."""
    return tuple(
        _finding(top, each, f"column {each.index + 1} holds {MISSPELT}")
        for each in columns
        if not is_known(each.name) and holds_misspelt_numbers(cells_of(top.rows, each.index))
    )


def _read_values(top: Top, columns: Sequence[Column]) -> np.ndarray:
    """Give (rows, columns) numbers of the first whole rows, NaN where a cell is none."""
    rows = read_rows(top, ROWS)
    last = columns[-1].index
    cells = [[row[each.index] for each in columns] for row in rows if len(row) > last]
    found = [[float(cell) if is_number(cell) else np.nan for cell in row] for row in cells]
    return np.array(found, np.float64).reshape(len(found), len(columns))


def _suspects(values: np.ndarray) -> Iterator[tuple[int, str]]:
    """Yield places of columns and what their cells look like, the most certain last."""
    is_like_ids = np.array([_are_ids(each) for each in values.T])
    pairs = list(zip(is_like_ids.tolist(), values.T, strict=True))
    unrelated = _unrelated(values, is_like_ids)
    least, middle = _least_far_above(_lowest_half(values))
    above = [like and own.min() >= least and np.median(own) >= middle for like, own in pairs]
    rising = [like and _is_rising(own) for like, own in pairs]
    for marks, why in zip((unrelated, above, rising), REASONS, strict=True):
        # What holds of most columns is how values are here.
        if sum(marks) <= len(marks) / 2:
            yield from ((at, why) for at in np.flatnonzero(marks).tolist())


def _lowest_half(values: np.ndarray) -> np.ndarray:
    """Give the columns of the lowest numbers: at most half of all are ids or positions."""
    middle = np.nan_to_num(_medians(values))
    return values[:, np.argsort(middle, kind="stable")[: max(1, values.shape[1] // 2)]]


def _medians(values: np.ndarray) -> np.ndarray:
    """Give the median of each column without what is missing; of nothing it is not a number."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmedian(values, axis=0))


def _are_ids(column: np.ndarray) -> bool:
    """Say whether numbers are whole, above zero, all different and no larger than ids are."""
    if len(column) < 2 or np.isnan(column).any():
        return False
    is_whole = (column == np.floor(column)).all() and (column > 0).all()
    is_id = is_whole and column.max() <= LARGEST
    return bool(is_id and len(np.unique(column)) == len(column))


def _is_rising(own: np.ndarray) -> bool:
    return len(own) >= RISING_ROWS and bool((np.diff(own) > 0).all())


def _least_far_above(values: np.ndarray) -> tuple[float, float]:
    """Give the least number, and the median, of a column far above some values."""
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return math.inf, math.inf
    has_fractions = bool((known != np.floor(known)).any())
    least, times = (100, 20) if has_fractions else (1_000, 50)
    return least, times * max(float(np.median(known)), 1)


def _unrelated(values: np.ndarray, is_like_ids: np.ndarray) -> list[bool]:
    """Mark columns like ids that have nothing to do with the others, which are alike."""
    others = values[:, ~is_like_ids]
    if len(values) < RELATED_ROWS or others.shape[1] < RELATED_COLUMNS:
        return [False] * values.shape[1]
    some = np.linspace(0, others.shape[1] - 1, min(others.shape[1], COMPARED_COLUMNS)).astype(int)
    ranks = np.column_stack([_standard_ranks(others[:, at]) for at in some])
    among = (ranks.T @ ranks)[np.triu_indices(len(some), 1)]
    if not _medians(among) >= ALIKE:
        return [False] * values.shape[1]
    return [
        bool(like) and bool(_medians(_standard_ranks(own) @ ranks) < UNLIKE)
        for like, own in zip(is_like_ids, values.T, strict=True)
    ]


def _standard_ranks(column: np.ndarray) -> np.ndarray:
    """Give ranks around zero, of length one: the product of two is their correlation.

    Of a column of one value they are not a number.
    """
    around = _ranks(column)
    around = around - around.mean()
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(around / np.linalg.norm(around))


def _ranks(column: np.ndarray) -> np.ndarray:
    """Give ranks, those of equal numbers their mean."""
    _, place, times = np.unique(np.nan_to_num(column), return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(times) - (times - 1) / 2)[place])


def _describe(top: Top, column: Column, why: str) -> Finding:
    text = (
        f"column {column.index + 1} holds {why}: it may hold ids, positions or lengths; "
        "--sample-columns says which columns are samples"
    )
    return _finding(top, column, text)


def _finding(top: Top, column: Column, text: str) -> Finding:
    found = finding_of("matrix_header", text, file=top.file.label, line=top.first_line)
    place = Place(line=top.first_line, value=column.name)
    return found.model_copy(update={"places": (place,), "column": str(column.index + 1)})
