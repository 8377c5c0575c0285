"""Add samples to an assay: only their tiles are written, in blocks after those of the assay.

The protocol is that of a load. What the new samples change of the features (their statistics, and
under union new ones) is written anew in one small table; the tables of samples are added to.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from apollo_spark.assays.expression.assay import LayerRecord
from apollo_spark.assays.expression.extend.commit import AddedSamples
from apollo_spark.assays.expression.extend.layers import ExtendedLayer, LayerExtension
from apollo_spark.assays.expression.extend.places import (
    AddedPlaces,
    ExtendedAssay,
    find_misfits,
    plan_places,
    read_extended_assay,
)
from apollo_spark.assays.expression.extend.plan import (
    OPERATION,
    AssayExtensionPlan,
    AssayExtensionPlanning,
    plan_assay_extension,
)
from apollo_spark.assays.expression.load.left_out_samples import withdrawn_samples
from apollo_spark.assays.expression.load.refused import are_all_read, find_further_faults
from apollo_spark.assays.expression.load.tile_rows import TileRowsRunner
from apollo_spark.assays.expression.load.tiles import TileWriting
from apollo_spark.assays.expression.plan.plan import ExpressionPlanning
from apollo_spark.assays.expression.receipt import AssayExtensionReceipt
from apollo_spark.assays.expression.request import AssayExtension, ExpressionLoad
from apollo_spark.errors import NotFoundError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.change import Extension
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.names import RecordReference
from apollo_spark.model.plan import PlannedTable
from apollo_spark.operations.file_operation import FileOperation
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.repeated import find_repeated_extension
from apollo_spark.operations.report import ReportedRows
from apollo_spark.operations.work import Draft, Work
from apollo_spark.records.changes.extension import record_after


class ExtendAssay(FileOperation[AssayExtension, AssayExtensionPlan, AssayExtensionReceipt]):
    """Publish the next version of a dataset, with more samples in one of its assays."""

    verb = OPERATION
    row_writer = TileRowsRunner

    def plan(self, scratch: Path) -> AssayExtensionPlanning:
        """Find, recognise and scan the files of each unit, and give new samples their places.

        Raises:
            NotFoundError: There is no such dataset or assay.
            ConflictError: The assay is that of another dataset.
        """
        lake, request, context = self.context.lake, self.request, self.context
        base = lake.load_record(RecordReference(name=request.name))
        planning = plan_assay_extension(
            request,
            base,
            block_bytes=context.settings.block_bytes,
            scratch=scratch,
            withdrawn=lambda assay: withdrawn_samples(lake, base, assay.entity),
        )
        repeat = None if planning.plan is None else self.find_repeat(planning.plan, base)
        if repeat is not None:
            return replace(planning, repeat=repeat)
        # Asked again under the lease: this one refuses before Spark starts.
        if planning.plan is None or refusing(
            _added(lake, base, request, planning.plan)[1].findings
        ):
            rest = partial(find_further_faults, scratch=scratch, on_step=context.step)
            planning = _find_everything(lake, base, request, planning, rest)
        return planning

    def find_repeat(
        self, plan: AssayExtensionPlan, base: DatasetRecord | None
    ) -> Outcome[AssayExtensionReceipt] | None:
        """Recognise the same extension: nothing came to the assay after it."""
        if base is None:
            raise NotFoundError(f"All versions of {self.request.name!r} were retired meanwhile.")
        return find_repeated_extension(
            self.context.lake,
            base,
            self.request.assay,
            lambda record: record.lineage.fingerprint == plan.fingerprint,
            AssayExtensionReceipt,
        )

    def renew(self, work: Work[AssayExtensionPlan]) -> Work[AssayExtensionPlan]:
        """Return the work on the version that is there now: new samples follow its own."""
        assert work.base is not None, "what is extended is there"
        return replace(work, plan=replace(work.plan, parents=(str(work.base),)))

    def act(self, work: Work[AssayExtensionPlan]) -> Draft[AssayExtensionReceipt]:
        """Write the new tiles, refuse what is wrong, write the small tables."""
        planning, base = work.planned, work.base
        assert isinstance(planning, AssayExtensionPlanning), "files of expression are planned so"
        assert base is not None, "what is extended is there"
        extended, places = _added(self.context.lake, base, self.request, work.plan)
        work.require_acceptable((*planning.findings, *places.findings))
        work.step("write tiles")
        layers = [
            self._extend_layer(work, extended, places, each) for each in extended.assay.layers
        ]
        findings = (*planning.findings, *places.findings, *_find_faults(work, layers))
        work.require_acceptable(findings)
        samples_added = AddedSamples(
            work.publication,
            self.context.lake,
            extended,
            places,
            tuple(layers),
            withdrawn=planning.withdrawn,
            left_out=planning.left_out,
        )
        receipt = samples_added.receipt(findings)
        draft = Draft(
            receipt,
            findings=findings,
            notes=(*planning.notes, *samples_added.notes),
            reported=ReportedRows((), {}, work.plan.reported),
            tables=_planned_tables(receipt),
        )
        if not places.placed_samples.ids:
            # Nothing but samples that are withdrawn changes nothing.
            return replace(draft, current=(str(base),))
        if work.is_dry_run:
            return draft
        change = Extension(base=str(base), mode="assay", member=extended.assay.name)
        pins = samples_added.commit()
        return replace(
            draft,
            make_record=record_after(
                base, pins=pins, assays=(samples_added.assay.as_record(),), change=change
            ),
            profiled=self.context.lake.load_dictionary(base),
        )

    def _extend_layer(
        self,
        work: Work[AssayExtensionPlan],
        extended: ExtendedAssay,
        places: AddedPlaces,
        layer: LayerRecord,
    ) -> ExtendedLayer:
        pin = extended.record.pin_of(layer.table)
        writing = TileWriting(
            source=work.plan.units[layer.unit].source,
            unit=layer.unit,
            missing=self.request.missing,
            on_duplicate=self.request.on_duplicate,
            runner=work.engines.runner,
        )
        samples_added = LayerExtension(
            extended=extended,
            places=places,
            layer=layer,
            draft=work.publication.table(layer.table),
            paths=self.context.lake.tables.checked_files(pin),
        )
        return samples_added.write(writing, may_rewrite=not work.is_dry_run)


def _added(
    lake: Lake, base: DatasetRecord, request: AssayExtension, plan: AssayExtensionPlan
) -> tuple[ExtendedAssay, AddedPlaces]:
    """Read what is there, and give the new samples their places."""
    extended = read_extended_assay(lake, base, request.assay)
    sources = {unit: each.source for unit, each in plan.units.items()}
    is_union = request.features == "union"
    return extended, plan_places(extended, sources, is_union=is_union, policy=plan.policy)


def _find_everything(
    lake: Lake,
    base: DatasetRecord,
    request: AssayExtension,
    planning: AssayExtensionPlanning,
    find_rest: Callable[[ExpressionLoad, ExpressionPlanning], tuple[Finding, ...]],
) -> AssayExtensionPlanning:
    """Refuse an extension, with all that is wrong with its files."""
    findings = planning.findings
    # Features of a file that cannot be read are not missing.
    is_union = request.features == "union" or not are_all_read(findings)
    extended = read_extended_assay(lake, base, request.assay)
    for source in [*planning.sources.values()][:1]:
        findings += find_misfits(extended, source, is_union=is_union, policy=planning.policy)
    for load, each in planning.loads:
        findings += find_rest(load, each)
    return replace(planning, plan=None, findings=findings)


def _find_faults(
    work: Work[AssayExtensionPlan], layers: Sequence[ExtendedLayer]
) -> tuple[Finding, ...]:
    """Read again, only if something is wrong, and collect where."""
    wrong = [each for each in layers if each.has_faults]
    if not wrong:
        return ()
    work.step("collect places")
    found = [each.writing.find_faults(work.plan.policy, each.written.storage) for each in wrong]
    return tuple(finding for each in found for finding in each)


def _planned_tables(receipt: AssayExtensionReceipt) -> tuple[PlannedTable, ...]:
    """Return what a dry run would write."""
    samples = PlannedTable(table=f"{receipt.assay}_samples", rows=receipt.samples)
    tiles = (PlannedTable(table=f"{receipt.assay}_tiles_{each}") for each in receipt.units)
    return (*tiles, samples)
