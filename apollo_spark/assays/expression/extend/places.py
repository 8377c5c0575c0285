"""More samples for an assay that is there: what there is, and where what comes will be put."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.assays.expression.assay import ExpressionAssay, LayerRecord
from apollo_spark.assays.expression.plan.faults import judge
from apollo_spark.assays.expression.plan.source import PlannedSource
from apollo_spark.assays.expression.read.select import find_assay
from apollo_spark.assays.expression.sources.ids.lookalikes import find_lookalike_ids
from apollo_spark.assays.expression.tasks.tiles.spec import Samples
from apollo_spark.assays.expression.tasks.tiles.storage import LayerStorage
from apollo_spark.errors import ConflictError, UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.dataset import DatasetRecord, EntityEntry, TableSlice
from apollo_spark.model.findings import Finding, Place
from apollo_spark.model.policy import Policy
from apollo_spark.sources.findings import finding_of

PLACES = 1_000


@dataclass(frozen=True)
class ExtendedAssay:
    """An assay of the newest version, in tables of the dataset's own.

    Attributes:
        record: The version.
        assay: The assay.
        samples: `sample_id`, `sample`, `block` and `position`, in the order of the samples.
        features: All columns of its table of features, by index.
        storages: How the values of each unit are stored.
    """

    record: DatasetRecord
    assay: ExpressionAssay
    samples: pa.Table
    features: pa.Table
    storages: Mapping[str, LayerStorage]

    @property
    def entity_table(self) -> TableSlice:
        """The table that holds every row of the entity that the samples belong to."""
        return self._entity.slices[0]

    @property
    def has_fields(self) -> bool:
        """Whether more than the id of a sample is known."""
        return self._entity.field_count > 1

    @property
    def _entity(self) -> EntityEntry:
        found = self.record.find_entity(self.assay.entity)
        assert found is not None, "an assay names an entity of its record"
        return found

    @property
    def feature_ids(self) -> pa.Array:
        """The features, by index."""
        return self.features["feature_id"].combine_chunks().cast(pa.string())

    @cached_property
    def sizes(self) -> dict[int, int]:
        """The number of samples of each block, in the order of the samples."""
        blocks = self.samples["block"].to_numpy()
        numbers, first, counts = np.unique(blocks, return_index=True, return_counts=True)
        order = np.argsort(first)
        return dict(zip(numbers[order].tolist(), counts[order].tolist(), strict=True))

    @property
    def next_block(self) -> int:
        """The number of the first block that may be added."""
        return max(self.sizes, default=-1) + 1

    @property
    def next_sample(self) -> int:
        """The number of the first sample that may be added."""
        return int(pc.max(self.samples["sample"]).as_py() or 0) + 1 if len(self.samples) else 0


def read_extended_assay(lake: Lake, record: DatasetRecord, name: str) -> ExtendedAssay:
    """Read what an assay has.

    Raises:
        NotFoundError: The dataset has no assay of that name.
        ConflictError: Its tables belong to another dataset, or some of it is hidden.
        BrokenPinError: A table cannot be read.
    """
    assay = find_assay(record.assays, name, str(record))
    _require_own(record, assay)
    places = ["sample_id", "sample", "block", "position"]
    return ExtendedAssay(
        record=record,
        assay=assay,
        samples=_read(lake, record, assay.samples_table, places).sort_by("sample"),
        features=_read(lake, record, assay.features_table).sort_by("feature"),
        storages={
            each.unit: storage_of(each, lake.tables.schema(record.pin_of(each.table)))
            for each in assay.layers
        },
    )


def is_own(record: DatasetRecord, assay: ExpressionAssay) -> bool:
    """Return whether the dataset itself wrote an assay, and shows all of it."""
    entity = record.find_entity(assay.entity)
    names = [assay.samples_table, assay.features_table, *(each.table for each in assay.layers)]
    names += [entity.slices[0].table] if entity else []
    return not record.hides and all(map(record.owns, names))


def _require_own(record: DatasetRecord, assay: ExpressionAssay) -> None:
    if not is_own(record, assay):
        raise ConflictError(
            f"The assay {assay.name!r} of {record} cannot be extended.",
            why="It is that of another dataset, shown here.",
            fix="Extend the dataset that it came from, and bring this one to the new version by "
            "apollo rebase.",
        )


def _read(
    lake: Lake, record: DatasetRecord, table: str, columns: Sequence[str] | None = None
) -> pa.Table:
    return lake.tables.read(record.pin_of(table), columns)


def storage_of(layer: LayerRecord, schema: pa.Schema) -> LayerStorage:
    """Return how the values of a layer are stored, given the columns of its tiles."""
    bits = schema.field("values").type.value_type.bit_width
    return LayerStorage(layer.storage, layer.scale, bits)


@dataclass(frozen=True)
class AddedPlaces:
    """Where samples that are added will be.

    Attributes:
        layers: The layers of the assay, each of which gets values of the samples.
        placed_samples: The new samples, in blocks that follow those of the assay.
        feature_ids: The features of the assay, and then the new ones.
        features_missing: Features of the assay that the new samples lack.
        samples_without_row: New samples of which nothing but the id is known, others than before.
        findings: What is wrong.
    """

    layers: tuple[LayerRecord, ...]
    placed_samples: Samples
    feature_ids: pa.Array
    features_missing: int
    samples_without_row: int
    findings: tuple[Finding, ...]


def plan_places(
    extended: ExtendedAssay,
    sources: Mapping[str, PlannedSource],
    *,
    is_union: bool,
    policy: Policy,
) -> AddedPlaces:
    """Give new samples and features their places in an assay, or say why they have none.

    Args:
        extended: The assay.
        sources: What comes, by unit; the units have the same samples.
        is_union: Whether the features may be others than those of the assay.
        policy: What each rule does.

    Raises:
        UsageError: The units have different samples or features.
    """
    first, *others = sources.values()
    for unit, each in zip([*sources][1:], others, strict=True):
        _require_same(first, each, unit)
    added = _added_features(extended, first)
    return AddedPlaces(
        layers=extended.assay.layers,
        placed_samples=replace(first.samples, blocks=first.samples.blocks + extended.next_block),
        feature_ids=pa.concat_arrays([extended.feature_ids, added.cast(pa.string())]),
        features_missing=_count_missing(extended, first, added),
        samples_without_row=len(first.samples.ids) if extended.has_fields else 0,
        findings=find_misfits(extended, first, is_union=is_union, policy=policy),
    )


def find_misfits(
    extended: ExtendedAssay, source: PlannedSource, *, is_union: bool, policy: Policy
) -> tuple[Finding, ...]:
    """Find what of a source does not fit an assay; the arguments are those of `plan_places`."""
    findings = [
        *_find_kinds(extended.assay, source),
        *_find_present(extended, source),
        *_find_lookalikes(extended, source),
    ]
    if extended.has_fields:
        findings.append(_describe_bare(len(source.samples.ids)))
    if not is_union:
        added = _added_features(extended, source)
        findings += _find_others(len(added), _count_missing(extended, source, added))
    return judge(findings, policy)


def _added_features(extended: ExtendedAssay, source: PlannedSource) -> pa.Array:
    ids = source.features.ids
    return ids.filter(pc.invert(pc.is_in(ids, value_set=extended.feature_ids)))


def _count_missing(extended: ExtendedAssay, source: PlannedSource, added: pa.Array) -> int:
    """Count the features of an assay that a source with so many others lacks."""
    return len(extended.feature_ids) - (len(source.features.ids) - len(added))


def _require_same(first: PlannedSource, other: PlannedSource, unit: str) -> None:
    same = set(first.samples.ids) == set(other.samples.ids)
    if not same or set(first.features.ids.to_pylist()) != set(other.features.ids.to_pylist()):
        what = "features" if same else "samples"
        raise UsageError(
            f"The sources of {unit} have other {what} than those of the first unit.",
            why="Samples are added with all units of the assay.",
        )


def _find_kinds(assay: ExpressionAssay, source: PlannedSource) -> Iterator[Finding]:
    kind = source.features.kind
    if kind != assay.feature_id_kind:
        text = f"ids are {kind}, and those of the assay are {assay.feature_id_kind}"
        yield finding_of("feature_kind", text)


def _find_present(extended: ExtendedAssay, source: PlannedSource) -> Iterator[Finding]:
    ids = pa.array(source.samples.ids, pa.string())
    known = extended.samples["sample_id"].combine_chunks().cast(pa.string())
    present = ids.filter(pc.is_in(ids, value_set=known)).to_pylist()
    if present:
        # An id may name a person: it is in the report alone.
        places = tuple(Place(line=None, value=each) for each in present[:PLACES])
        found = finding_of("sample_present", "samples are in the assay already")
        yield found.model_copy(update={"count": len(present), "places": places})


def _find_lookalikes(extended: ExtendedAssay, source: PlannedSource) -> Iterator[Finding]:
    """Find samples and features that look like those of the assay, and are others."""
    samples = pa.array(source.samples.ids, pa.string())
    known = extended.samples["sample_id"].combine_chunks()
    yield from find_lookalike_ids(samples, "samples", known)
    yield from find_lookalike_ids(source.features.ids, "features", pa.array(extended.feature_ids))


def _find_others(added: int, missing: int) -> Iterator[Finding]:
    if added or missing:
        text = (
            f"{added:,} features are not in the assay, and {missing:,} of it are missing; "
            "--features union adds all"
        )
        yield finding_of("features_differ", text).model_copy(update={"count": added + missing})


def _describe_bare(samples: int) -> Finding:
    text = (
        "samples have no row: their fields are missing until they come by "
        "apollo extend NAME --data sample=FILE"
    )
    return finding_of("sample_without_row", text).model_copy(update={"count": samples})
