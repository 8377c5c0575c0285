"""What a load of expression publishes: the small tables of the assay, its record, its receipt."""

from dataclasses import dataclass, replace
from uuid import uuid4

import pyarrow as pa

from apollo_spark.assays.expression.assay import ExpressionAssay, LayerRecord
from apollo_spark.assays.expression.load.base import BaseAssay
from apollo_spark.assays.expression.load.tiles import WrittenTiles
from apollo_spark.assays.expression.plan.plan import ExpressionPlan
from apollo_spark.assays.expression.plan.sample_table import BARE_DICTIONARY, SAMPLE, SampleRows
from apollo_spark.assays.expression.plan.source import PlannedSource
from apollo_spark.assays.expression.receipt import AssayReceipt
from apollo_spark.assays.expression.sources.annotation.annotate import Annotated, annotate
from apollo_spark.assays.expression.sources.annotation.annotation import SCHEMA as ANNOTATION_SCHEMA
from apollo_spark.assays.expression.tables import (
    LayerStats,
    features_table,
    samples_table,
    statistics_columns,
)
from apollo_spark.assays.expression.tasks.tiles.stats import AxisStats
from apollo_spark.ingest.leaving_out import count_lines
from apollo_spark.model.assay import AssayReference, name_table
from apollo_spark.model.dataset import TableSlice
from apollo_spark.model.findings import Finding
from apollo_spark.model.pin import TablePin
from apollo_spark.model.receipt import count_findings
from apollo_spark.records.content import Content


@dataclass(frozen=True)
class WrittenAssay:
    """Everything that a load knows of its assay once the tiles are written.

    Attributes:
        name: The assay.
        plan: The load.
        source: Its samples and features, as they are in the assay.
        tiles: What was written.
        stats: Statistics of the layer, in the orders of `source`.
        rows: The table of samples, where one was given.
        kept: What stays of the version before.
        release: The release of the annotation, as it was stated.
        hidden, hidden_values: Samples that are withdrawn and keep their places, and their values.
        new_codes: What a person should know of open codings.
    """

    name: str
    plan: ExpressionPlan
    source: PlannedSource
    tiles: WrittenTiles
    stats: LayerStats
    rows: SampleRows | None
    kept: BaseAssay | None
    release: str | None
    hidden: int = 0
    hidden_values: int = 0
    new_codes: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the samples' own fields."""
        return (*(self.rows.notes if self.rows else ()), *self.new_codes)

    @property
    def annotated(self) -> Annotated | None:
        """The annotation in the order of the assay's features, where the load has one."""
        if self.plan.annotation is None:
            return None
        return annotate(self.source.features.ids, self.plan.annotation)

    def table(self, part: str) -> str:
        """Return the name of one of the assay's tables."""
        return name_table(self.name, part)


def small_tables(written: WrittenAssay) -> dict[str, pa.Table]:
    """Return the tables of samples and features; the samples' own entity if nothing gives it."""
    unit, source, kept = written.plan.unit, written.source, written.kept
    stats, annotated = written.stats, written.annotated
    if kept is not None and kept.layers:
        samples = _with_layer(kept.samples, unit, stats.samples)
        features = _with_layer(kept.features, unit, stats.features)
        if annotated is not None:
            for each in ANNOTATION_SCHEMA:
                place = features.schema.get_field_index(each.name)
                features = features.set_column(place, each, annotated.table[each.name])
    else:
        samples = samples_table(source.samples, {unit: stats.samples})
        features = features_table(source.features.ids, annotated, {unit: stats.features})
    tables = {written.table("samples"): samples, written.table("features"): features}
    if kept is None and written.rows is None:
        tables[SAMPLE] = pa.table({"sample_id": pa.array(source.samples.ids, pa.string())})
    return tables


def _with_layer(table: pa.Table, unit: str, stats: AxisStats) -> pa.Table:
    """Return a table with the statistics of a unit, new or in place of others."""
    for name, values in statistics_columns(unit, stats).items():
        place = table.schema.get_field_index(name)
        if place < 0:
            table = table.append_column(name, values)
        else:
            table = table.set_column(place, name, values)
    return table


def assay_content(written: WrittenAssay, pins: tuple[TablePin, ...]) -> Content:
    """Return what the new version says: the load, and what stays of the version before."""
    fields, kept = written.plan.sample_fields, written.kept
    if kept is None:
        dictionary = fields.dictionary if fields else BARE_DICTIONARY
        return Content(dictionary, {}, pins, assays=(_assay(written).as_record(),))
    content, new = kept.content, {each.table for each in pins}
    if fields is not None:
        table = (TableSlice(table=SAMPLE),)
        content = replace(content, dictionary=fields.dictionary, slices={SAMPLE: table})
    assay = _assay(written).as_record()
    return replace(
        content,
        pins=(*(each for each in content.pins if each.table not in new), *pins),
        assays=tuple(assay if each.name == assay.name else each for each in content.assays),
    ).only_used_pins()


def _assay(written: WrittenAssay) -> ExpressionAssay:
    plan, source, kept = written.plan, written.source, written.kept
    assay = kept.assay if kept else None
    annotation, fields = plan.annotation, plan.sample_fields
    layers = _layers(written)
    if assay is None:
        assay = ExpressionAssay(
            name=written.name,
            uuid=str(uuid4()),
            feature_id_kind=plan.kind,
            samples_table=written.table("samples"),
            features_table=written.table("features"),
            layers=layers,
            sample_count=0,
            feature_count=0,
            block_count=0,
        )
    changes: dict[str, object] = {
        "layers": layers,
        "feature_id_kind": plan.kind,
        "sample_count": len(source.samples.ids),
        "feature_count": len(source.features.ids),
        "block_count": int(source.samples.blocks.max(initial=-1)) + 1,
    }
    if annotation is not None or not (kept and kept.layers):
        changes["reference"] = _reference(written)
    if fields is not None:
        changes["field"] = fields.dictionary.entities[0].primary_key
    return assay.model_copy(update=changes)


def _reference(written: WrittenAssay) -> AssayReference | None:
    """Return what describes the features, by what was said of it or else what it says itself."""
    known = written.plan.annotation
    release = written.release or (known.release if known else None)
    if known is None and not release:
        return None
    return AssayReference(release=release, sha256=known.sha256 if known else None)


def _layers(written: WrittenAssay) -> tuple[LayerRecord, ...]:
    """Return the layers, the new one in the place of that of its unit or behind all."""
    plan, storage, kept = written.plan, written.tiles.storage, written.kept
    old = kept.assay.layers if kept else ()
    replaced = next((each for each in old if each.unit == plan.unit), None)
    new = LayerRecord(
        unit=plan.unit,
        table=written.table(f"tiles_{plan.unit}"),
        storage=storage.kind,
        scale=storage.scale,
        is_default=replaced.is_default if replaced else not old,
    )
    if replaced is None:
        return (*old, new)
    return tuple(new if each is replaced else each for each in old)


def assay_receipt(
    written: WrittenAssay, findings: tuple[Finding, ...], *, left_out: int
) -> AssayReceipt:
    """Return the counts of a load that left out some samples that are withdrawn."""
    plan, rows, kept = written.plan, written.rows, written.kept
    names, annotated = plan.source.features, written.annotated
    return AssayReceipt(
        assay=written.name,
        unit=plan.unit,
        storage=written.tiles.storage.kind,
        scale=written.tiles.storage.scale,
        samples=len(plan.source.samples.ids) - written.hidden,
        features=len(plan.feature_ids),
        values=written.tiles.content.rows - written.hidden_values,
        features_repeated=names.repeated,
        versions_stripped=names.versions_stripped,
        par_y=names.par_y,
        summary_rows=names.summary_rows,
        ids_unmapped=names.unmapped,
        ids_ambiguous=names.ambiguous,
        annotated=annotated.annotated if annotated else 0,
        annotation_unknown=annotated.unknown if annotated else 0,
        annotation_retired=annotated.retired if annotated else 0,
        layers_kept=tuple(each.unit for each in kept.layers) if kept else (),
        entities=(rows.receipt,) if rows else (),
        samples_without_row=rows.without_row if rows else 0,
        withdrawn_left_out=left_out + (count_lines(rows.withdrawn) if rows else 0),
        findings=count_findings(findings),
    )
