"""A matrix in which a row is a feature: a task writes the tiles of its rows, for all samples."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from apollo_spark.assays.expression.tasks.files.reading import CHUNK_BYTES, CheckedRows, read_rows
from apollo_spark.assays.expression.tasks.outcome import CellPlaces, TaskOutcome
from apollo_spark.assays.expression.tasks.tiles.content import (
    feature_factors,
    hash_values,
    sample_factors,
)
from apollo_spark.assays.expression.tasks.tiles.file import TileMatrix, write_tile_file
from apollo_spark.assays.expression.tasks.tiles.spec import LEFT_OUT, MatrixTask
from apollo_spark.assays.expression.tasks.tiles.stats import (
    AxisStats,
    feature_stats,
    pack,
    sample_stats,
)
from apollo_spark.assays.expression.tasks.tiles.storage import is_whole
from apollo_spark.workers.source import InputProblemError

# A task of a file that cannot be cut writes a file whenever it holds so much.
BUFFER_BYTES = 256 << 20


def write_matrix_tiles(
    task: MatrixTask, *, chunk_bytes: int = CHUNK_BYTES, buffer_bytes: int = BUFFER_BYTES
) -> dict[str, Any]:
    """Check the rows of a task and write their tiles.

    Args:
        task: What to do.
        chunk_bytes: How much text is read at a time.
        buffer_bytes: How many bytes of stored values are held before a file is written.

    Returns:
        A value for JSON: `parts` (path, size, rows, stats of each file), `hash` (rows, lo, hi),
        `is_enough` and `need` (whether the storage was enough; if not, nothing is worth keeping
        and `need` says what is), `counts` ([rule, None, cells or rows]), `problems` ([rule, line,
        file]), `features` and `samples` (packed statistics) and `diverted` (row, feature and
        packed values of the rows to merge, and their type).
    """
    outcome, writer = TaskOutcome(), MatrixWriter(task, buffer_bytes)
    try:
        for rows in checked_rows(task, chunk_bytes):
            outcome.add_rows(rows)
            if outcome.is_enough:
                writer.add(rows, outcome)
    except InputProblemError as problem:
        outcome.add_problem(problem.rule, problem.line, task.block.file.label)
    return {**writer.finish(outcome), "diverted": writer.diverted}


def collect_matrix(
    task: MatrixTask, limit: int, *, chunk_bytes: int = CHUNK_BYTES
) -> list[dict[str, Any]]:
    """Read the rows of a task again and collect where they are wrong."""
    places, label = CellPlaces(limit), task.block.file.label
    # By number: a name is the id of a sample, which may name a person.
    names = tuple(str(each + 1) for each in task.columns[sample_order(task)].tolist())
    try:
        for rows in checked_rows(task, chunk_bytes):
            places.add_rows(rows, names, label)
    except InputProblemError as problem:
        places.add_lines(problem.rule, [problem.line], label)
    return places.result()


def sample_order(task: MatrixTask) -> np.ndarray:
    """Give the samples in the order of blocks and positions."""
    return np.lexsort((task.samples.positions, task.samples.blocks))


def checked_rows(task: MatrixTask, chunk_bytes: int) -> Iterator[CheckedRows]:
    """Yield the rows that are not left out, columns in the order of blocks and positions."""
    columns = task.columns[sample_order(task)]
    is_wanted = task.features.indexes != LEFT_OUT
    yield from read_rows(task.block, columns, task.target, is_wanted, chunk_bytes)


@dataclass(frozen=True)
class Piece:
    """Stored values of some rows, waiting to be written."""

    records: np.ndarray
    stored: np.ndarray


class MatrixWriter:
    """Hashes, summarises and writes checked rows."""

    def __init__(self, task: MatrixTask, buffer_bytes: int) -> None:
        self._task = task
        self._buffer_bytes = buffer_bytes
        order = sample_order(task)
        self._order = order
        self._blocks = task.samples.blocks[order]
        self._samples = sample_factors(task.samples.ids).take(order)
        self._features = feature_factors(task.features.ids)
        self._sample_stats = AxisStats.empty(len(order))
        self._feature_stats = AxisStats.empty(len(task.features.ids))
        self._pieces: list[Piece] = []
        self._written = np.zeros(len(task.features.ids), bool)
        self.diverted: list[list[Any]] = []

    def add(self, rows: CheckedRows, outcome: TaskOutcome) -> None:
        """Take rows that could be stored."""
        values = rows.values()
        assert rows.numbers.stored is not None
        stored, records = rows.numbers.stored.reshape(rows.shape), rows.records
        if self._task.is_diverted is not None:
            is_diverted = self._task.is_diverted[records]
            self._divert(records[is_diverted], values[is_diverted])
            values, stored, records = (each[~is_diverted] for each in (values, stored, records))
        outcome.add_hash(hash_values(values, self._features.take(records), self._samples))
        self._sample_stats = self._sample_stats.merge(sample_stats(values))
        self._feature_stats.put(records, feature_stats(values))
        self._written[records] = True
        self._pieces.append(Piece(records, stored))
        if sum(each.stored.nbytes for each in self._pieces) >= self._buffer_bytes:
            self._flush(outcome)

    def _divert(self, records: np.ndarray, values: np.ndarray) -> None:
        back = np.empty_like(values)
        back[:, self._order] = values
        for record, row in zip(records.tolist(), back, strict=True):
            feature = int(self._task.features.indexes[record])
            kind = "<i8" if is_whole(row) else "<f8"
            self.diverted.append([record, feature, pack(row), kind])

    def _flush(self, outcome: TaskOutcome) -> None:
        if not self._pieces:
            return
        target = self._task.target
        records = np.concatenate([each.records for each in self._pieces])
        stored = np.concatenate([each.stored for each in self._pieces])
        self._pieces = []
        ids = tuple(self._task.features.ids[each] for each in records)
        tiles = TileMatrix(ids, self._task.features.indexes[records], self._blocks, stored)
        outcome.add_part(write_tile_file(target.folder, target.name, tiles, target.storage))

    def finish(self, outcome: TaskOutcome) -> dict[str, Any]:
        """Write what is left, and give the answer."""
        if outcome.is_enough:
            self._flush(outcome)
        written = np.flatnonzero(self._written)
        places = self._task.features.indexes[written]
        outcome.set_stats("features", places, self._feature_stats.take(written))
        outcome.set_stats("samples", self._order, self._sample_stats)
        return outcome.result()
