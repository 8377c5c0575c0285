"""Compare an assay of two versions: samples that came and went, and units with other values."""

from dataclasses import dataclass

import numpy as np

from apollo_spark.assays.expression.read.select import OpenAssay, find_layer
from apollo_spark.assays.expression.read.tile_index import NOT_WANTED
from apollo_spark.assays.expression.tasks.tiles.content import (
    feature_factors,
    hash_values,
    sample_factors,
)
from apollo_spark.assays.ids import count_not_in
from apollo_spark.model.diff import AssayDiff
from apollo_spark.query.sql import pin_named
from apollo_spark.workers.values.hashing import ContentHash

MAX_MEMORY = 256_000_000
"""Bytes of the matrices that are read to compare values."""


@dataclass(frozen=True)
class AssayComparison:
    """One assay as two versions show it.

    The values of samples that both show are compared by their content hashes. That of a layer is
    stored, and those of samples that came or went are taken off, so that only these are read;
    where a version hides samples, all that it shows are.
    """

    before: OpenAssay
    after: OpenAssay

    def run(self) -> AssayDiff:
        """Return what differs.

        Raises:
            BrokenPinError: A pinned version cannot be read.
        """
        units = [tuple(x.unit for x in side.files.assay.layers) for side in self._sides]
        gone, new = self._strangers()
        before, after = (each.files.feature_ids for each in (self.before, self.after))
        return AssayDiff(
            name=self.after.files.assay.name,
            samples_added=len(new),
            samples_removed=len(gone),
            features_added=count_not_in(after, before),
            features_removed=count_not_in(before, after),
            units_added=tuple(unit for unit in units[1] if unit not in units[0]),
            units_removed=tuple(unit for unit in units[0] if unit not in units[1]),
            units_changed=tuple(
                unit
                for unit in units[0]
                if unit in units[1] and not self._has_same_values(unit, gone, new)
            ),
        )

    @property
    def _sides(self) -> tuple[OpenAssay, OpenAssay]:
        return self.before, self.after

    def _strangers(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the places, in each version, of samples that the other does not show."""
        assays = [side.files.assay for side in self._sides]
        is_limited = any(side.shown is not None for side in self._sides)
        if not is_limited and self._is_same_content(*(each.samples_table for each in assays)):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        ids = [side.files.sample_ids.to_pylist() for side in self._sides]
        found = self.after.files.find_samples(ids[0]), self.before.files.find_samples(ids[1])
        return np.flatnonzero(found[0] == NOT_WANTED), np.flatnonzero(found[1] == NOT_WANTED)

    def _has_same_values(self, unit: str, gone: np.ndarray, new: np.ndarray) -> bool:
        tables = [find_layer(side.files.assay, unit).table for side in self._sides]
        if self._is_same_content(*tables):
            return True
        return hash_without(self.before, unit, gone) == hash_without(self.after, unit, new)

    def _is_same_content(self, before: str, after: str) -> bool:
        pins = pin_named(self.before.pins, before), pin_named(self.after.pins, after)
        return pins[0].content_hash == pins[1].content_hash


def hash_without(side: OpenAssay, unit: str, others: np.ndarray) -> ContentHash:
    """Return the content hash of a unit of the samples that are shown, but for some places."""
    if side.shown is None:
        pin = pin_named(side.pins, find_layer(side.files.assay, unit).table)
        return ContentHash.from_hex(pin.content_hash) - _hash_of(side, unit, others)
    places = np.arange(len(side.files.sample_ids))
    return _hash_of(side, unit, np.delete(places, others))


def _hash_of(side: OpenAssay, unit: str, samples: np.ndarray) -> ContentHash:
    layer = find_layer(side.files.assay, unit)
    ids = side.files.feature_ids.to_pylist()
    features, places = feature_factors(ids), np.arange(len(ids))
    total = ContentHash()
    for part in side.files.read_by_samples(layer, places, samples, max_memory=MAX_MEMORY):
        total += hash_values(part.exact().T, features, sample_factors(part.sample_ids))
    return total
