"""What an assay has already: a load of another unit is one more layer of the same assay.

A load publishes what it names, and keeps the rest of the version before: other units, the fields
of samples, what the dataset was extended by. It can be kept only if it still fits: other units
need the same samples and features, everything else the same samples.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa

from apollo_spark.assays.expression.assay import (
    ExpressionAssay,
    LayerRecord,
    expression_assays,
)
from apollo_spark.assays.expression.plan.plan import ExpressionPlan
from apollo_spark.assays.expression.plan.sample_table import SAMPLE
from apollo_spark.assays.expression.plan.source import PlannedSource
from apollo_spark.assays.expression.request import ExpressionLoad
from apollo_spark.assays.expression.tables import samples_in
from apollo_spark.assays.expression.tasks.tiles.spec import Samples
from apollo_spark.errors import ConflictError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.records.content import Content


@dataclass(frozen=True)
class BaseAssay:
    """The assay of the newest version, of which a load keeps something.

    Attributes:
        record: The version.
        content: What it says.
        assay: The assay.
        layers: The layers that stay.
        samples: The rows of its table of samples, by block and position.
        features: The rows of its table of features, by index.
    """

    record: DatasetRecord
    content: Content
    assay: ExpressionAssay
    layers: tuple[LayerRecord, ...]
    samples: pa.Table
    features: pa.Table

    @property
    def placed_samples(self) -> Samples:
        """The samples and where they are."""
        return samples_in(self.samples)

    @property
    def feature_ids(self) -> pa.Array:
        """The features, by index."""
        return self.features["feature_id"].combine_chunks()


def keeps_something(
    lake: Lake, base: DatasetRecord | None, request: ExpressionLoad, plan: ExpressionPlan | None
) -> bool:
    """Return whether a load keeps something of the version before."""
    if base is None or plan is None or request.replace:
        return False
    assay = _named(base, request.assay)
    return assay is not None and _stays(lake.load_content(base), assay, request, plan)


def _named(base: DatasetRecord, name: str) -> ExpressionAssay | None:
    own = expression_assays(base.assays)
    return next((each for each in own if each.name == name), None)


def _stays(
    content: Content, assay: ExpressionAssay, request: ExpressionLoad, plan: ExpressionPlan
) -> bool:
    has_others = any(each.unit != plan.unit for each in assay.layers)
    return has_others or _has_more(content, keeps_fields=request.dictionary is None)


def find_base_assay(
    lake: Lake, base: DatasetRecord | None, request: ExpressionLoad, plan: ExpressionPlan
) -> BaseAssay | None:
    """Return what of the version before stays, or None where a load leaves nothing of it.

    Raises:
        ConflictError: Something of it cannot stay and would be lost.
        BrokenPinError: A table of the assay cannot be read.
    """
    if base is None or request.replace:
        return None
    content = lake.load_content(base)
    assay = _named(base, request.assay)
    if assay is None:
        raise _conflict(
            base,
            f"it has no assay {request.assay!r}",
            "Choose another name and join the two by `apollo merge assay`.",
        )
    if not _stays(content, assay, request, plan):
        return None
    _require_own(base, assay)
    others = [each.name for each in content.dictionary.entities if each.name != SAMPLE]
    others += [each.name for each in content.assays if each.name != assay.name]
    if request.dictionary is not None and others:
        why = f"besides the samples and the assay it has what belongs to them: {', '.join(others)}"
        raise _conflict(base, why, "Leave --dictionary and --data out.")
    kept = BaseAssay(
        record=base,
        content=content,
        assay=assay,
        layers=tuple(each for each in assay.layers if each.unit != plan.unit),
        samples=_read(lake, base, assay.samples_table, ["block", "position"]),
        features=_read(lake, base, assay.features_table, ["feature"]),
    )
    _require_fit(kept, plan.source)
    return kept


def _has_more(content: Content, *, keeps_fields: bool) -> bool:
    """Return whether there is more than the one assay and the ids of its samples."""
    entities = content.dictionary.entities
    has_fields = any(len(each.fields) > 1 for each in entities)
    return len(content.assays) > 1 or len(entities) > 1 or (has_fields and keeps_fields)


def _require_own(base: DatasetRecord, assay: ExpressionAssay) -> None:
    if base.hides or not base.owns(assay.samples_table):
        why = f"the assay {assay.name!r} is that of another dataset, shown here"
        raise _conflict(base, why, "Load into the dataset that it came from.")


def _require_fit(kept: BaseAssay, source: PlannedSource) -> None:
    samples = kept.samples["sample_id"].to_pylist()
    problems = list(_describe_change("samples", samples, source.samples.ids))
    if kept.layers:
        old, new = kept.feature_ids.to_pylist(), source.features.ids.to_pylist()
        problems += _describe_change("features", old, new)
    if problems:
        units = ", ".join(each.unit for each in kept.layers)
        others = f"its other units ({units})" if units else "what else it has"
        why = f"{others} would no longer fit: {'; '.join(problems)}"
        raise _conflict(kept.record, why, "More samples come by `apollo extend`.")


def _describe_change(what: str, old: Sequence[str], new: Collection[str]) -> list[str]:
    before, after = frozenset(old), frozenset(new)
    if before == after:
        return []
    return [f"{len(after - before):,} {what} are new and {len(before - after):,} are missing"]


def _conflict(base: DatasetRecord, why: str, fix: str) -> ConflictError:
    return ConflictError(
        f"The load does not fit {base}.",
        why=f"{why[0].upper()}{why[1:]}.",
        fix=f"{fix} Or add --replace: the next version then holds this load alone.",
    )


def _read(lake: Lake, record: DatasetRecord, table: str, order: Sequence[str]) -> pa.Table:
    rows = lake.tables.read(record.pin_of(table))
    return rows.sort_by([(each, "ascending") for each in order])
