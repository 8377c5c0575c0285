"""A long file, second phase: the tiles of one block of samples from the scratch files."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.workers.expression.merging import merge_values
from apollo_spark.workers.expression.outcome import CellPlaces, TaskOutcome
from apollo_spark.workers.expression.spec import LEFT_OUT, LongPart, LongTilesTask
from apollo_spark.workers.expression.values import write_values

REPEATED = "pair_repeated"


@dataclass(frozen=True)
class Pairs:
    """Measured values of a block, in the order of the source.

    Attributes:
        cells: Row of the feature times number of samples, plus place of the sample.
        values: float64.
        lines: Physical lines.
        files: Number of the part of each.
    """

    cells: np.ndarray
    values: np.ndarray
    lines: np.ndarray
    files: np.ndarray


def write_long_tiles(task: LongTilesTask) -> dict[str, Any]:
    """Write the tiles of one block; the answer is that of `write_matrix`."""
    outcome, pairs = TaskOutcome(), read_pairs(task)
    shape = (len(task.features.ids), len(task.samples.ids))
    cells, merged = merge_values(
        pairs.values[:, None], pairs.cells, task.on_duplicate, task.target.storage
    )
    if task.on_duplicate == "refuse":
        outcome.count(REPEATED, len(pairs.cells) - len(cells))
    values = np.full(shape[0] * shape[1], np.nan)
    values[cells] = merged[:, 0]
    write_values(values.reshape(shape), task.features, task.samples, task.target, outcome)
    return outcome.result()


def collect_long_tiles(task: LongTilesTask, limit: int) -> list[dict[str, Any]]:
    """Collect the rows that repeat a pair: column is the sample, text the feature."""
    places, pairs = CellPlaces(limit), read_pairs(task)
    again = np.ones(len(pairs.cells), bool)
    again[np.unique(pairs.cells, return_index=True)[1]] = False
    found = np.flatnonzero(again) if task.on_duplicate == "refuse" else np.zeros(0, np.int64)
    samples = np.argsort(task.samples.positions)
    features, positions = np.divmod(pairs.cells[found[:limit]], len(task.samples.ids))
    kept = [
        [
            task.parts[pairs.files[row]].label,
            int(pairs.lines[row]),
            task.samples.ids[samples[position]],
            task.features.ids[feature],
        ]
        for row, feature, position in zip(found[:limit], features, positions, strict=True)
    ]
    places.add(REPEATED, len(found), kept)
    return places.result()


def read_pairs(task: LongTilesTask) -> Pairs:
    """Read the rows of the block's samples from all parts."""
    rows = np.full(int(task.features.indexes.max(initial=0)) + 1, LEFT_OUT)
    rows[task.features.indexes] = np.arange(len(task.features.ids))
    columns = np.argsort(task.samples.positions)
    parts = [
        pairs_of(number, part, rows, columns, len(task.samples.ids))
        for number, part in enumerate(task.parts)
    ]
    return Pairs(
        cells=np.concatenate([np.zeros(0, np.int64), *(part.cells for part in parts)]),
        values=np.concatenate([np.zeros(0), *(part.values for part in parts)]),
        lines=np.concatenate([np.zeros(0, np.int64), *(part.lines for part in parts)]),
        files=np.concatenate([np.zeros(0, np.int64), *(part.files for part in parts)]),
    )


def pairs_of(
    number: int, part: LongPart, rows: np.ndarray, columns: np.ndarray, width: int
) -> Pairs:
    """Read one part, in the order of its source."""
    table = read_part(part)
    sample, feature = (table[name].to_numpy() for name in ("sample", "feature"))
    positions, features = part.positions[sample], part.features[feature]
    keep = np.flatnonzero((positions != LEFT_OUT) & (features != LEFT_OUT))
    lines = table["line"].to_numpy()
    keep = keep[np.argsort(lines[keep], kind="stable")]
    cells = rows[features[keep]].astype(np.int64) * width + columns[positions[keep]]
    files = np.full(len(keep), number)
    return Pairs(cells, table["value"].to_numpy()[keep], lines[keep], files)


def read_part(part: LongPart) -> pa.Table:
    """Read the row groups that may hold samples of the block."""
    with pq.ParquetFile(part.path) as file:
        wanted = np.flatnonzero(part.positions != LEFT_OUT)
        groups = []
        for group in range(file.num_row_groups):
            bounds = file.metadata.row_group(group).column(0).statistics
            # A file without rows has a group without bounds.
            if bounds is None or not bounds.has_min_max:
                continue
            first = np.searchsorted(wanted, bounds.min)
            if first < len(wanted) and wanted[first] <= bounds.max:
                groups.append(group)
        return file.read_row_groups(groups)
