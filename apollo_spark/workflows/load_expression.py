"""Load an expression assay: plan, write tiles, check, publish; the protocol is the clinical one."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa

from apollo_spark.dataset.build import build_dataset_record
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.model.assay import AssayRecord, LayerRecord, name_table
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.findings import Finding
from apollo_spark.model.pin import TablePin
from apollo_spark.model.receipt import AssayReceipt
from apollo_spark.workers.expression.merging import merge_rows, write_merged
from apollo_spark.workers.expression.spec import (
    ExpressionTask,
    LongParseTask,
    MatrixTask,
    Samples,
    TileTarget,
)
from apollo_spark.workers.expression.storage import COUNTS, LayerStorage, StorageNeed, widen
from apollo_spark.workers.expression.tile_file import tile_schema
from apollo_spark.workers.expression.tiles import collect_expression, run_expression_task
from apollo_spark.workers.hashing import ContentHash, hash_table
from apollo_spark.workflows.expression_faults import has_faults, merge_places
from apollo_spark.workflows.expression_formats import unit_rules
from apollo_spark.workflows.expression_plan import (
    OPERATION,
    ExpressionLoad,
    ExpressionPlan,
    plan_expression_load,
)
from apollo_spark.workflows.expression_tables import (
    LayerStats,
    features_table,
    join_stats,
    samples_table,
    write_small_table,
    written_files,
)
from apollo_spark.workflows.loading import Load, OpenEngines, run_load
from apollo_spark.workflows.outcome import Outcome
from apollo_spark.workflows.reporting import LoadReporter

PLACES = 1_000
MOST_TRIES = 4
SAMPLE_ENTITY = Entity(
    name="sample",
    primary_key="sample_id",
    title="Samples",
    fields=(FieldSpec(name="sample_id", type=FieldType.STRING, title="Sample"),),
)


def load_expression(
    lake: Lake,
    request: ExpressionLoad,
    *,
    open_engines: OpenEngines,
    reporter: LoadReporter,
    block_bytes: int,
    on_step: OnStep = no_step,
) -> Outcome:
    """Load expression files as the next version of a dataset with one assay.

    The arguments and errors are those of `load_clinical`.
    """
    with tempfile.TemporaryDirectory(prefix="apollo-expression-") as scratch:
        on_step("plan")
        planning = plan_expression_load(request, block_bytes=block_bytes, scratch=Path(scratch))
        return run_load(
            _ExpressionLoad,
            lake,
            request,
            planning,
            open_engines=open_engines,
            reporter=reporter,
            on_step=on_step,
        )


@dataclass(frozen=True)
class _Written:
    """Tiles that were written: how, by which tasks, and what these answered for which samples."""

    storage: LayerStorage
    tasks: Sequence[ExpressionTask]
    answers: Sequence[tuple[Samples, Mapping[str, Any]]]

    @property
    def results(self) -> list[Mapping[str, Any]]:
        """The answers without their samples."""
        return [answer for _, answer in self.answers]

    @property
    def content(self) -> ContentHash:
        """The content hash of the layer."""
        return sum((ContentHash(**each["hash"]) for each in self.results), ContentHash())


class _ExpressionLoad(Load):
    request: ExpressionLoad
    plan: ExpressionPlan
    operation = OPERATION
    receipt_type = AssayReceipt

    def write(self) -> Outcome:
        """Write tiles, refuse what is wrong, write the small tables, publish."""
        tiles = self.publication.table(self._table(f"tiles_{self.plan.unit}"))
        self.publication.step("write tiles")
        written = self._write(str(tiles.folder))
        findings = (*self.planning.findings, *self._find_faults(written))
        self.require_acceptable(findings)
        tiles.commit(written_files(written.results), tile_schema(written.storage))
        pins = [tiles.pin(content_hash=written.content.hex()), *self._write_small(written)]
        return self._publish(written, tuple(pins), findings)

    def _table(self, part: str) -> str:
        return name_table(self.request.assay, part)

    def _write(self, folder: str) -> _Written:
        """Write all tiles, again with another storage where a task says that it needs one."""
        is_count = self.plan.unit == "count"
        storage = COUNTS if is_count else self.plan.source.guess
        for _ in range(MOST_TRIES):
            make = partial(self._target, folder, storage)
            tasks = self.plan.source.make_tasks(make)
            results = self.engines.runner.run(run_expression_task, tasks)
            needs = [StorageNeed(**each["need"]) for each in results if not each["is_enough"]]
            if not needs or has_faults(results):
                break
            storage = widen(storage, needs)
        answers = [(_samples_of(task), each) for task, each in zip(tasks, results, strict=True)]
        return _Written(storage, tasks, [*answers, *self._merge(tasks, results, make, storage)])

    def _target(self, folder: str, storage: LayerStorage, name: str) -> TileTarget:
        rules = unit_rules(self.plan.unit)
        return TileTarget(folder, storage, rules, self.request.missing_markers, name)

    def _merge(
        self,
        tasks: Sequence[ExpressionTask],
        results: Sequence[Mapping[str, Any]],
        make: "partial[TileTarget]",
        storage: LayerStorage,
    ) -> list[tuple[Samples, Mapping[str, Any]]]:
        """Write the features that several rows of a matrix name, by the rule of the load."""
        groups: dict[str, list[dict[str, Any]]] = {}
        samples = {}
        for task, result in zip(tasks, results, strict=True):
            if isinstance(task, MatrixTask) and result["diverted"]:
                groups.setdefault(task.block.file.path, []).append(dict(result))
                samples[task.block.file.path] = task.samples
        merged: list[tuple[Samples, Mapping[str, Any]]] = []
        for number, (path, diverted) in enumerate(groups.items()):
            features, values = merge_rows(diverted, self.request.on_duplicate, storage)
            ids = self.plan.feature_ids.take(pa.array(features)).to_pylist()
            target = make(f"merged-{number:05d}")
            merged.append(
                (samples[path], write_merged(target, samples[path], features, ids, values))
            )
        return merged

    def _find_faults(self, written: _Written) -> tuple[Finding, ...]:
        """Read again, only if something is wrong, and collect where."""
        if not has_faults(written.results):
            return ()
        self.publication.step("collect places")
        collected = self.engines.runner.run(
            partial(collect_expression, limit=PLACES), written.tasks
        )
        return merge_places(collected, self.plan.policy)

    def _write_small(self, written: _Written) -> list[TablePin]:
        stats = self._stats(written)
        unit = self.plan.unit
        ids = pa.array(self.plan.source.samples.ids, pa.string())
        tables = {
            self._table("samples"): samples_table(self.plan.source.samples, {unit: stats.samples}),
            self._table("features"): features_table(
                self.plan.feature_ids, self.plan.annotated, {unit: stats.features}
            ),
            SAMPLE_ENTITY.name: pa.table({"sample_id": ids}),
        }
        pins = []
        for name, table in tables.items():
            draft = self.publication.table(name)
            draft.commit([write_small_table(draft.folder, table)], table.schema)
            pins.append(draft.pin(content_hash=hash_table(table).hex()))
        return pins

    def _stats(self, written: _Written) -> LayerStats:
        return join_stats(
            written.answers,
            samples=self.plan.source.samples,
            feature_count=len(self.plan.feature_ids),
        )

    def _publish(
        self, written: _Written, pins: tuple[TablePin, ...], findings: tuple[Finding, ...]
    ) -> Outcome:
        receipt = self._receipt(written)
        if self.request.dry_run:
            return Outcome(receipt=receipt, findings=findings, notes=self.planning.notes)
        self.publication.step("store parts")
        dictionary = DataDictionary(
            main_entity="sample", entities=(SAMPLE_ENTITY,), relations=(), codings=()
        )
        entities, codings = self.lake.store_dictionary(dictionary)
        part = self.lake.parts.put(receipt.to_json())
        record = self.publication.commit(
            lambda version: build_dataset_record(
                name=self.publication.name,
                version=version,
                dictionary=dictionary,
                entities=entities,
                codings=codings,
                assays=(self._assay(written),),
                pins=pins,
                lineage=self.lineage(),
                receipt=part,
                schema_tag=None,
            )
        )
        return Outcome(
            receipt=receipt, published=(str(record),), findings=findings, notes=self.planning.notes
        )

    def _assay(self, written: _Written) -> AssayRecord:
        annotation = self.plan.annotation
        release = self.request.release or (annotation.release if annotation else None)
        samples = self.plan.source.samples
        return AssayRecord(
            name=self.request.assay,
            uuid=str(uuid4()),
            feature_id_kind=self.plan.kind,
            annotation_release=release,
            annotation_sha256=annotation.sha256 if annotation else None,
            samples_table=self._table("samples"),
            features_table=self._table("features"),
            layers=(
                LayerRecord(
                    unit=self.plan.unit,
                    table=self._table(f"tiles_{self.plan.unit}"),
                    storage=written.storage.kind,
                    scale=written.storage.scale,
                    is_default=True,
                ),
            ),
            sample_count=len(samples.ids),
            feature_count=len(self.plan.feature_ids),
            block_count=int(samples.blocks.max(initial=-1)) + 1,
        )

    def _receipt(self, written: _Written) -> AssayReceipt:
        names, annotated = self.plan.source.features, self.plan.annotated
        return AssayReceipt(
            assay=self.request.assay,
            unit=self.plan.unit,
            storage=written.storage.kind,
            scale=written.storage.scale,
            samples=len(self.plan.source.samples.ids),
            features=len(self.plan.feature_ids),
            values=written.content.rows,
            features_repeated=names.repeated,
            versions_stripped=names.versions_stripped,
            par_y=names.par_y,
            summary_rows=names.summary_rows,
            ids_unmapped=names.unmapped,
            ids_ambiguous=names.ambiguous,
            annotated=annotated.annotated if annotated else 0,
            annotation_unknown=annotated.unknown if annotated else 0,
            annotation_retired=annotated.retired if annotated else 0,
        )


def _samples_of(task: ExpressionTask) -> Samples:
    """Return the samples of a task that writes tiles."""
    assert not isinstance(task, LongParseTask), "long files are parsed while they are planned"
    return task.samples
