"""A long file, first phase: check rows of (feature, sample, value) and keep them by sample."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.assays.expression.tasks.files.layer import store_numbers
from apollo_spark.assays.expression.tasks.files.long_cells import read_long_cells
from apollo_spark.assays.expression.tasks.files.numbers import read_numbers
from apollo_spark.assays.expression.tasks.files.reading import CheckedRows
from apollo_spark.assays.expression.tasks.outcome import CellPlaces, TaskOutcome
from apollo_spark.assays.expression.tasks.tiles.spec import LongParseTask
from apollo_spark.assays.expression.tasks.tiles.storage import MISSING_WHOLE, as_floats, is_whole
from apollo_spark.workers.source import InputProblemError

# Larger than those of a matrix: threads wait less for each other (docs/decisions/long-files.md).
CHUNK_BYTES = 2 << 20
# Small enough that a block of samples reads little more than its own rows.
GROUP_ROWS = 1 << 15
IDS = ".ids"
WHOLE = "whole"
"""The column of values that may be too long for doubles, where there are some."""


@dataclass(frozen=True)
class LongRows:
    """Checked rows with their ids."""

    rows: CheckedRows
    features: pa.Array
    samples: pa.Array


class LongColumns:
    """Gathers what of the rows is kept: not their cells, which are many times as large."""

    def __init__(self) -> None:
        self._features: list[pa.Array] = []
        self._samples: list[pa.Array] = []
        self._values = [np.zeros(0)]
        self._wholes: list[np.ndarray] = [np.zeros(0, np.int64)]
        self._lines = [np.zeros(0, np.int64)]

    def add(self, part: LongRows) -> None:
        """Take rows."""
        self._features.append(part.features)
        self._samples.append(part.samples)
        values = part.rows.numbers.values
        self._values.append(as_floats(values))
        # Beside the doubles, because not before all is read is it known what holds them all.
        wholes = values if is_whole(values) else np.full(len(values), MISSING_WHOLE)
        self._wholes.append(wholes)
        self._lines.append(part.rows.grid.lines)

    def encode(self) -> tuple[pa.Table, pa.Array, pa.Array]:
        """Give the rows that have a value by sample, and the ids of the two codes in them."""
        features, feature_ids = encode_ids(self._features)
        samples, sample_ids = encode_ids(self._samples)
        values, lines = np.concatenate(self._values), np.concatenate(self._lines)
        order = np.argsort(samples, kind="stable")
        order = order[~np.isnan(values[order])]
        columns = {
            "sample": samples[order],
            "feature": features[order],
            "value": values[order],
            "line": lines[order],
        }
        wholes = np.concatenate(self._wholes)[order]
        if (wholes != MISSING_WHOLE).any():
            columns[WHOLE] = pa.array(wholes, mask=wholes == MISSING_WHOLE)
        return pa.table(columns), feature_ids, sample_ids


def write_long(task: LongParseTask, *, chunk_bytes: int = CHUNK_BYTES) -> dict[str, Any]:
    """Check the rows of a task and keep them in a scratch file, with their ids beside it.

    Returns:
        A value for JSON: `path` of the file, `rows`, and `is_enough`, `need`, `counts` and
        `problems` as in `write_matrix`. Rows without value are not kept; their ids are.
    """
    outcome, columns = TaskOutcome(), LongColumns()
    try:
        for part in read_long_rows(task, chunk_bytes):
            outcome.add_rows(part.rows)
            columns.add(part)
    except InputProblemError as problem:
        outcome.add_problem(problem.rule, problem.line, task.block.file.label)
    table, feature_ids, sample_ids = columns.encode()
    path = Path(task.target.folder) / f"{task.target.name}-{uuid4()}.parquet"
    pq.write_table(
        table,
        path,
        row_group_size=GROUP_ROWS,
        compression="zstd",
        compression_level=1,
        use_dictionary=["sample"],
        column_encoding={"feature": "DELTA_BINARY_PACKED", "line": "DELTA_BINARY_PACKED"},
    )
    kind = pa.list_(pa.large_string())
    ids = {"features": pa.array([feature_ids], kind), "samples": pa.array([sample_ids], kind)}
    pq.write_table(pa.table(ids), f"{path}{IDS}", compression="zstd")
    return {**outcome.result(), "path": str(path), "rows": len(table)}


def read_ids(path: str) -> tuple[list[str], list[str]]:
    """Give the ids of the features and of the samples of a scratch file, by their codes."""
    with pq.ParquetFile(f"{path}{IDS}") as file:
        table = file.read()
    return table["features"][0].as_py(), table["samples"][0].as_py()


def collect_long(
    task: LongParseTask, limit: int, *, chunk_bytes: int = CHUNK_BYTES
) -> list[dict[str, Any]]:
    """Read the rows of a task again and collect where they are wrong."""
    places, label = CellPlaces(limit), task.block.file.label
    # By number: the cell above the values may be anything.
    name = str(task.value_column + 1)
    try:
        for part in read_long_rows(task, chunk_bytes):
            places.add_rows(part.rows, (name,), label)
    except InputProblemError as problem:
        places.add_lines(problem.rule, [problem.line], label)
    return places.result()


def read_long_rows(task: LongParseTask, chunk_bytes: int) -> Iterator[LongRows]:
    """Yield the rows of each chunk.

    Raises:
        InputProblemError: Where the file stops being what it was said to be.
    """
    target, before = task.target, 0
    for cells in read_long_cells(task, chunk_bytes):
        grid, columns = cells.grid, np.array([cells.column])
        numbers = read_numbers(grid, columns, target.missing)
        stored = store_numbers(numbers, target.storage, target.unit, keeps_long=True)
        rows = CheckedRows(grid, columns, before + grid.records, stored)
        before += grid.record_count
        yield LongRows(rows, cells.features, cells.samples)


def encode_ids(parts: list[pa.Array]) -> tuple[np.ndarray, pa.Array]:
    """Give codes and ids, by first appearance, of texts that may be encoded in part already."""
    ids = pa.dictionary(pa.int32(), pa.large_string())
    encoded = [each if each.type == ids else each.dictionary_encode() for each in parts]
    joined = pa.chunked_array(encoded, ids).unify_dictionaries().combine_chunks()
    return joined.indices.to_numpy(zero_copy_only=False), joined.dictionary
