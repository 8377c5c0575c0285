"""The content hash of a layer: of its measured values, wherever and however they are stored.

A measured value is a (feature id, sample id, double). Its bits are mixed and multiplied by an odd
number of its feature and one of its sample, in two lanes; a layer is the sum modulo 2**64. So the
hash is the same for every order, block, storage and file format, and parts can be hashed anywhere
and added.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from apollo_spark.assays.expression.tasks.tiles.slices import row_slices
from apollo_spark.assays.expression.tasks.tiles.storage import as_floats, is_inexact, is_whole
from apollo_spark.assays.expression.tasks.tiles.storage import is_missing as find_missing
from apollo_spark.workers.values.cellhash import STEP, hash_texts, mix
from apollo_spark.workers.values.hashing import LANE, ContentHash

# What sets whole numbers that no double holds apart from the doubles that have their bits.
LONG_SEED = np.uint64(0x8CB92BA72F3D8DD7)
# What sets features apart from samples, and the first lane from the second.
FEATURE_SEEDS = (0x2545F4914F6CDD1D, 0x9FB21C651E98DF25)
SAMPLE_SEEDS = (0xD6E8FEB86659FD93, 0xA0761D6478BD642F)


@dataclass(frozen=True)
class IdFactors:
    """(2, ids) odd numbers, one for each lane."""

    lanes: np.ndarray

    def take(self, places: Any) -> "IdFactors":
        """Give those of some ids."""
        return IdFactors(self.lanes[:, places])


def feature_factors(ids: Sequence[str]) -> IdFactors:
    """Give the factors of features."""
    return id_factors(ids, FEATURE_SEEDS)


def sample_factors(ids: Sequence[str]) -> IdFactors:
    """Give the factors of samples."""
    return id_factors(ids, SAMPLE_SEEDS)


def id_factors(ids: Sequence[str], seeds: tuple[int, int]) -> IdFactors:
    """Derive odd numbers from ids."""
    hashes = hash_texts(pa.array(ids, pa.string()))
    lanes = [mix(mix(hashes + np.uint64(seed)) ^ np.uint64(seed)) for seed in seeds]
    return IdFactors(np.stack(lanes) | np.uint64(1))


def hash_values(values: np.ndarray, features: IdFactors, samples: IdFactors) -> ContentHash:
    """Hash the measured values of a matrix.

    Args:
        values: (features, samples) as `storage` has values.
        features: Of the rows.
        samples: Of the columns.
    """
    total = ContentHash()
    for part in row_slices(values):
        total += hash_slice(values[part], features.lanes[:, part], samples.lanes)
    return total


def hash_slice(values: np.ndarray, features: np.ndarray, samples: np.ndarray) -> ContentHash:
    """Hash a few rows."""
    # Adding zero makes a negative zero a zero, and gives a copy.
    raw = (as_floats(values) + 0.0).view(np.uint64)
    if is_whole(values) and (lost := is_inexact(values)).any():
        raw[lost] = values[lost].view(np.uint64) ^ LONG_SEED
    bits = mix(raw + STEP)
    is_missing = find_missing(values)
    missing = int(np.count_nonzero(is_missing))
    if missing:
        bits[is_missing] = 0
    lo, hi = (
        int((np.einsum("ij,j->i", bits, by_sample) * by_feature).sum()) % LANE
        for by_feature, by_sample in zip(features, samples, strict=True)
    )
    return ContentHash(values.size - missing, lo, hi)


def hash_matrix(
    values: np.ndarray, feature_ids: Sequence[str], sample_ids: Sequence[str]
) -> ContentHash:
    """Hash the measured values of a (features, samples) matrix, NaN where missing."""
    return hash_values(values, feature_factors(feature_ids), sample_factors(sample_ids))
