"""Rows as csv, tsv or Parquet: written batch by batch, whole or not at all."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from apollo_spark.errors import StorageRefusedError, UsageError
from apollo_spark.export.cells import format_lines, quote
from apollo_spark.workers.files.parquet_writer import ParquetWriter

STANDARD_OUTPUT = "-"
CELLS_AT_ONCE = 500_000
"""Cells that are turned into text together: a few tens of megabytes."""

CELLS_OF_GROUP = 4_000_000
"""Fewest cells that are one row group of Parquet, but for the last one."""


class RowFormat(str, Enum):
    """What a file of rows is."""

    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"

    def __str__(self) -> str:
        """Return the ending of such a file."""
        return self.value


DELIMITERS = {RowFormat.CSV: ",", RowFormat.TSV: "\t"}
"""What separates the cells of a text."""


def format_of(target: str) -> RowFormat:
    """Return the format that the ending of a file says; standard output is csv.

    Raises:
        UsageError: The ending is none of .csv, .tsv and .parquet.
    """
    if target == STANDARD_OUTPUT:
        return RowFormat.CSV
    ending = Path(target).suffix.lower().removeprefix(".")
    if ending not in {each.value for each in RowFormat}:
        raise UsageError(
            f"Cannot tell the format of {target!r} by its ending.",
            fix="Name a file that ends with .csv, .tsv or .parquet.",
        )
    return RowFormat(ending)


def require_free(target: str, *, force: bool) -> None:
    """Refuse a file that cannot be written, before anything is asked.

    Raises:
        UsageError: The file exists and is not to be overwritten, or its folder is missing.
    """
    path = Path(target)
    if target == STANDARD_OUTPUT:
        return
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(f"{target!r} is a folder, or lies in no folder that exists.")
    if path.exists() and not force:
        raise UsageError(f"{target!r} exists already.", fix="Add --force to overwrite it.")


def write_rows(
    reader: pa.RecordBatchReader,
    target: str,
    format_: RowFormat,
    *,
    header: bool = True,
    force: bool = False,
) -> int:
    """Write all rows, and return how many.

    The file appears when it is complete. Line ends are line feeds, the text is UTF-8.

    Args:
        reader: Rows in the normal types of the engines; read once, batch by batch.
        target: A path, or `-` for standard output.
        format_: What to write.
        header: Whether the first line of a text has the column names.
        force: Whether to overwrite an existing file.

    Raises:
        UsageError: The file exists, its folder is missing, or Parquet is to go to standard output.
        StorageRefusedError: The file cannot be written.
    """
    require_free(target, force=force)
    if target == STANDARD_OUTPUT:
        if format_ is RowFormat.PARQUET:
            raise UsageError("Parquet is not written to standard output.", fix="Name a file.")
        rows = _write_text(reader, sys.stdout.buffer, DELIMITERS[format_], header=header)
        sys.stdout.buffer.flush()
        return rows
    with completed_file(Path(target)) as file:
        if format_ is RowFormat.PARQUET:
            return _write_parquet(reader, file)
        return _write_text(reader, file, DELIMITERS[format_], header=header)


@contextmanager
def completed_file(target: Path) -> Iterator[BinaryIO]:
    """Open a file beside the target, which takes its place when all went well.

    Raises:
        StorageRefusedError: The file cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(
            prefix=f".{target.name}.", suffix=".part", dir=target.parent
        )
    except OSError as error:
        raise _refusal(target, error) from error
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        part.chmod(_usual_mode())
        part.replace(target)
    except OSError as error:
        raise _refusal(target, error) from error
    finally:
        part.unlink(missing_ok=True)


def _refusal(target: Path, error: OSError) -> StorageRefusedError:
    return StorageRefusedError(f"Cannot write {str(target)!r}.", why=f"{error.strerror}.")


def _usual_mode() -> int:
    """Return the permissions of a new file: temporary ones are readable by their owner alone."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _write_parquet(reader: pa.RecordBatchReader, file: BinaryIO) -> int:
    rows = 0
    with ParquetWriter(file, reader.schema, compression="zstd") as writer:
        for batch in _row_groups(reader):
            writer.write_table(batch)
            rows += batch.num_rows
    return rows


def _row_groups(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """Yield rows as large as they are to be stored: batches of wide rows are too small for that."""
    waiting: list[pa.RecordBatch] = []
    cells = 0
    for batch in reader:
        waiting.append(batch)
        cells += batch.num_rows * batch.num_columns
        if cells >= CELLS_OF_GROUP:
            yield pa.Table.from_batches(waiting)
            waiting, cells = [], 0
    if cells:
        yield pa.Table.from_batches(waiting)


def _write_text(
    reader: pa.RecordBatchReader, file: BinaryIO, delimiter: str, *, header: bool
) -> int:
    if header:
        names = quote(pa.array(reader.schema.names, pa.large_string()), delimiter)
        file.write((delimiter.join(names.to_pylist()) + "\n").encode())
    rows = 0
    step = max(1, CELLS_AT_ONCE // max(1, len(reader.schema)))
    for batch in reader:
        for start in range(0, batch.num_rows, step):
            piece = batch.slice(start, step)
            write_texts(file, format_lines(piece.columns, delimiter))
        rows += batch.num_rows
    return rows


def write_texts(file: BinaryIO, lines: pa.Array) -> None:
    """Write texts one after the other, straight from their buffer."""
    offsets = pa.Array.from_buffers(
        pa.int64(), len(lines) + 1, [None, lines.buffers()[1]], offset=lines.offset
    )
    first, last = offsets[0].as_py(), offsets[len(lines)].as_py()
    file.write(memoryview(lines.buffers()[2])[first:last])
