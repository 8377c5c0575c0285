"""Load an expression assay: plan, write tiles, check, publish; the protocol is the clinical one."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from apollo_spark.assays.expression.load.base import (
    StandingAssay,
    find_standing_assay,
    keeps_something,
)
from apollo_spark.assays.expression.load.layers import write_layer
from apollo_spark.assays.expression.load.left_out_samples import without_withdrawn
from apollo_spark.assays.expression.load.record import (
    WrittenAssay,
    assay_content,
    assay_receipt,
    small_tables,
)
from apollo_spark.assays.expression.load.refused import find_the_rest
from apollo_spark.assays.expression.load.repeated import find_loaded
from apollo_spark.assays.expression.load.tiles import TileWriting, WrittenTiles
from apollo_spark.assays.expression.plan.faults import has_faults
from apollo_spark.assays.expression.plan.plan import (
    OPERATION,
    ExpressionPlan,
    ExpressionPlanning,
    plan_expression_load,
)
from apollo_spark.assays.expression.plan.sample_table import SAMPLE, SampleRows, SampleTable
from apollo_spark.assays.expression.request import ExpressionLoad
from apollo_spark.assays.expression.tables import join_stats, written_files
from apollo_spark.assays.expression.tasks.tiles.file import tile_schema
from apollo_spark.assays.expression.tasks.tiles.storage import COUNTS
from apollo_spark.ingest.new_codes import grown_by
from apollo_spark.ingest.withdrawn_rows import keys_of
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.lake.tables.draft import TableDraft
from apollo_spark.model.assay import name_table
from apollo_spark.model.findings import Finding
from apollo_spark.model.pin import TablePin
from apollo_spark.model.receipt import AssayReceipt, LoadReceipt
from apollo_spark.operations.loading import Load, OpenEngines, newest_record, run_load
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.report import LoadReporter
from apollo_spark.records.build import build_dataset_record
from apollo_spark.workers.values.hashing import hash_table


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

    A version that is there keeps what the load does not name: see `expression_base`. The
    arguments and errors are those of `load_clinical`.
    """
    with tempfile.TemporaryDirectory(prefix="apollo-expression-") as scratch:
        on_step("plan")
        planning = plan_expression_load(request, block_bytes=block_bytes, scratch=Path(scratch))
        reporter.columns = planning.columns
        gone = withdrawn_keys(reporter.lake, request.name)
        base = newest_record(reporter.lake, request.name)
        keeps = keeps_something(reporter.lake, base, request, planning.plan)
        planning = without_withdrawn(planning, gone, keeps_places=keeps)
        if planning.plan is not None:
            loaded = find_loaded(reporter.lake, base, request, planning.plan)
            if loaded is not None:
                return loaded
            # Asked again under the lease: this one refuses before Spark starts.
            find_standing_assay(reporter.lake, base, request, planning.plan)
        else:
            found = find_the_rest(request, planning, Path(scratch), on_step, gone)
            planning = replace(planning, findings=(*planning.findings, *found))
        return run_load(
            _ExpressionLoad,
            lake,
            request,
            planning,
            open_engines=open_engines,
            reporter=reporter,
            on_step=on_step,
        )


def withdrawn_keys(lake: Lake, name: str) -> pa.Array:
    """Return the ids that are withdrawn from the samples of a dataset, however it is typed."""
    last = lake.registry.snapshot().last_of(name)
    return keys_of(lake, lake.tables.location(last.name if last else name, SAMPLE))


class _ExpressionLoad(Load):
    request: ExpressionLoad
    plan: ExpressionPlan
    planning: ExpressionPlanning
    operation = OPERATION
    receipt_type = AssayReceipt

    def run(self) -> Outcome:
        """Publish, unless another process loaded the same while this one waited."""
        base = self.publication.base
        loaded = find_loaded(self.reporter.lake, base, self.request, self.plan)
        return self.write() if loaded is None else loaded

    def write(self) -> Outcome:
        """Write tiles and sample fields, refuse what is wrong, write the small tables, publish."""
        standing = find_standing_assay(
            self.reporter.lake, self.version_before(), self.request, self.plan
        )
        draft = self.publication.table(self._tiles_table)
        writing, tiles = self._write_tiles(draft, standing)
        rows = self._write_sample_fields()
        findings = (*self.planning.findings, *self._find_faults(writing, tiles))
        findings += rows.findings if rows else ()
        self.require_acceptable(findings)
        draft.commit(written_files(tiles.results), tile_schema(tiles.storage))
        pin = draft.pin(content_hash=tiles.content.hex())
        written = self._describe(writing, tiles, rows, standing)
        return self._publish(written, (pin, *self._write_small(written)), findings)

    def _describe(
        self,
        writing: TileWriting,
        tiles: WrittenTiles,
        rows: SampleRows | None,
        standing: StandingAssay | None,
    ) -> WrittenAssay:
        source = writing.source
        # Where other units stay, the table of samples keeps the order that it has.
        samples = standing.placed_samples if standing and standing.layers else source.samples
        stats = join_stats(tiles.answers, samples=samples, feature_count=len(source.features.ids))
        plan, new_codes = self._with_new_codes(rows)
        hidden = np.array([each in self.planning.hidden for each in samples.ids], bool)
        return WrittenAssay(
            name=self.request.assay,
            plan=plan,
            source=source,
            tiles=tiles,
            stats=stats,
            rows=rows,
            standing=standing,
            release=self.request.release,
            hidden=len(self.planning.hidden),
            hidden_values=int(stats.samples.count[hidden].sum()),
            new_codes=new_codes,
        )

    @property
    def _tiles_table(self) -> str:
        return name_table(self.request.assay, f"tiles_{self.plan.unit}")

    def _write_tiles(
        self, draft: TableDraft, standing: StandingAssay | None
    ) -> tuple[TileWriting, WrittenTiles]:
        self.publication.step("write tiles")
        writing = TileWriting(
            source=self.plan.source,
            unit=self.plan.unit,
            missing=self.request.missing,
            on_duplicate=self.request.on_duplicate,
            runner=self.engines.runner,
        )
        guess = COUNTS if self.plan.unit == "count" else self.plan.source.guess
        return write_layer(writing, draft, guess, standing)

    def _write_sample_fields(self) -> SampleRows | None:
        if self.plan.sample_fields is None:
            return None
        samples = self.plan.source.samples.ids
        gone = withdrawn_keys(self.reporter.lake, self.publication.name)
        return SampleTable(
            self.plan.sample_fields, self.publication, self.engines, samples, gone
        ).write()

    def _with_new_codes(self, rows: SampleRows | None) -> tuple[ExpressionPlan, tuple[str, ...]]:
        """Return the load with new values of open codings of its samples' fields, and notes."""
        fields = self.plan.sample_fields
        if rows is None or rows.pin is None or fields is None:
            return self.plan, ()
        pins, engine = {SAMPLE: rows.pin}, self.engines.engine
        columns = {SAMPLE: {SAMPLE: [spec.name for _, spec in fields.dictionary.paths()]}}
        grown = grown_by(
            fields.dictionary,
            columns,
            lambda tree: engine.run(tree, pins).read_all().column(0).combine_chunks(),
        )
        fields = replace(fields, dictionary=grown.dictionary)
        return replace(self.plan, sample_fields=fields), grown.notes

    def _find_faults(self, writing: TileWriting, tiles: WrittenTiles) -> tuple[Finding, ...]:
        """Read again, only if something is wrong, and collect where."""
        if not has_faults(tiles.results):
            return ()
        self.publication.step("collect places")
        return writing.find_faults(self.plan.policy, tiles.storage)

    def _write_small(self, written: WrittenAssay) -> list[TablePin]:
        pins = [written.rows.pin] if written.rows and written.rows.pin else []
        for name, table in small_tables(written).items():
            draft = self.publication.table(name)
            draft.write(table)
            pins.append(draft.pin(content_hash=hash_table(table).hex()))
        return pins

    def _publish(
        self, written: WrittenAssay, pins: tuple[TablePin, ...], findings: tuple[Finding, ...]
    ) -> Outcome:
        receipt = assay_receipt(written, findings, left_out=self.planning.left_out)
        notes = (*self.planning.notes, *written.notes)
        if self.request.dry_run:
            self._report(None, written, receipt, findings)
            return Outcome(receipt=receipt, findings=findings, notes=notes)
        self.publication.step("store parts")
        content = assay_content(written, pins)
        self.lake.store_parts(content)
        part = self.lake.parts.put(receipt.to_json())
        standing = written.standing
        record = self.publication.commit(
            lambda version: build_dataset_record(
                name=self.publication.name,
                version=version,
                content=content,
                lineage=self.lineage(),
                receipt=part,
                schema_tag=standing.record.schema_tag if standing else None,
            )
        )
        self.publication.step("write report")
        self._report(str(record), written, receipt, findings)
        return Outcome(receipt=receipt, published=(str(record),), findings=findings, notes=notes)

    def _report(
        self,
        version: str | None,
        written: WrittenAssay,
        receipt: AssayReceipt,
        findings: tuple[Finding, ...],
    ) -> None:
        left_out = written.rows.left_out if written.rows else {}
        rows = LoadReceipt(entities=receipt.entities)
        self.reporter.accept(version, findings, rows, left_out, reported=self.plan.reported)
