"""Read pinned tables straight from their files, where a question to an engine takes longer."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.engines.base import TableFiles
from apollo_spark.errors import broken_file, naming_only
from apollo_spark.model.pin import TablePin
from apollo_spark.workers.files.checksums import DamagedFileError, check_chunks
from apollo_spark.workers.files.small_table import read_small_table


def checked_files(
    files: TableFiles, pin: TablePin, columns: Collection[str] | None
) -> Sequence[str]:
    """Return the files of a pinned table when what is asked of them was found as published.

    Args:
        files: Where the tables are.
        pin: The table.
        columns: The columns that may be read; None is all of them.

    Raises:
        BrokenPinError: A file is missing or damaged.
    """
    paths = files.files(pin)
    with naming_only(pin.read_by):
        for path in paths:
            _check(path, columns)
    return paths


def _check(path: str, columns: Collection[str] | None) -> None:
    try:
        check_chunks(path, columns)
    except FileNotFoundError as error:
        raise broken_file(path, "it is missing") from error
    except DamagedFileError as error:
        raise broken_file(error.path, error.why) from error


def read_rows(files: TableFiles, pin: TablePin, columns: Sequence[str]) -> pa.Table:
    """Return columns of a small table.

    Raises:
        BrokenPinError: A file is missing or damaged.
    """
    stored = files.schema(pin)
    schema = pa.schema([stored.field(each) for each in columns])
    found = [schema.empty_table()]
    with naming_only(pin.read_by):
        for path in checked_files(files, pin, columns):
            with _naming(path):
                found.append(read_small_table([path], schema))
    return pa.concat_tables(found)


def read_footer(path: str) -> pq.FileMetaData:
    """Return what the footer of a file says.

    Raises:
        BrokenPinError: The file is missing or damaged.
    """
    with _naming(path):
        return pq.read_metadata(path)


def read_groups(
    path: str, footer: pq.FileMetaData, numbers: Sequence[int], columns: Sequence[str]
) -> pa.Table:
    """Return columns of some row groups of a file, checked, by the thread that asks.

    Raises:
        BrokenPinError: The file is missing or damaged.
    """
    with _naming(path):
        check_chunks(path, columns, numbers)
        with pq.ParquetFile(path, metadata=footer) as file:
            return file.read_row_groups(numbers, columns=columns, use_threads=False)


def find_fault(path: str) -> str:
    """Return what is wrong with a file, or an empty text."""
    if not Path(path).is_file():
        return "it is missing"
    try:
        check_chunks(path)
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            file.read()
    except (OSError, pa.ArrowException):
        return "it is damaged"
    return ""


@contextmanager
def _naming(path: str) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise broken_file(path, "it is missing or damaged") from error
