"""A matrix in which a row is a sample: a task turns the rows of one block of samples."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from apollo_spark.assays.expression.tasks.files.reading import CHUNK_BYTES, CheckedRows, read_rows
from apollo_spark.assays.expression.tasks.merging import merge_or_describe
from apollo_spark.assays.expression.tasks.outcome import CellPlaces, TaskOutcome
from apollo_spark.assays.expression.tasks.tiles.spec import LEFT_OUT, Features, SampleRowsTask
from apollo_spark.assays.expression.tasks.tiles.storage import put
from apollo_spark.assays.expression.tasks.values import write_values
from apollo_spark.workers.source import InputProblemError


def write_sample_rows(task: SampleRowsTask, *, chunk_bytes: int = CHUNK_BYTES) -> dict[str, Any]:
    """Check the rows of a task and write their tiles; the answer is that of `write_matrix`."""
    outcome = TaskOutcome()
    values = np.full((len(task.samples.ids), len(task.columns)), np.nan)
    try:
        for rows in checked_rows(task, chunk_bytes):
            outcome.add_rows(rows)
            values = put(values, rows.records, rows.values())
    except InputProblemError as problem:
        outcome.add_problem(problem.rule, problem.line, task.block.file.label)
    values = values[task.samples.blocks != LEFT_OUT]
    indexes, merged = merge_or_describe(
        values.T, task.features.indexes, task.on_duplicate, task.target.storage, outcome
    )
    ids = dict(zip(task.features.indexes.tolist(), task.features.ids, strict=True))
    features = Features(tuple(ids[each] for each in indexes.tolist()), indexes)
    write_values(merged, features, task.samples.placed(), task.target, outcome)
    return outcome.result()


def collect_sample_rows(
    task: SampleRowsTask, limit: int, *, chunk_bytes: int = CHUNK_BYTES
) -> list[dict[str, Any]]:
    """Read the rows of a task again and collect where they are wrong."""
    places, label = CellPlaces(limit), task.block.file.label
    # By number: what was taken for a feature may be a person where a matrix is turned wrongly.
    names = tuple(str(each + 1) for each in task.columns.tolist())
    try:
        for rows in checked_rows(task, chunk_bytes):
            places.add_rows(rows, names, label)
    except InputProblemError as problem:
        places.add_lines(problem.rule, [problem.line], label)
    return places.result()


def checked_rows(task: SampleRowsTask, chunk_bytes: int) -> Iterator[CheckedRows]:
    """Yield all rows but those of samples that are left out."""
    is_wanted = task.samples.blocks != LEFT_OUT
    yield from read_rows(task.block, task.columns, task.target, is_wanted, chunk_bytes)
