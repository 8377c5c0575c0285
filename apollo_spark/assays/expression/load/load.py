"""Load an expression assay: plan, write tiles, check, publish; the protocol is the clinical one."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from apollo_spark.assays.expression.load.base import (
    BaseAssay,
    find_base_assay,
    keeps_something,
)
from apollo_spark.assays.expression.load.layers import write_layer
from apollo_spark.assays.expression.load.left_out_samples import without_withdrawn_samples
from apollo_spark.assays.expression.load.record import (
    WrittenAssay,
    assay_content,
    assay_receipt,
    small_tables,
)
from apollo_spark.assays.expression.load.refused import find_further_faults
from apollo_spark.assays.expression.load.repeated import find_repeated_load
from apollo_spark.assays.expression.load.tile_rows import TileRowsRunner
from apollo_spark.assays.expression.load.tiles import TileWriting, WrittenTiles
from apollo_spark.assays.expression.plan.faults import has_faults
from apollo_spark.assays.expression.plan.plan import (
    OPERATION,
    ExpressionPlan,
    ExpressionPlanning,
    plan_expression_load,
)
from apollo_spark.assays.expression.plan.sample_table import SAMPLE, SampleRows, SampleTable
from apollo_spark.assays.expression.receipt import AssayReceipt
from apollo_spark.assays.expression.request import ExpressionLoad
from apollo_spark.assays.expression.tables import join_stats, written_files
from apollo_spark.assays.expression.tasks.tiles.file import tile_schema
from apollo_spark.assays.expression.tasks.tiles.storage import COUNTS
from apollo_spark.ingest.new_codes import with_new_codes
from apollo_spark.ingest.withdrawn_rows import keys_of
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.tables.draft import TableDraft
from apollo_spark.model.assay import name_table
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.findings import Finding
from apollo_spark.model.pin import TablePin
from apollo_spark.operations.file_operation import FileOperation
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.report import ReportedRows
from apollo_spark.operations.work import Draft, Work
from apollo_spark.records.content import part_texts, record_of
from apollo_spark.workers.values.hashing import hash_table


class LoadExpression(FileOperation[ExpressionLoad, ExpressionPlan, AssayReceipt]):
    """Load expression files as the next version of a dataset with one assay.

    A version that is there keeps what the load does not name: see `load/base.py`.
    """

    verb = OPERATION
    row_writer = TileRowsRunner

    def plan(self, scratch: Path) -> ExpressionPlanning:
        """Find, recognise and scan the files; of refused ones, look at cells and rows too."""
        lake, request, context = self.context.lake, self.request, self.context
        planning = plan_expression_load(
            request, block_bytes=context.settings.block_bytes, scratch=scratch
        )
        gone = withdrawn_keys(lake, request.name)
        base = lake.newest(request.name, DatasetRecord)
        keeps = keeps_something(lake, base, request, planning.plan)
        planning = without_withdrawn_samples(planning, gone, keeps_places=keeps)
        if planning.plan is None:
            found = find_further_faults(request, planning, scratch, context.step, gone)
            return replace(planning, findings=(*planning.findings, *found))
        if (repeat := self.find_repeat(planning.plan, base)) is not None:
            return replace(planning, repeat=repeat)
        # Asked again under the lease: this one refuses before Spark starts.
        find_base_assay(lake, base, request, planning.plan)
        return planning

    def find_repeat(
        self, plan: ExpressionPlan, base: DatasetRecord | None
    ) -> Outcome[AssayReceipt] | None:
        """Recognise the same load, also beneath other units loaded since."""
        return find_repeated_load(self.context.lake, base, self.request, plan)

    def act(self, work: Work[ExpressionPlan]) -> Draft[AssayReceipt]:
        """Write tiles and sample fields, refuse what is wrong, write the small tables."""
        planning = work.planned
        assert isinstance(planning, ExpressionPlanning), "files of expression are planned so"
        return _Loading(self.request, work, planning).draft()


def withdrawn_keys(lake: Lake, name: str) -> pa.Array:
    """Return the ids that are withdrawn from the samples of a dataset, however it is typed."""
    last = lake.registry.snapshot().last_of(name)
    return keys_of(lake, lake.tables.location(last.name if last else name, SAMPLE))


@dataclass(frozen=True)
class _Loading:
    """A load that holds its lease."""

    request: ExpressionLoad
    work: Work[ExpressionPlan]
    planning: ExpressionPlanning

    @property
    def plan(self) -> ExpressionPlan:
        return self.work.plan

    def draft(self) -> Draft[AssayReceipt]:
        lake = self.work.context.lake
        kept = find_base_assay(lake, self.work.base, self.request, self.plan)
        draft = self.work.publication.table(self._tiles_table)
        writing, tiles = self._write_tiles(draft, kept)
        rows = self._write_sample_fields()
        findings = (*self.planning.findings, *self._find_faults(writing, tiles))
        findings += rows.findings if rows else ()
        self.work.require_acceptable(findings)
        draft.commit(written_files(tiles.results), tile_schema(tiles.storage))
        pin = draft.pin(content_hash=tiles.content.hex())
        written = self._describe(writing, tiles, rows, kept)
        return self._draft(written, (pin, *self._write_small(written)), findings)

    def _describe(
        self,
        writing: TileWriting,
        tiles: WrittenTiles,
        rows: SampleRows | None,
        kept: BaseAssay | None,
    ) -> WrittenAssay:
        source = writing.source
        # Where other units stay, the table of samples keeps the order that it has.
        samples = kept.placed_samples if kept and kept.layers else source.samples
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
            kept=kept,
            release=self.request.release,
            hidden=len(self.planning.hidden),
            hidden_values=int(stats.samples.count[hidden].sum()),
            new_codes=new_codes,
        )

    @property
    def _tiles_table(self) -> str:
        return name_table(self.request.assay, f"tiles_{self.plan.unit}")

    def _write_tiles(
        self, draft: TableDraft, kept: BaseAssay | None
    ) -> tuple[TileWriting, WrittenTiles]:
        self.work.step("write tiles")
        writing = TileWriting(
            source=self.plan.source,
            unit=self.plan.unit,
            missing=self.request.missing,
            on_duplicate=self.request.on_duplicate,
            runner=self.work.engines.runner,
        )
        guess = COUNTS if self.plan.unit == "count" else self.plan.source.guess
        return write_layer(writing, draft, guess, kept)

    def _write_sample_fields(self) -> SampleRows | None:
        if self.plan.sample_fields is None:
            return None
        samples = self.plan.source.samples.ids
        gone = withdrawn_keys(self.work.context.lake, self.work.publication.name)
        return SampleTable(
            self.plan.sample_fields, self.work.publication, self.work.engines, samples, gone
        ).write()

    def _with_new_codes(self, rows: SampleRows | None) -> tuple[ExpressionPlan, tuple[str, ...]]:
        """Return the load with new values of open codings of its samples' fields, and notes."""
        fields = self.plan.sample_fields
        if rows is None or rows.pin is None or fields is None:
            return self.plan, ()
        pins = {SAMPLE: rows.pin}
        columns = {SAMPLE: {SAMPLE: [spec.name for _, spec in fields.dictionary.paths()]}}
        extended = with_new_codes(
            fields.dictionary,
            columns,
            lambda tree: self.work.engines.ask(tree, pins),
        )
        fields = replace(fields, dictionary=extended.dictionary)
        return replace(self.plan, sample_fields=fields), extended.notes

    def _find_faults(self, writing: TileWriting, tiles: WrittenTiles) -> tuple[Finding, ...]:
        """Read again, only if something is wrong, and collect where."""
        if not has_faults(tiles.results):
            return ()
        self.work.step("collect places")
        return writing.find_faults(self.plan.policy, tiles.storage)

    def _write_small(self, written: WrittenAssay) -> list[TablePin]:
        pins = [written.rows.pin] if written.rows and written.rows.pin else []
        for name, table in small_tables(written).items():
            draft = self.work.publication.table(name)
            draft.write(table)
            pins.append(draft.pin(content_hash=hash_table(table).hex()))
        return pins

    def _draft(
        self, written: WrittenAssay, pins: tuple[TablePin, ...], findings: tuple[Finding, ...]
    ) -> Draft[AssayReceipt]:
        receipt = assay_receipt(written, findings, left_out=self.planning.left_out)
        content, kept = assay_content(written, pins), written.kept
        left_out = written.rows.left_out if written.rows else {}
        return Draft(
            receipt,
            record_of(content, schema_tag=kept.record.schema_tag if kept else None),
            parts=part_texts(content.dictionary),
            profiled=content.dictionary,
            findings=findings,
            notes=(*self.planning.notes, *written.notes),
            reported=ReportedRows(receipt.entities, left_out, self.plan.reported),
        )
