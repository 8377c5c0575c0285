"""A long file, second phase: the tiles of one block of samples from the scratch files."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.assays.expression.tasks.files.layer import INEXACT, with_wholes
from apollo_spark.assays.expression.tasks.long_rows import WHOLE
from apollo_spark.assays.expression.tasks.merging import merge_or_describe
from apollo_spark.assays.expression.tasks.outcome import CellPlaces, TaskOutcome
from apollo_spark.assays.expression.tasks.tiles.spec import LEFT_OUT, LongPart, LongTilesTask
from apollo_spark.assays.expression.tasks.tiles.storage import (
    MISSING_WHOLE,
    LayerStorage,
    is_inexact,
    is_missing,
    put,
    united,
)
from apollo_spark.assays.expression.tasks.values import write_values

REPEATED = "pair_repeated"


@dataclass(frozen=True)
class Pairs:
    """Measured values of a block in one part, each pair's in the order of the source.

    Attributes:
        cells: Row of the feature times number of samples, plus place of the sample.
        values: As `storage` has values.
        lines: Physical lines, or None where nobody asked.
        lost: Places of whole numbers that a layer of doubles cannot hold.
    """

    cells: np.ndarray
    values: np.ndarray
    lines: np.ndarray | None
    lost: np.ndarray


def write_long_tiles(task: LongTilesTask) -> dict[str, Any]:
    """Write the tiles of one block; the answer is that of `write_matrix`."""
    outcome = TaskOutcome()
    if task.target.storage.kind == "double":
        outcome.count(INEXACT, sum(len(each.lost) for each in read_pairs(task)))
    values, repeated = first_values(task)
    if repeated and task.on_duplicate == "refuse":
        outcome.count(REPEATED, repeated)
    elif repeated and task.on_duplicate != "first":
        values = merged_values(task, values, outcome)
    shape = (len(task.features.ids), len(task.samples.ids))
    write_values(values.reshape(shape), task.features, task.samples, task.target, outcome)
    return outcome.result()


def first_values(task: LongTilesTask) -> tuple[np.ndarray, int]:
    """Give the first value of every cell, if any, and how many rows repeat a pair.

    One part of the source is in memory at a time.
    """
    values, count = np.full(len(task.features.ids) * len(task.samples.ids), np.nan), 0
    for pairs in read_pairs(task):
        count += len(pairs.cells)
        is_new = is_missing(values[pairs.cells])
        # Of values for one place numpy keeps the last, which is the first in the source.
        values = put(values, pairs.cells[is_new][::-1], pairs.values[is_new][::-1])
    return values, count - np.count_nonzero(~is_missing(values))


def merged_values(task: LongTilesTask, values: np.ndarray, outcome: TaskOutcome) -> np.ndarray:
    """Put the merged values of the pairs that are repeated in the place of their first ones."""
    parts = list(read_pairs(task))
    cells = np.concatenate([each.cells for each in parts])
    names, times = np.unique(cells, return_counts=True)
    is_repeated = np.isin(cells, names[times > 1])
    found = united([each.values for each in parts])[is_repeated]
    places, merged = merge_or_describe(
        found[:, None], cells[is_repeated], task.on_duplicate, task.target.storage, outcome
    )
    return put(values, places, merged[:, 0])


def collect_long_tiles(task: LongTilesTask, limit: int) -> list[dict[str, Any]]:
    """Collect the rows that repeat a pair, which is the text."""
    places = CellPlaces(limit)
    if task.target.storage.kind == "double":
        for part, pairs in zip(task.parts, read_pairs(task, with_lines=True), strict=True):
            assert pairs.lines is not None, "they were asked for"
            lines = pairs.lines[pairs.lost].tolist()
            places.add_lines(INEXACT, lines, part.label)
    if task.on_duplicate != "refuse":
        return places.result()
    is_taken = np.zeros(len(task.features.ids) * len(task.samples.ids), bool)
    for part, pairs in zip(task.parts, read_pairs(task, with_lines=True), strict=True):
        first = np.zeros(len(pairs.cells), bool)
        first[np.unique(pairs.cells, return_index=True)[1]] = True
        again = np.flatnonzero(~first | is_taken[pairs.cells])
        is_taken[pairs.cells] = True
        found = _describe(task, pairs, again, limit)
        places.add(REPEATED, part.label, len(again), found)
    return places.result()


def _describe(task: LongTilesTask, pairs: Pairs, rows: np.ndarray, limit: int) -> list[list[Any]]:
    assert pairs.lines is not None
    rows = rows[np.argsort(pairs.lines[rows], kind="stable")][:limit]
    features, samples = np.divmod(pairs.cells[rows], len(task.samples.ids))
    found = zip(pairs.lines[rows].tolist(), samples.tolist(), features.tolist(), strict=True)
    return [
        [line, None, f"{task.features.ids[feature]} of {task.samples.ids[sample]}"]
        for line, sample, feature in found
    ]


def read_pairs(task: LongTilesTask, *, with_lines: bool = False) -> Iterator[Pairs]:
    """Yield the rows of the block's samples in each part."""
    rows = places_of(task.features.indexes)
    columns = places_of(task.members)
    for part in task.parts:
        yield pairs_of(
            part, rows, columns, len(task.members), task.target.storage, with_lines=with_lines
        )


def places_of(numbers: np.ndarray) -> np.ndarray:
    """Give the place of each number, LEFT_OUT for others; the last entry is for LEFT_OUT."""
    places = np.full(int(numbers.max(initial=0)) + 2, LEFT_OUT, np.int64)
    places[numbers] = np.arange(len(numbers))
    return places


def pairs_of(
    part: LongPart,
    rows: np.ndarray,
    columns: np.ndarray,
    width: int,
    storage: LayerStorage,
    *,
    with_lines: bool,
) -> Pairs:
    """Read one part."""
    samples = columns[np.minimum(part.samples, len(columns) - 1)]
    features = rows[part.features]
    table = read_part(part, np.flatnonzero(samples != LEFT_OUT), with_lines=with_lines)
    own_rows = features[table["feature"].to_numpy()]
    own_columns = samples[table["sample"].to_numpy()]
    keep = np.flatnonzero((own_rows != LEFT_OUT) & (own_columns != LEFT_OUT))
    values, lost = _values_of(table, keep, storage)
    return Pairs(
        own_rows[keep] * width + own_columns[keep],
        values,
        table["line"].to_numpy()[keep] if with_lines else None,
        lost,
    )


def _values_of(
    table: pa.Table, keep: np.ndarray, storage: LayerStorage
) -> tuple[np.ndarray, np.ndarray]:
    """Give the values of some rows, and the places of those that doubles cannot hold."""
    floats = table["value"].to_numpy()[keep]
    if WHOLE not in table.column_names:
        return floats, keep[:0]
    long = table[WHOLE].combine_chunks().fill_null(MISSING_WHOLE)
    long = long.to_numpy(zero_copy_only=False)[keep]
    cells = np.flatnonzero(long != MISSING_WHOLE)
    wholes = None if storage.kind == "double" else with_wholes(floats, cells, long[cells])
    if wholes is None:
        return floats, np.flatnonzero(is_inexact(long))
    return wholes, keep[:0]


def read_part(part: LongPart, wanted: np.ndarray, *, with_lines: bool) -> pa.Table:
    """Read the row groups that may hold samples of these codes, which rise."""
    names = ["sample", "feature", "value", *["line"] * with_lines]
    with pq.ParquetFile(part.path) as file:
        names += [WHOLE] * (WHOLE in file.schema_arrow.names)
        groups = []
        for group in range(file.num_row_groups):
            bounds = file.metadata.row_group(group).column(0).statistics
            # A file without rows has a group without bounds.
            if bounds is None or not bounds.has_min_max:
                continue
            first = np.searchsorted(wanted, bounds.min)
            if first < len(wanted) and wanted[first] <= bounds.max:
                groups.append(group)
        return file.read_row_groups(groups, columns=names)
