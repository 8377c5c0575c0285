"""Whether the first line of a matrix is its header, and belongs to the rows below it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from apollo_spark.assays.expression.sources.files.columns import is_number, is_text_column
from apollo_spark.assays.expression.sources.files.reading import Reading
from apollo_spark.assays.expression.sources.files.top import Top
from apollo_spark.assays.expression.sources.files.words import find_unit, is_known, names_ids
from apollo_spark.assays.expression.sources.ids.features import is_ensembl
from apollo_spark.model.findings import Finding
from apollo_spark.sources.findings import finding_of

HOW_TO_READ = (
    "--no-header reads a file without a header, and --samples LIST or a manifest names its "
    "samples; --format htseq reads counts of htseq-count"
)
R_NOTE = (
    "the header has one name less than the rows have cells: it begins above the second "
    "(name every column to have it read otherwise)"
)
_DIGITS, _LETTERS = re.compile(r"[0-9]+"), re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class FittedHeader:
    """One name per column, and what was decided about them; or why they do not fit."""

    names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    finding: Finding | None = None


def fit_header(top: Top, reading: Reading) -> FittedHeader:
    """Fit the header to the rows; R writes it without a name above the row names."""
    names, widths = top.names, Counter(len(row) for row in top.rows)
    if holds_values(names):
        text = "the first line is a row of values, and a header with the sample ids is missing"
        return _refuse(top, f"{text}; {HOW_TO_READ}")
    if widths == {len(names) + 1: len(top.rows)} and any(row[-1] for row in top.rows):
        return _fit_short(top, reading)
    if len(names) not in widths:
        width = widths.most_common(1)[0][0]
        text = f"the header has {len(names):,} columns and the rows below it have {width:,}"
        return _refuse(top, text)
    return FittedHeader(names)


def holds_values(names: Sequence[str]) -> bool:
    """Say whether a first line is a row of values rather than a header.

    Numbers may be the names of samples, but only beside a first cell that names a column of ids.
    """
    rest = names[1:]
    if not rest or not names[0].strip() or is_known(names[0]):
        return False
    has_numbers = any(is_number(each) for each in rest)
    return has_numbers or (bool(is_ensembl([names[0]])[0]) and not is_text_column(rest))


def _fit_short(top: Top, reading: Reading) -> FittedHeader:
    """Fit a header with one name less than the rows have cells."""
    names = top.names
    is_chosen = reading.columns is not None and reading.columns.takes(names[0])
    # Of one value, whose sample is named elsewhere, it does not matter which name is missing.
    is_chosen |= reading.is_named and len(names) == 1
    if not any(map(is_number, names)) and (is_chosen or begins_with_sample(names)):
        return FittedHeader(("", *names), (R_NOTE,))
    text = f"the header has {len(names):,} names and the rows below it have {len(names) + 1:,} "
    text += (
        "cells; its first cell names a column of ids, so the name of another column is missing"
        if names_ids(names[0])
        else "cells, and it cannot be told which column has no name: name every column"
    )
    return _refuse(top, text)


def begins_with_sample(names: Sequence[str]) -> bool:
    """Say whether the first cell of a header is certainly one of its samples.

    It is where it is made as another cell is: `S1` beside `S2`, a barcode beside a barcode.
    """
    first, others = names[0], names[1:]
    if is_ensembl(names).all():
        return True
    if names_ids(first) or is_known(first) or find_unit(first) is not None:
        return False
    if not others:
        return _DIGITS.search(first) is not None and not re.search(r"\s", first)
    return any(_are_alike(first, each) for each in others)


def _are_alike(one: str, other: str) -> bool:
    if _shape(one) != _shape(other) or one == other:
        return False
    shape = _shape(one)
    if shape == "a":
        return False
    has_parts = re.search(r"[^a9]", shape) is not None and "9" in shape
    return has_parts or shape.startswith("9") or _beginning(one) == _beginning(other)


def _shape(name: str) -> str:
    return _DIGITS.sub("9", _LETTERS.sub("a", name))


def _beginning(name: str) -> str:
    found = _LETTERS.match(name)
    return found.group().lower() if found else ""


def _refuse(top: Top, text: str) -> FittedHeader:
    found = finding_of("matrix_header", text, file=top.file.label, line=top.first_line)
    return FittedHeader(top.names, finding=found)
