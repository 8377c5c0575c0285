"""A long file, first phase: check rows of (feature, sample, value) and keep them by sample."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.workers.expression.layer import store_numbers
from apollo_spark.workers.expression.numbers import read_numbers
from apollo_spark.workers.expression.outcome import CellPlaces, TaskOutcome
from apollo_spark.workers.expression.reading import CHUNK_BYTES, CheckedRows, read_grids, read_texts
from apollo_spark.workers.expression.spec import LongParseTask
from apollo_spark.workers.source import InputProblemError

# Small enough that a block of samples reads little more than its own rows.
GROUP_ROWS = 1 << 16


@dataclass(frozen=True)
class LongRows:
    """Checked rows with their ids."""

    rows: CheckedRows
    features: pa.Array
    samples: pa.Array


def write_long(task: LongParseTask, *, chunk_bytes: int = CHUNK_BYTES) -> dict[str, Any]:
    """Check the rows of a task and keep them in a scratch file.

    Returns:
        A value for JSON: `path` of the file, `rows`, `feature_ids` and `sample_ids` (ids by their
        code in the file), and `is_enough`, `need`, `counts` and `problems` as in `write_matrix`.
        Rows without value are not kept; their ids are.
    """
    outcome = TaskOutcome()
    parts: list[LongRows] = []
    try:
        for part in read_long_rows(task, chunk_bytes):
            outcome.add_rows(part.rows)
            parts.append(part)
    except InputProblemError as problem:
        outcome.add_problem(problem.rule, problem.line, task.block.file.label)
    features, feature_ids = encode_ids([part.features for part in parts])
    samples, sample_ids = encode_ids([part.samples for part in parts])
    values = join([part.rows.numbers.values for part in parts], np.float64)
    lines = join([part.rows.grid.lines for part in parts], np.int64)
    order = np.argsort(samples, kind="stable")
    order = order[~np.isnan(values[order])]
    table = pa.table(
        {
            "sample": samples[order],
            "feature": features[order],
            "value": values[order],
            "line": lines[order],
        }
    )
    path = Path(task.target.folder) / f"{task.target.name}-{uuid4()}.parquet"
    pq.write_table(table, path, row_group_size=GROUP_ROWS, compression="zstd", compression_level=1)
    names = {"feature_ids": feature_ids, "sample_ids": sample_ids}
    return {**outcome.result(), "path": str(path), "rows": len(order), **names}


def collect_long(
    task: LongParseTask, limit: int, *, chunk_bytes: int = CHUNK_BYTES
) -> list[dict[str, Any]]:
    """Read the rows of a task again and collect where they are wrong."""
    places, label = CellPlaces(limit), task.block.file.label
    name = task.block.file.header[task.value_column]
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
    columns, target = np.array([task.value_column]), task.target
    for grid, before in read_grids(task.block, chunk_bytes):
        numbers = read_numbers(grid, columns, target.missing)
        stored = store_numbers(numbers, target.storage, target.unit)
        features = read_texts(grid, task.feature_column)
        samples = read_texts(grid, task.sample_column)
        yield LongRows(CheckedRows(grid, columns, before + grid.records, stored), features, samples)


def encode_ids(texts: list[pa.Array]) -> tuple[np.ndarray, list[str]]:
    """Give codes and ids, by first appearance."""
    encoded = pa.chunked_array(texts, pa.large_string()).combine_chunks().dictionary_encode()
    return encoded.indices.to_numpy(zero_copy_only=False), encoded.dictionary.to_pylist()


def join(arrays: list[np.ndarray], kind: type) -> np.ndarray:
    """Join arrays, of which there may be none."""
    return np.concatenate([np.zeros(0, kind), *arrays])
