"""Read a dictionary in the format of another system."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from apollo_spark.errors import DictionaryError, UsageError
from apollo_spark.sources.drafting.draft import Draft
from apollo_spark.sources.drafting.foreign import omop, redcap
from apollo_spark.sources.drafting.foreign.collected import Collected
from apollo_spark.sources.text_table import TextTable, read_text_table


class Format(NamedTuple):
    """A format: what people call it, the columns that it must have, and who reads it."""

    title: str
    required: tuple[tuple[str, ...], ...]
    read: Callable[[TextTable], Collected]


FORMATS: Mapping[str, Format] = {
    "redcap": Format(
        "A data dictionary of REDCap",
        tuple(redcap.COLUMNS[each] for each in redcap.REQUIRED),
        redcap.read_redcap,
    ),
    "omop": Format(
        "The field specification of OMOP",
        tuple((each,) for each in omop.REQUIRED),
        omop.read_omop,
    ),
}
"""By the word of `--from`."""


def read_foreign(name: str, files: Sequence[str]) -> Draft:
    """Return the dictionary that a file of another system is.

    Args:
        name: The format: a key of `FORMATS`.
        files: The file; there is one.

    Raises:
        UsageError: There are several.
        DictionaryError: It cannot be read, or is not of this format.
    """
    if len(files) != 1:
        raise UsageError(f"--from {name} reads one file, and {len(files)} are given.")
    reading = read_text_table(Path(files[0]))
    if reading.table is None or not reading.table.is_whole:
        problems = "\n".join(f"- {each.message}" for each in reading.findings)
        raise DictionaryError(f"{files[0]} cannot be read:\n{problems}")
    format_ = FORMATS[name]
    for names in format_.required:
        if not set(names) & set(reading.table.columns):
            raise DictionaryError(f"{format_.title} has a column '{names[0]}', and {files[0]} not.")
    return format_.read(reading.table).draft(files[0])
