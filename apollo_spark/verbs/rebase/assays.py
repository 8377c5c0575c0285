"""What moving a record means for its assays: samples, features and units that come and go."""

from collections.abc import Mapping

import pyarrow as pa

from apollo_spark.assays.base import ShownIds
from apollo_spark.assays.ids import count_not_in
from apollo_spark.assays.types import shown_ids, summary_of
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.rebase import AssayMove

NOTHING = ShownIds(pa.array([], pa.string()), pa.array([], pa.string()))


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


def _named(opened: OpenDataset) -> Mapping[str, AssayRecord]:
    return {each.name: each for each in opened.record.assays}


def _compare(
    lake: Lake,
    name: str,
    now: tuple[OpenDataset, AssayRecord | None],
    then: tuple[OpenDataset, AssayRecord | None],
) -> AssayMove:
    old, new = _ids_of(lake, *now), _ids_of(lake, *then)
    units = [() if each is None else summary_of(each).units for each in (now[1], then[1])]
    return AssayMove(
        name=name,
        is_added=now[1] is None,
        is_lost=then[1] is None,
        samples_before=len(old.samples),
        samples_added=count_not_in(new.samples, old.samples),
        samples_lost=count_not_in(old.samples, new.samples),
        features_before=len(old.features),
        features_added=count_not_in(new.features, old.features),
        features_lost=count_not_in(old.features, new.features),
        units_added=tuple(each for each in units[1] if each not in units[0]),
        units_lost=tuple(each for each in units[0] if each not in units[1]),
    )


def _ids_of(lake: Lake, opened: OpenDataset, assay: AssayRecord | None) -> ShownIds:
    return NOTHING if assay is None else shown_ids(lake.tables, opened, assay)
