"""Make one row of the rows of one feature: their sum, their mean, or the first."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from apollo_spark.assays.expression.tasks.outcome import TaskOutcome
from apollo_spark.assays.expression.tasks.tiles.spec import (
    Features,
    OnDuplicate,
    Samples,
    TileTarget,
)
from apollo_spark.assays.expression.tasks.tiles.stats import unpack
from apollo_spark.assays.expression.tasks.tiles.storage import (
    FLOAT_POWERS,
    LIMITS,
    MISSING_WHOLE,
    LayerStorage,
    as_wholes,
    is_whole,
    united,
)
from apollo_spark.assays.expression.tasks.values import write_values
from apollo_spark.workers.source import InputProblemError

SUM = "expression_sum"


def merge_values(
    values: np.ndarray, groups: np.ndarray, how: OnDuplicate, storage: LayerStorage
) -> tuple[np.ndarray, np.ndarray]:
    """Merge the rows of each group.

    Args:
        values: (rows, columns) float64, NaN where missing; a missing value adds nothing.
        groups: (rows,) number of each row's group.
        how: `first` takes the first row as it is, with its missing values; with `refuse` the
            caller has counted the repetition, and the first is as good as any.
        storage: Decimals of a sum; a sum of doubles may else differ in the last digit.

    Returns:
        The groups in rising order, and (groups, columns) merged values.
    """
    names, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    if len(names) == len(groups) or how in ("first", "refuse"):
        return names, values[first]
    if (wholes := _as_long(values, groups, storage)) is not None:
        return _merge_wholes(wholes, names, inverse, how)
    is_known = ~np.isnan(values)
    totals = np.zeros((len(names), values.shape[1]))
    counts = np.zeros(totals.shape, np.int64)
    np.add.at(totals, inverse, np.where(is_known, values, 0.0))
    np.add.at(counts, inverse, is_known)
    if storage.kind != "double":
        power = FLOAT_POWERS[storage.scale]
        totals = np.rint(totals * power) / power
    if how == "mean":
        totals /= np.maximum(counts, 1)
    totals[counts == 0] = np.nan
    # A group of one row keeps its values to the last bit.
    single = np.bincount(inverse, minlength=len(names)) == 1
    totals[single] = values[first[single]]
    return names, totals


def _as_long(values: np.ndarray, groups: np.ndarray, storage: LayerStorage) -> np.ndarray | None:
    """Give values as int64 where they are, or where a sum of them may be too long for a double."""
    if is_whole(values):
        return values
    if storage.kind != "integer" or not values.size:
        return None
    largest = float(np.nanmax(np.abs(values), initial=0.0)) * int(np.bincount(groups).max())
    return as_wholes(values) if largest >= LIMITS[64] else None


def _merge_wholes(
    values: np.ndarray, names: np.ndarray, inverse: np.ndarray, how: OnDuplicate
) -> tuple[np.ndarray, np.ndarray]:
    """Merge whole numbers without losing a digit; a mean that is not a whole number is a double.

    Raises:
        InputProblemError: A sum is longer than 64 bits.
    """
    is_known = values != MISSING_WHOLE
    known = np.where(is_known, values, 0)
    shape = (len(names), values.shape[1])
    totals, counts, about = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape)
    np.add.at(totals, inverse, known)
    np.add.at(counts, inverse, is_known)
    np.add.at(about, inverse, known.astype(np.float64))
    # What wraps around is far from the sum of the doubles.
    if (np.abs(about - totals.astype(np.float64)) > 2.0**62).any():
        raise InputProblemError(SUM, None)
    if how == "mean":
        parts, rest = np.divmod(totals, np.maximum(counts, 1))
        if rest.any():
            means = totals / np.maximum(counts, 1)
            means[counts == 0] = np.nan
            return names, means
        totals = parts
    totals[counts == 0] = MISSING_WHOLE
    return names, totals


def merge_or_describe(
    values: np.ndarray,
    groups: np.ndarray,
    how: OnDuplicate,
    storage: LayerStorage,
    outcome: TaskOutcome,
) -> tuple[np.ndarray, np.ndarray]:
    """Merge the rows of each group; a sum that cannot be held is noted, and the first rows stay."""
    try:
        return merge_values(values, groups, how, storage)
    except InputProblemError as problem:
        outcome.add_problem(problem.rule, problem.line, "")
        return merge_values(values, groups, "first", storage)


def merge_rows(
    results: Iterable[dict[str, Any]], how: OnDuplicate, storage: LayerStorage
) -> tuple[np.ndarray, np.ndarray]:
    """Merge the rows that the tasks of one matrix diverted.

    Args:
        results: Answers of `write_matrix`, in the order of the file.
        how: See `merge_values`.
        storage: See `merge_values`.

    Returns:
        (features,) indexes, and (features, samples) values in the order of the task's samples.
    """
    rows: list[list[Any]] = [row for result in results for row in result["diverted"]]
    if not rows:
        return np.zeros(0, np.int32), np.zeros((0, 0))
    features = np.array([feature for _, feature, _, _ in rows], np.int32)
    values = united([unpack(packed, kind)[None, :] for _, _, packed, kind in rows])
    return merge_values(values, features, how, storage)


def write_merged(
    target: TileTarget,
    samples: Samples,
    features: np.ndarray,
    feature_ids: Sequence[str],
    values: np.ndarray,
) -> dict[str, Any]:
    """Write merged rows as one more file.

    Args:
        target: The layer; its name must be no task's.
        samples: Of the task.
        features: (features,) indexes.
        feature_ids: Ids of these.
        values: (features, samples) in the order of `samples`.

    Returns:
        An answer like that of a task.
    """
    outcome = TaskOutcome()
    write_values(values, Features(tuple(feature_ids), features), samples, target, outcome)
    return outcome.result()
