"""Statistics of features and of samples, computed in parts and merged."""

import base64
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from apollo_spark.assays.expression.tasks.tiles.slices import row_slices
from apollo_spark.assays.expression.tasks.tiles.storage import as_floats


@dataclass(frozen=True)
class AxisStats:
    """Statistics of the measured values of each feature, or of each sample.

    Attributes:
        count: int64, measured values.
        detected: int64, those above zero.
        total: float64.
        mean: float64, 0 where nothing was measured.
        m2: float64, sum of squared distances from the mean.
    """

    count: np.ndarray
    detected: np.ndarray
    total: np.ndarray
    mean: np.ndarray
    m2: np.ndarray

    @staticmethod
    def empty(size: int) -> "AxisStats":
        """Give statistics of nothing."""
        whole, zero = np.zeros(size, np.int64), np.zeros(size)
        return AxisStats(whole, whole.copy(), zero, zero.copy(), zero.copy())

    def variance(self) -> np.ndarray:
        """Give the sample variance; NaN with fewer than two values."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.count > 1, self.m2 / (self.count - 1), np.nan)

    def merge(self, other: "AxisStats") -> "AxisStats":
        """Give the statistics of the values of both (Chan's formula)."""
        count = self.count + other.count
        share = other.count / np.maximum(count, 1)
        # Sums and squares of values near the greatest double are infinite, and what follows too.
        with np.errstate(over="ignore", invalid="ignore"):
            delta = other.mean - self.mean
            return AxisStats(
                count=count,
                detected=self.detected + other.detected,
                total=self.total + other.total,
                mean=self.mean + delta * share,
                m2=self.m2 + other.m2 + delta * delta * self.count * share,
            )

    def take(self, places: Any) -> "AxisStats":
        """Give those of some places."""
        return AxisStats(*(getattr(self, each.name)[places] for each in fields(self)))

    def put(self, places: np.ndarray, part: "AxisStats") -> None:
        """Merge the statistics of some different places, in place."""
        merged = self.take(places).merge(part)
        for each in fields(self):
            getattr(self, each.name)[places] = getattr(merged, each.name)

    def dump(self) -> dict[str, str]:
        """Give a value for JSON."""
        return {each.name: pack(getattr(self, each.name)) for each in fields(self)}


def load_stats(value: dict[str, str]) -> AxisStats:
    """Read what `AxisStats.dump` gave."""
    return AxisStats(
        count=unpack(value["count"], "<i8"),
        detected=unpack(value["detected"], "<i8"),
        total=unpack(value["total"], "<f8"),
        mean=unpack(value["mean"], "<f8"),
        m2=unpack(value["m2"], "<f8"),
    )


def pack(array: np.ndarray) -> str:
    """Give the bytes of an array, little-endian, as text."""
    data = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return base64.b64encode(zlib.compress(data, 1)).decode()


def unpack(text: str, kind: str) -> np.ndarray:
    """Read what `pack` gave."""
    return np.array(np.frombuffer(zlib.decompress(base64.b64decode(text)), kind))


def feature_stats(values: np.ndarray) -> AxisStats:
    """Give the statistics of the rows of a (features, samples) matrix; NaN is missing."""
    return of_rows(values)


def sample_stats(values: np.ndarray) -> AxisStats:
    """Give the statistics of the columns of a (features, samples) matrix; NaN is missing."""
    total = AxisStats.empty(values.shape[1])
    for rows in row_slices(values):
        total = total.merge(of_columns(values[rows]))
    return total


def of_rows(values: np.ndarray) -> AxisStats:
    """Summarise rows, a few at a time."""
    parts = [of_axis(as_floats(values[rows]), 1) for rows in row_slices(values)]
    parts = parts or [of_axis(as_floats(values), 1)]
    return AxisStats(
        *(
            np.concatenate([getattr(part, each.name) for part in parts])
            for each in fields(AxisStats)
        )
    )


def of_columns(values: np.ndarray) -> AxisStats:
    """Summarise the columns of a few rows."""
    return of_axis(as_floats(values), 0)


def of_axis(values: np.ndarray, axis: int) -> AxisStats:
    """Summarise along an axis: first the means, then the distances from them."""
    is_missing = np.isnan(values)
    has_missing = bool(is_missing.any())
    known = np.where(is_missing, 0.0, values) if has_missing else values
    size = values.shape[axis]
    count = size - np.count_nonzero(is_missing, axis=axis)
    with np.errstate(over="ignore"):
        total = known.sum(axis=axis)
    mean = total / np.maximum(count, 1)
    with np.errstate(over="ignore"):
        distance = known - np.expand_dims(mean, axis)
    if has_missing:
        distance[is_missing] = 0.0
    return AxisStats(
        count=np.asarray(count, np.int64),
        detected=np.asarray(np.count_nonzero(known > 0, axis=axis), np.int64),
        total=total,
        mean=mean,
        m2=np.einsum("ij,ij->i" if axis else "ij,ij->j", distance, distance),
    )


def merge_stats(parts: Iterable[tuple[np.ndarray, AxisStats]], size: int) -> AxisStats:
    """Merge the statistics that tasks returned.

    Args:
        parts: For each task the places it has values for, all different, and its statistics.
        size: How many places there are.
    """
    total = AxisStats.empty(size)
    for places, part in parts:
        total.put(places, part)
    return total
