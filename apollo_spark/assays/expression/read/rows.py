"""Expression as files: matrices piece by piece as csv, tsv or Parquet, or whole as h5ad."""

import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.assays.expression.read.matrix import SAMPLE_ID, MatrixResult
from apollo_spark.assays.expression.read.mudata import own_columns
from apollo_spark.errors import StorageRefusedError, UsageError
from apollo_spark.export.cells import quote
from apollo_spark.export.rows import (
    CELLS_AT_ONCE,
    DELIMITERS,
    STANDARD_OUTPUT,
    RowFormat,
    completed_file,
    require_free,
    write_texts,
)
from apollo_spark.workers.files.parquet_writer import ParquetWriter
from apollo_spark.workers.values.texts import format_column

H5AD, H5MU = ".h5ad", ".h5mu"


def is_anndata(target: str) -> bool:
    """Whether the ending of a file says that it holds AnnData."""
    return Path(target).suffix.lower() == H5AD


def is_mudata(target: str) -> bool:
    """Whether the ending of a file says that it holds MuData."""
    return Path(target).suffix.lower() == H5MU


def write_matrix(
    pieces: Iterable[MatrixResult],
    feature_ids: Sequence[str],
    target: str,
    format_: RowFormat,
    *,
    whole: bool,
    force: bool = False,
) -> int:
    """Write a matrix with a row for each sample, and return how many rows.

    The columns are `sample_id` and the features. A missing value is an empty cell, whole numbers
    are written without a point. The file appears when it is complete.

    Args:
        pieces: Rows of the matrix, some samples at a time, all with these features.
        feature_ids: The features.
        target: A path, or `-` for standard output.
        format_: What to write.
        whole: Whether the values are whole numbers.
        force: Whether to overwrite an existing file.

    Raises:
        UsageError: The file exists, or Parquet is to go to standard output.
        StorageRefusedError: The file cannot be written.
    """
    require_free(target, force=force)
    if target == STANDARD_OUTPUT:
        if format_ is RowFormat.PARQUET:
            raise UsageError("Parquet is not written to standard output.", fix="Name a file.")
        rows = _write_text(pieces, feature_ids, sys.stdout.buffer, DELIMITERS[format_])
        sys.stdout.buffer.flush()
        return rows
    with completed_file(Path(target)) as file:
        if format_ is RowFormat.PARQUET:
            return _write_parquet(pieces, _schema(feature_ids, whole=whole), file)
        return _write_text(pieces, feature_ids, file, DELIMITERS[format_])


def write_dates(data: Any) -> None:
    """Turn dates of AnnData or MuData into texts, which its files can hold.

    `uns["dates"]` and `uns["datetimes"]` name their columns.
    """
    for part in getattr(data, "mod", {}).values():
        write_dates(part)
    for key, is_date in (("dates", True), ("datetimes", False)):
        columns = [
            name
            for name, type_ in data.obs.dtypes.items()
            if type_.kind == "M" and is_date == (getattr(type_, "tz", None) is None)
        ]
        if columns:
            data.uns[key] = columns
            texts = {name: _date_texts(data.obs[name], is_date=is_date) for name in columns}
            data.obs = data.obs.assign(**texts)


def _date_texts(column: Any, *, is_date: bool) -> Any:
    values = pa.array(column.dt.tz_localize(None) if not is_date else column)
    type_ = pa.date32() if is_date else pa.timestamp("us", tz="UTC")
    stamps = values.cast(pa.timestamp("us"))
    typed = stamps.cast(type_) if is_date else pc.assume_timezone(stamps, "UTC")
    return format_column(typed).to_pandas().astype("category").to_numpy()


def write_anndata(data: Any, target: str, *, force: bool = False) -> None:
    """Write an AnnData or MuData object as a file that appears when it is complete.

    Raises:
        UsageError: The file exists, or its folder is missing.
        StorageRefusedError: The file cannot be written.
    """
    require_free(target, force=force)
    path = Path(target)
    write_dates(data)
    try:
        # The library opens the file itself, so it writes in a folder of its own beside the target.
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            part = Path(folder) / path.name
            with own_columns() if is_mudata(target) else nullcontext():
                data.write(part)
            part.replace(path)
    except OSError as error:
        raise StorageRefusedError(f"Cannot write {target!r}.", why=f"{error.strerror}.") from error


def _schema(feature_ids: Sequence[str], *, whole: bool) -> pa.Schema:
    value = pa.int64() if whole else pa.float64()
    fields = [pa.field(SAMPLE_ID, pa.string())]
    return pa.schema([*fields, *(pa.field(each, value) for each in feature_ids)])


def _write_parquet(pieces: Iterable[MatrixResult], schema: pa.Schema, file: BinaryIO) -> int:
    rows = 0
    with ParquetWriter(file, schema, compression="zstd") as writer:
        for piece in pieces:
            writer.write_table(piece.to_arrow().cast(schema), row_group_size=len(piece.sample_ids))
            rows += len(piece.sample_ids)
    return rows


def _write_text(
    pieces: Iterable[MatrixResult], feature_ids: Sequence[str], file: BinaryIO, delimiter: str
) -> int:
    header = quote(pa.array([SAMPLE_ID, *feature_ids], pa.large_string()), delimiter)
    file.write((delimiter.join(header.to_pylist()) + "\n").encode())
    rows = 0
    for piece in pieces:
        for lines in _lines(piece, delimiter):
            write_texts(file, lines)
        rows += len(piece.sample_ids)
    return rows


def _lines(matrix: MatrixResult, delimiter: str) -> Iterator[pa.Array]:
    """Yield the lines of a matrix: all cells of some rows become text as one column."""
    width = len(matrix.feature_ids)
    if width == 0:
        return
    samples = quote(pa.array(matrix.sample_ids, pa.large_string()), delimiter)
    step = max(1, CELLS_AT_ONCE // width)
    for start in range(0, len(samples), step):
        rows = slice(start, start + step)
        # One copy puts the cells of a row side by side.
        values = np.ascontiguousarray(matrix.values[rows])
        missing = matrix.is_missing[rows].ravel() if matrix.missing is not None else None
        cells = pa.array(values.ravel(), mask=missing, from_pandas=True)
        texts = pc.fill_null(format_column(cells), "")
        ends = np.arange(0, len(cells) + 1, width, dtype=np.int64)
        lists = pa.LargeListArray.from_arrays(pa.array(ends), texts)
        between = pa.scalar(delimiter, pa.large_string())
        joined = pc.binary_join(lists, between)
        yield pc.binary_join_element_wise(
            pc.binary_join_element_wise(samples.slice(start, step), joined, between),
            pa.scalar("\n", pa.large_string()),
            pa.scalar("", pa.large_string()),
        )
