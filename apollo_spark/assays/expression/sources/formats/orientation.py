"""Which side of a matrix are the features.

Ensembl ids decide; without them the name of the first column does; without that gene symbols on
one side alone, else the side with more entries is taken for the features, and that is said. Where
even that does not say, the matrix is refused: a turned matrix would be stored as nonsense.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from apollo_spark.assays.expression.sources.files.columns import cells_of
from apollo_spark.assays.expression.sources.files.detected import Orientation
from apollo_spark.assays.expression.sources.files.top import Top, count_rows
from apollo_spark.assays.expression.sources.files.words import (
    is_made_up,
    names_features,
    names_samples,
    numbers_rows,
)
from apollo_spark.assays.expression.sources.ids.features import is_ensembl
from apollo_spark.assays.expression.sources.ids.likeness import share_of_symbols

SHARE = 0.5
"""So many of the ids of a side must be Ensembl ids to count as such."""

HOW_TO_TELL = "name the first column of the header feature_id or sample_id"
HOW_TO_DECIDE = f"({HOW_TO_TELL} to have it read otherwise)"
SYMBOLS, NO_SYMBOLS = 0.9, 0.5
"""Shares of the ids that look like gene symbols on the side of the features, and on the other."""


@dataclass(frozen=True)
class FoundOrientation:
    """The orientation, or None with the reason, and what to tell people."""

    orientation: Orientation | None
    text: str = ""


def find_orientation(top: Top, names: Sequence[str], metadata: Sequence[int]) -> FoundOrientation:
    """Say which side of a matrix holds the features.

    Args:
        top: The file.
        names: One name per column, blank above a column without name.
        metadata: Places of columns beside the values.
    """
    sides = [at for at in range(len(names)) if at not in metadata]
    in_header = _has_ensembl([names[at] for at in sides[1:]])
    in_rows = find_ensembl_column(top.rows, (0, *metadata)) is not None
    if in_header and in_rows:
        return FoundOrientation(None, "both the header and the rows hold Ensembl ids")
    if in_header:
        return FoundOrientation(
            "samples_by_features", "the header holds Ensembl ids, so rows are samples"
        )
    if in_rows:
        return FoundOrientation("features_by_samples")
    told = find_named(names, top.rows)
    if told is not None and names_features(names[told]):
        return FoundOrientation("features_by_samples")
    if told is not None:
        what = "the first column is" if told == 0 else "there is a column"
        return FoundOrientation(
            "samples_by_features", f"{what} '{names[told]}', so rows are samples"
        )
    header = share_of_symbols([names[at] for at in sides[1:]])
    rows = share_of_symbols([row[0] for row in top.rows])
    return _compare_symbols(header, rows) or _compare_sides(top, len(sides) - 1)


def find_named(names: Sequence[str], rows: Sequence[Sequence[str]]) -> int | None:
    """Return the first column, or one behind it if that numbers the rows, where it names ids."""
    is_numbered = numbers_rows(names[0]) and is_counting(cells_of(rows, 0))
    looked_at = range(len(names)) if is_numbered or is_made_up(names[0]) else range(1)
    return next(
        (at for at in looked_at if names_features(names[at]) or names_samples(names[at])), None
    )


def is_counting(values: Sequence[str]) -> bool:
    """Say whether cells are numbers of rows: 0, 1, 2 or 1, 2, 3 and so on."""
    firsts = (range(len(values)), range(1, len(values) + 1))
    return len(values) > 0 and any(list(values) == list(map(str, each)) for each in firsts)


def find_ensembl_column(rows: Sequence[Sequence[str]], columns: Sequence[int]) -> int | None:
    """Return the first of some columns that holds Ensembl ids, or None."""
    return next(
        (at for at in columns if _has_ensembl([row[at] for row in rows if at < len(row)])), None
    )


def _has_ensembl(ids: Sequence[str]) -> bool:
    return len(ids) > 0 and is_ensembl(ids).mean() >= SHARE


def _compare_symbols(header: float, rows: float) -> FoundOrientation | None:
    """Tell the sides by gene symbols, where only one of them has some."""
    if header >= SYMBOLS and rows < NO_SYMBOLS:
        why = "the header holds what looks like gene symbols, so rows are samples"
        return FoundOrientation("samples_by_features", f"{why} {HOW_TO_DECIDE}")
    if rows >= SYMBOLS and header < NO_SYMBOLS:
        why = "the rows begin with what looks like gene symbols, so rows are features"
        return FoundOrientation("features_by_samples", f"{why} {HOW_TO_DECIDE}")
    return None


def _compare_sides(top: Top, columns: int) -> FoundOrientation:
    rows = count_rows(top, columns + 1)
    if rows == columns:
        return FoundOrientation(None, f"the matrix has as many rows as columns; {HOW_TO_TELL}")
    why = "no side has Ensembl ids; the longer side was taken for the features"
    if rows > columns:
        return FoundOrientation(
            "features_by_samples", f"{why}, so rows are features {HOW_TO_DECIDE}"
        )
    return FoundOrientation("samples_by_features", f"{why}, so rows are samples {HOW_TO_DECIDE}")
