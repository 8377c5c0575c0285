"""Several assays as one matrix: their samples one after the other, over the features of all.

What an assay did not measure is missing in its samples, and never zero.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from apollo_spark.assays.expression.assay import LayerRecord
from apollo_spark.assays.expression.read.matrix import MatrixResult
from apollo_spark.assays.expression.read.matrix_memory import require_memory
from apollo_spark.assays.expression.read.select import OpenAssay, find_layer
from apollo_spark.assays.expression.read.tile_index import NOT_WANTED
from apollo_spark.errors import NotFoundError, UsageError


@dataclass(frozen=True)
class _Part:
    """One assay with the places of what is wanted of it: columns go by the joined features."""

    assay: OpenAssay
    layer: LayerRecord
    columns: np.ndarray
    features: np.ndarray
    samples: np.ndarray

    @property
    def name(self) -> str:
        return self.assay.files.assay.name

    @property
    def sample_ids(self) -> tuple[str, ...]:
        return tuple(self.assay.files.sample_ids.take(pa.array(self.samples)).to_pylist())


def read_joined_matrix(
    assays: Sequence[OpenAssay],
    *,
    unit: str | None,
    features: Sequence[str] | None,
    samples: Sequence[str] | None,
    tell_apart: bool,
    max_memory: int,
) -> MatrixResult:
    """Return the samples of several assays over the features of all of them.

    Samples are in the order of the assays and, in each, in its own order; features in the order
    of the first assay, then what the next one has besides, and so on.

    Args:
        assays: The assays.
        unit: The unit; None is the one of the first assay.
        features: Ids of features, in the order of the columns; None is all.
        samples: Ids of samples; None is all.
        tell_apart: Whether ids of samples become `ASSAY.ID`, so that one id may be in several
            assays.
        max_memory: Bytes that the matrix may take.

    Raises:
        NotFoundError: A feature or a sample is in none of the assays, or an assay lacks the unit.
        UsageError: The ids of features are of different kinds, no feature is shared, an id of a
            sample is in several assays, or the matrix takes too much memory.
    """
    unit = unit or assays[0].files.assay.default_layer.unit
    layers = [find_layer(each.files.assay, unit) for each in assays]
    _require_one_kind(assays)
    ids = list(dict.fromkeys(_all_features(assays) if features is None else features))
    parts = [_part(each, layer, ids, samples) for each, layer in zip(assays, layers, strict=True)]
    _require_found(parts, ids, samples)
    _require_distinct(parts, tell_apart=tell_apart)
    rows = sum(len(each.samples) for each in parts)
    require_memory(rows, len(ids), max_memory)
    return _fill(parts, tuple(ids), rows, tell_apart=tell_apart, max_memory=max_memory)


def _require_one_kind(assays: Sequence[OpenAssay]) -> None:
    kinds = {each.files.assay.feature_id_kind for each in assays}
    if len(kinds) > 1:
        raise UsageError(
            f"Assays cannot be read as one matrix: their features are {', '.join(sorted(kinds))}."
        )
    shared = set(assays[0].files.feature_ids.to_pylist())
    for each in assays[1:]:
        shared &= set(each.files.feature_ids.to_pylist())
    if not shared:
        raise UsageError("Assays that share no feature cannot be read as one matrix.")


def _all_features(assays: Sequence[OpenAssay]) -> list[str]:
    return [name for each in assays for name in each.files.feature_ids.to_pylist()]


def _part(
    assay: OpenAssay, layer: LayerRecord, ids: Sequence[str], samples: Sequence[str] | None
) -> _Part:
    places = assay.files.find_features(ids)
    chosen = (
        np.arange(len(assay.files.sample_ids))
        if samples is None
        else assay.files.find_samples(list(dict.fromkeys(samples)))
    )
    return _Part(
        assay,
        layer,
        columns=np.flatnonzero(places != NOT_WANTED),
        features=places[places != NOT_WANTED],
        samples=chosen[chosen != NOT_WANTED],
    )


def _require_found(
    parts: Sequence[_Part], ids: Sequence[str], samples: Sequence[str] | None
) -> None:
    lost = []
    if unknown := len(ids) - len({column for each in parts for column in each.columns.tolist()}):
        lost.append(f"{unknown} of {len(ids)} feature ids are in none of the assays.")
    found = {name for each in parts for name in each.sample_ids}
    if samples is not None and (missing := len(set(samples) - found)):
        lost.append(f"{missing} of {len(set(samples))} sample ids are in none of the assays.")
    if lost:
        raise NotFoundError("\n".join(lost))


def _require_distinct(parts: Sequence[_Part], *, tell_apart: bool) -> None:
    times = Counter(name for each in parts for name in each.sample_ids)
    several = sum(1 for count in times.values() if count > 1)
    if several and not tell_apart:
        raise UsageError(
            f"{several} ids of samples occur in several of the assays.",
            fix="Tell them apart (tell_apart=True): their ids become ASSAY.ID.",
        )


def _fill(
    parts: Sequence[_Part], ids: tuple[str, ...], rows: int, *, tell_apart: bool, max_memory: int
) -> MatrixResult:
    whole = all(each.layer.storage == "integer" for each in parts)
    values = np.zeros((rows, len(ids)), np.int64) if whole else np.full((rows, len(ids)), np.nan)
    missing = np.ones(values.shape, bool) if whole else None
    names: list[str] = []
    for part in parts:
        found = part.assay.files.read_matrix(
            part.layer, part.features, part.samples, max_memory=max_memory
        )
        place = np.ix_(np.arange(len(names), len(names) + len(part.samples)), part.columns)
        if missing is None:
            values[place] = found.only_doubles()
        else:
            values[place] = found.values
            missing[place] = found.is_missing
        names += [f"{part.name}.{each}" if tell_apart else each for each in part.sample_ids]
    is_whole = missing is not None and not missing.any()
    return MatrixResult(
        feature_ids=ids,
        sample_ids=tuple(names),
        values=values,
        missing=None if is_whole else missing,
        notes=_notes(parts, len(ids)),
    )


def _notes(parts: Sequence[_Part], features: int) -> tuple[str, ...]:
    return tuple(
        f"{features - len(each.columns):,} of {features:,} features are not in {each.name}, "
        "and are missing in its samples"
        for each in parts
        if len(each.columns) < features
    )
