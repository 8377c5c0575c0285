"""What the columns of a matrix hold: ids, descriptions or values."""

import re
from collections.abc import Callable, Iterable, Sequence

from apollo_spark.assays.expression.sources.files.detected import Column
from apollo_spark.assays.expression.sources.files.words import find_unit, is_known
from apollo_spark.sources.findings import NAMES_LIMIT, list_names
from apollo_spark.workers.values.numerals import FLOAT

NUMBER = re.compile(rf"\s*{FLOAT.pattern}\s*\Z")
_PLAIN = r"(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?"
_GROUPED = r"[0-9]{1,3}(?:[.,' \u00a0\u2009\u202f][0-9]{3})+(?:[.,][0-9]+)?"
WRITTEN_OTHERWISE = re.compile(
    rf"\s*[<>~≈≤≥=$€£(]*\s*[+\-\u2212]?(?:{_GROUPED}|{_PLAIN}|0[xX][0-9a-fA-F]+)\s*[%)*+x€$£]*\s*\Z"
)
"""Numbers as people and spreadsheets write them: `1,5`, `1 000`, `12 %`, `<5`, `0x1F`."""
LONGEST_NUMBER = 100
"""Characters of a number as people write it; to look for one in a longer cell may take hours."""
NUMBER_WORDS = frozenset(
    {"", "na", "n/a", "nan", "null", "none", "nil", "inf", "-inf", "+inf", "infinity", "-", "."}
)
"""Cells that may stand for a missing number: a column of them alone is not taken for text."""


def is_number(cell: str) -> bool:
    """Say whether a cell is a decimal number."""
    return NUMBER.match(cell) is not None


def holds_misspelt_numbers(cells: Sequence[str]) -> bool:
    """Say whether every cell that is not missing looks like a number, and none can be read as one.

    >>> holds_misspelt_numbers(["1,5", "", "2,25"]), holds_misspelt_numbers(["1,5", "lung"])
    (True, False)
    """
    known = [each for each in cells if each.strip().lower() not in NUMBER_WORDS]
    return bool(known) and all(
        len(each) <= LONGEST_NUMBER and WRITTEN_OTHERWISE.match(each) and not is_number(each)
        for each in known
    )


def is_text_column(cells: Sequence[str]) -> bool:
    """Say whether cells hold texts and not a single number.

    One number is enough for a column of values: a typing error must not hide a sample. Cells that
    may mean a missing number prove nothing.
    """
    if any(is_number(each) for each in cells):
        return False
    return any(each.strip().lower() not in NUMBER_WORDS for each in cells)


def find_beside(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    ids: Sequence[int],
    is_beside: Callable[[str], bool],
) -> tuple[int, ...]:
    """Return the places of the columns beside values.

    Those are the columns known by name, and those of text before the first or behind the last
    column of values: text between values, or below the name of a quantity, is a wrong value.

    Args:
        names: One name a column.
        rows: Cells of some rows.
        ids: Places of columns of ids, which are not judged.
        is_beside: Says whether a name is known to be that of no values.
    """
    rest = [at for at in range(len(names)) if at not in ids]
    named = {at for at in rest if is_beside(names[at])}
    is_text = {
        at: find_unit(names[at]) is None and is_text_column(cells_of(rows, at)) for at in rest
    }
    values = [at for at in rest if at not in named and not is_text[at]]
    first, last = (values[0], values[-1]) if values else (len(names), -1)
    outside = {at for at in rest if is_text[at] and not first < at < last}
    return tuple(sorted(named | outside))


def cells_of(rows: Sequence[Sequence[str]], at: int) -> list[str]:
    """Return the cells of a column; rows that are too short have none."""
    return [row[at] for row in rows if at < len(row)]


def to_columns(names: Sequence[str], places: Iterable[int]) -> tuple[Column, ...]:
    """Return the columns at some places under their names."""
    return tuple(Column(index=at, name=names[at]) for at in places)


def show_columns(columns: Iterable[Column]) -> str:
    """Return columns for people: a known name as it is, any other column by its number.

    A header cell that is not a known name may be the id of a person.
    """
    known: list[Column] = []
    others: list[Column] = []
    for each in columns:
        (known if is_known(each.name) and each.name else others).append(each)
    parts = [list_names(each.name for each in known)] if known else []
    if others:
        parts.append(f"column{'s' * (len(others) > 1)} {list_numbers(others)}")
    return " and ".join(parts)


def list_numbers(columns: Sequence[Column]) -> str:
    """Return the numbers of the first columns, from 1, and how many more there are."""
    numbers = ", ".join(str(each.index + 1) for each in columns[:NAMES_LIMIT])
    rest = len(columns) - NAMES_LIMIT
    return numbers + (f" and {rest:,} more" if rest > 0 else "")


def describe_beside(columns: Sequence[Column]) -> tuple[str, ...]:
    """Return a note on the columns beside the values, where there are any."""
    if not columns:
        return ()
    shown = show_columns(columns)
    text = f"columns beside the values were not taken for samples or features: {shown}"
    return (f"{text} (--sample-columns says otherwise)",)
