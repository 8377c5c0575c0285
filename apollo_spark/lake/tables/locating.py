"""Find rows in Parquet files, and what a file says about where its rows came from."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from apollo_spark.model.base import Record
from apollo_spark.workers.files.lines import line_of_row, load_runs
from apollo_spark.workers.files.parquet import LINES_KEY, SOURCE_KEY


class RowPlace(Record):
    """A row of a Parquet file: the file's path, and the row's number from 0."""

    path: str
    row: int


class SourceLine(Record):
    """A line of a raw file; the line is None where the Parquet file does not know it."""

    file: str
    sha256: str
    line: int | None


def find_rows(paths: Iterable[str], column: str, value: Any) -> Iterator[RowPlace]:
    """Yield the rows whose column holds a value.

    Raises:
        OSError: A file cannot be read.
        pyarrow.ArrowException: A file is damaged.
    """
    for path in paths:
        with pq.ParquetFile(path) as file:
            first = 0
            for group in range(file.num_row_groups):
                found = file.read_row_group(group, columns=[column]).column(0)
                is_equal = pc.equal(found, pa.scalar(value, found.type))
                for row in pc.indices_nonzero(is_equal).to_pylist():
                    yield RowPlace(path=path, row=first + row)
                first += len(found)


def read_cell(place: RowPlace, column: str) -> Any:
    """Return one value.

    Raises:
        OSError: The file cannot be read.
        pyarrow.ArrowException: The file is damaged.
    """
    with pq.ParquetFile(place.path) as file:
        first = 0
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if place.row < first + rows:
                return (
                    file.read_row_group(group, columns=[column])
                    .column(0)[place.row - first]
                    .as_py()
                )
            first += rows
    raise IndexError(f"{Path(place.path).name} has no row {place.row}")


def source_line(place: RowPlace) -> SourceLine | None:
    """Return the line of the raw file that a row came from, as far as its file says so."""
    with pq.ParquetFile(place.path) as file:
        told = file.metadata.metadata or {}
    if SOURCE_KEY.encode() not in told:
        return None
    source = json.loads(told[SOURCE_KEY.encode()])
    lines = told.get(LINES_KEY.encode())
    return SourceLine(
        file=source["file"],
        sha256=source["sha256"],
        line=None if lines is None else line_of_row(load_runs(lines.decode()), place.row),
    )
