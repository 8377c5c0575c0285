"""What the options say of how the columns of a file are read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from apollo_spark.errors import InputFileError, UsageError
from apollo_spark.sources.regular_files import UNREADABLE, read_bounded_text, say_unreadable

IdRule = Literal["ensembl", "any"]


@dataclass(frozen=True)
class SampleColumns:
    """Which columns of a matrix are samples, decided by hand.

    Attributes:
        pattern: Is searched in the cells of the header; None where a file names them.
        names: The names in that file.
    """

    pattern: re.Pattern[str] | None
    names: frozenset[str] = frozenset()

    def takes(self, name: str) -> bool:
        """Say whether a column of that name is a sample."""
        if self.pattern is None:
            return name in self.names
        return self.pattern.search(name) is not None


@dataclass(frozen=True)
class Reading:
    """What the options say of the columns of files.

    Attributes:
        id_rule: Under `any` the first column of a matrix is taken for its ids.
        unit: The unit that is loaded; an empty text where that is not known.
        columns: Which columns are samples; None leaves it to the names and cells.
        has_header: Whether a header is above the rows.
        is_named: Whether the samples have their names from elsewhere: a manifest, or a list.
    """

    id_rule: IdRule = "ensembl"
    unit: str = ""
    columns: SampleColumns | None = None
    has_header: bool = True
    is_named: bool = False


def read_sample_columns(given: str | None) -> SampleColumns | None:
    """Return what `--sample-columns` says: names in a file, one a line, or an expression.

    Raises:
        UsageError: It is neither a file nor a regular expression.
        InputFileError: The file cannot be read, or names nothing.
    """
    if given is None:
        return None
    if Path(given).is_file():
        return SampleColumns(None, frozenset(_read_names(given)))
    try:
        return SampleColumns(re.compile(given))
    except re.error as error:
        raise UsageError(
            "--sample-columns is neither a file nor a regular expression.",
            why=f"{error}.".capitalize(),
        ) from None


def _read_names(path: str) -> Iterable[str]:
    try:
        text = read_bounded_text(Path(path))
    except UNREADABLE as error:
        raise InputFileError(
            f"Cannot read the sample columns in {path}.", why=say_unreadable(error)
        ) from None
    names = [each.strip() for each in text.split("\n")]
    if not any(names):
        raise InputFileError(f"{path} names no sample column: it holds one name a line.")
    return filter(None, names)
