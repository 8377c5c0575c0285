"""Read a dictionary in the format of another system."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from apollo_spark.errors import DictionaryError, UsageError
from apollo_spark.sources.drafting.draft import Draft
from apollo_spark.sources.drafting.foreign import omop, redcap
from apollo_spark.sources.drafting.foreign.cbioportal import MISSING, read_cbioportal
from apollo_spark.sources.drafting.foreign.collected import Collected
from apollo_spark.sources.text_table import TextTable, read_text_table


class TableFormat(NamedTuple):
    """A dictionary in one table.

    Attributes:
        title: What people call it.
        required: The columns that it must have, each by any of its names.
        read: Reads it.
    """

    title: str
    required: tuple[tuple[str, ...], ...]
    read: Callable[[TextTable], Collected]


TABLES: Mapping[str, TableFormat] = {
    "redcap": TableFormat(
        "A data dictionary of REDCap",
        tuple(redcap.COLUMNS[each] for each in redcap.REQUIRED),
        redcap.read_redcap,
    ),
    "omop": TableFormat(
        "The field specification of OMOP",
        tuple((each,) for each in omop.REQUIRED),
        omop.read_omop,
    ),
}
"""By the word of `--from`; files of cBioPortal hold their dictionary above their rows."""


def missing_in(name: str) -> tuple[str, ...]:
    """Return the texts that mean missing in data of a format, beside the empty cell."""
    return MISSING if name == "cbioportal" else ()


def read_foreign(name: str, files: tuple[str, ...]) -> Draft:
    """Return the dictionary that files of another system are.

    Args:
        name: `cbioportal`, or a key of `TABLES`.
        files: The files.

    Raises:
        UsageError: There are several, of a format that has one.
        DictionaryError: They cannot be read, or are not of this format.
    """
    found = read_cbioportal(files) if name == "cbioportal" else _read_table(name, files)
    return found.draft(files[0])


def _read_table(name: str, files: tuple[str, ...]) -> Collected:
    if len(files) != 1:
        raise UsageError(f"--from {name} reads one file, and {len(files)} are given.")
    reading = read_text_table(Path(files[0]))
    if reading.table is None or not reading.table.is_whole:
        problems = "\n".join(f"- {each.message}" for each in reading.findings)
        raise DictionaryError(f"{files[0]} cannot be read:\n{problems}")
    format_ = TABLES[name]
    for names in format_.required:
        if not set(names) & set(reading.table.columns):
            raise DictionaryError(f"{format_.title} has a column '{names[0]}', and {files[0]} not.")
    return format_.read(reading.table)
