"""A file for each sample: a task reads the files of one block and aligns their features."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.assays.expression.tasks.files.layer import store_numbers
from apollo_spark.assays.expression.tasks.files.numbers import read_numbers
from apollo_spark.assays.expression.tasks.files.reading import CheckedRows, read_grids, read_texts
from apollo_spark.assays.expression.tasks.merging import merge_or_describe
from apollo_spark.assays.expression.tasks.outcome import CellPlaces, TaskOutcome
from apollo_spark.assays.expression.tasks.tiles.spec import (
    LEFT_OUT,
    Features,
    SampleFile,
    SampleFilesTask,
)
from apollo_spark.assays.expression.tasks.tiles.storage import put, united
from apollo_spark.assays.expression.tasks.values import write_values
from apollo_spark.workers.source import InputProblemError
from apollo_spark.workers.values.spec import Block

UNKNOWN = "feature_unknown"
REPEATED = "feature_repeated"
# A file read at once has its features looked up once, or not at all if the last had the same.
FILE_BYTES = 32 << 20


@dataclass(frozen=True)
class FoundRows:
    """What the ids of some rows mean.

    Attributes:
        is_kept: (rows,) bool, the rows that are not left out.
        features: (kept rows,) index of the feature of each.
        is_unknown: (rows,) bool, the rows whose id is not known.
    """

    is_kept: np.ndarray
    features: np.ndarray
    is_unknown: np.ndarray


@dataclass(frozen=True)
class FileRows:
    """Checked rows of one file.

    Attributes:
        rows: One column of numbers; rows that are left out are not among them.
        features: (rows,) index of the feature of each.
        unknown_lines: Lines of the rows whose feature is not known.
    """

    rows: CheckedRows
    features: np.ndarray
    unknown_lines: np.ndarray


class FeatureLookup:
    """Finds features by the texts of a file; files mostly repeat each other's texts."""

    def __init__(self, task: SampleFilesTask) -> None:
        self._texts = pa.array(task.texts, pa.large_string())
        self._indexes = np.append(task.features.indexes, LEFT_OUT)
        self._found: dict[int, tuple[pa.Array, FoundRows]] = {}

    def find(self, texts: pa.Array, place: int) -> FoundRows:
        """Find the features of some rows.

        Args:
            texts: Feature ids of the rows.
            place: Rows before them in the file; the same rows of another file are tried first.
        """
        if place not in self._found or not self._found[place][0].equals(texts):
            self._found[place] = (texts, self._look_up(texts))
        return self._found[place][1]

    def _look_up(self, texts: pa.Array) -> FoundRows:
        known = len(self._texts)
        numbers = pc.index_in(texts, self._texts).fill_null(known).to_numpy(zero_copy_only=False)
        indexes = self._indexes[numbers]
        is_kept = indexes != LEFT_OUT
        return FoundRows(is_kept, indexes[is_kept], numbers == known)


def write_sample_files(task: SampleFilesTask, *, chunk_bytes: int = FILE_BYTES) -> dict[str, Any]:
    """Check the files of a task and write their tiles; the answer is that of `write_matrix`."""
    outcome, lookup = TaskOutcome(), FeatureLookup(task)
    features = known_features(task.features)
    values = np.full((len(features.ids), len(task.files)), np.nan)
    for column, file in enumerate(task.files):
        found, numbers = [np.zeros(0, np.int32)], [np.zeros(0)]
        try:
            for part in read_file(file, task, lookup, chunk_bytes):
                outcome.add_rows(part.rows)
                outcome.count(UNKNOWN, len(part.unknown_lines))
                found.append(part.features)
                numbers.append(part.rows.numbers.values)
        except InputProblemError as problem:
            outcome.add_problem(problem.rule, problem.line, file.file.label)
        indexes, merged = merge_file(np.concatenate(found), united(numbers), task, outcome)
        if task.on_duplicate == "refuse":
            outcome.count(REPEATED, sum(map(len, found)) - len(indexes))
        places = (np.searchsorted(features.indexes, indexes), column)
        values = put(values, places, merged)
    write_values(values, features, task.samples, task.target, outcome)
    return outcome.result()


def merge_file(
    features: np.ndarray, values: np.ndarray, task: SampleFilesTask, outcome: TaskOutcome
) -> tuple[np.ndarray, np.ndarray]:
    """Give each feature of a file once, with its value."""
    if np.bincount(features, minlength=1).max() <= 1:
        return features, values
    names, merged = merge_or_describe(
        values[:, None], features, task.on_duplicate, task.target.storage, outcome
    )
    return names, merged[:, 0]


def collect_sample_files(
    task: SampleFilesTask, limit: int, *, chunk_bytes: int = FILE_BYTES
) -> list[dict[str, Any]]:
    """Read the files of a task again and collect where they are wrong."""
    places, lookup = CellPlaces(limit), FeatureLookup(task)
    for file in task.files:
        label, seen = file.file.label, np.zeros(0, np.int32)
        # By number: a name may be the id of a sample, which may name a person.
        name = str(file.value_column + 1)
        try:
            for part in read_file(file, task, lookup, chunk_bytes):
                places.add_rows(part.rows, (name,), label)
                places.add_lines(UNKNOWN, part.unknown_lines.tolist(), label)
                if task.on_duplicate == "refuse":
                    again = mark_repeated(part.features, seen)
                    places.add_lines(REPEATED, part.rows.grid.lines[again].tolist(), label)
                    seen = np.union1d(seen, part.features)
        except InputProblemError as problem:
            places.add_lines(problem.rule, [problem.line], label)
    return places.result()


def read_file(
    file: SampleFile, task: SampleFilesTask, lookup: FeatureLookup, chunk_bytes: int
) -> Iterator[FileRows]:
    """Yield the rows of one file.

    Raises:
        InputProblemError: Where the file stops being what it was said to be.
    """
    columns, target = np.array([file.value_column]), task.target
    block = Block(file.file, 0, file.file.data_start, None, file.file.data_line)
    for whole, before in read_grids(block, chunk_bytes):
        found = lookup.find(read_texts(whole, file.id_column), before)
        grid = whole.where(found.is_kept)
        stored = store_numbers(
            read_numbers(grid, columns, target.missing), target.storage, target.unit
        )
        rows = CheckedRows(grid, columns, before + grid.records, stored)
        yield FileRows(rows, found.features, whole.lines[found.is_unknown])


def known_features(features: Features) -> Features:
    """Give each feature once, by rising index."""
    indexes, first = np.unique(features.indexes, return_index=True)
    is_known = indexes != LEFT_OUT
    ids = tuple(features.ids[each] for each in first[is_known].tolist())
    return Features(ids, indexes[is_known])


def mark_repeated(features: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Mark the features that are in `seen`, or earlier in the array."""
    again = np.ones(len(features), bool)
    again[np.unique(features, return_index=True)[1]] = False
    return np.asarray(again | np.isin(features, seen))
