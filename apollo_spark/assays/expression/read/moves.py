"""What moving a record means for its assays: samples, features and units that come and go."""

from collections.abc import Mapping

import pyarrow as pa

from apollo_spark.assays.expression.assay import ExpressionAssay, expression_assays
from apollo_spark.assays.expression.read.compare import count_not_in
from apollo_spark.assays.expression.read.select import open_assay
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.rebase import AssayMove

NOTHING = pa.array([], pa.string())


def compare_assays(lake: Lake, now: OpenDataset, then: OpenDataset) -> tuple[AssayMove, ...]:
    """Return what becomes of each assay that a record shows now or then.

    Raises:
        BrokenPinError: A pinned table cannot be read.
    """
    before, after = _named(now), _named(then)
    return tuple(
        _compare(lake, name, (now, before.get(name)), (then, after.get(name)))
        for name in {**before, **after}
    )


def _named(opened: OpenDataset) -> Mapping[str, ExpressionAssay]:
    return {each.name: each for each in expression_assays(opened.record.assays)}


def _compare(
    lake: Lake,
    name: str,
    now: tuple[OpenDataset, ExpressionAssay | None],
    then: tuple[OpenDataset, ExpressionAssay | None],
) -> AssayMove:
    old, new = _ids_of(lake, *now), _ids_of(lake, *then)
    units = [
        () if each is None else tuple(layer.unit for layer in each.layers)
        for each in (now[1], then[1])
    ]
    return AssayMove(
        name=name,
        is_added=now[1] is None,
        is_lost=then[1] is None,
        samples_before=len(old[0]),
        samples_added=count_not_in(new[0], old[0]),
        samples_lost=count_not_in(old[0], new[0]),
        features_before=len(old[1]),
        features_added=count_not_in(new[1], old[1]),
        features_lost=count_not_in(old[1], new[1]),
        units_added=tuple(each for each in units[1] if each not in units[0]),
        units_lost=tuple(each for each in units[0] if each not in units[1]),
    )


def _ids_of(
    lake: Lake, opened: OpenDataset, assay: ExpressionAssay | None
) -> tuple[pa.Array, pa.Array]:
    """Return the ids of the samples that are shown, and of the features."""
    if assay is None:
        return NOTHING, NOTHING
    files = open_assay(lake.tables, opened, assay).files
    return files.sample_ids, files.feature_ids
