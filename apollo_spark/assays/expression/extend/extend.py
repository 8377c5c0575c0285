"""Add samples to an assay: only their tiles are written, in blocks that follow those that stand.

The protocol is that of a load. What the new samples change of the features (their statistics, and
under union new ones) is written anew in one small table; the tables of samples are added to.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from apollo_spark.assays.expression.assay import LayerRecord
from apollo_spark.assays.expression.extend.commit import AssayGrowth
from apollo_spark.assays.expression.extend.layers import GrownLayer, LayerGrowth
from apollo_spark.assays.expression.extend.places import (
    Addition,
    GrowingAssay,
    find_misfits,
    plan_addition,
    read_growing_assay,
)
from apollo_spark.assays.expression.extend.plan import (
    OPERATION,
    AssayExtension,
    AssayExtensionPlan,
    AssayExtensionPlanning,
    plan_assay_extension,
)
from apollo_spark.assays.expression.load.left_out_samples import withdrawn_samples
from apollo_spark.assays.expression.load.refused import are_all_read, find_the_rest
from apollo_spark.assays.expression.load.tiles import TileWriting
from apollo_spark.assays.expression.plan.plan import ExpressionPlanning
from apollo_spark.assays.expression.request import ExpressionLoad
from apollo_spark.errors import NotFoundError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.model.change import Extension
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.names import RecordReference
from apollo_spark.model.receipt import AssayExtensionReceipt, LoadReceipt
from apollo_spark.operations.loading import Load, OpenEngines, run_load
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.repeated import find_standing_growth
from apollo_spark.operations.report import LoadReporter
from apollo_spark.records.growth import next_record


def extend_assay(
    lake: Lake,
    request: AssayExtension,
    *,
    open_engines: OpenEngines,
    reporter: LoadReporter,
    block_bytes: int,
    on_step: OnStep = no_step,
) -> Outcome:
    """Publish the next version of a dataset, with more samples in one of its assays.

    The arguments and errors are those of `load_expression`.

    Raises:
        NotFoundError: There is no such dataset or assay.
        ConflictError: The assay is that of another dataset.
    """
    on_step("plan")
    base = reporter.lake.load_record(RecordReference(name=request.name))
    with tempfile.TemporaryDirectory(prefix="apollo-extend-") as scratch:
        planning = plan_assay_extension(
            request,
            base,
            block_bytes=block_bytes,
            scratch=Path(scratch),
            withdrawn=lambda assay: withdrawn_samples(reporter.lake, base, assay.entity),
        )
        reporter.columns = planning.columns
        if planning.plan is not None:
            standing = find_extended(reporter.lake, base, request.assay, planning.plan.fingerprint)
            if standing is not None:
                return standing
        # Asked again under the lease: this one refuses before Spark starts.
        if planning.plan is None or refusing(
            _added(reporter.lake, base, request, planning.plan)[1].findings
        ):
            rest = partial(find_the_rest, scratch=Path(scratch), on_step=on_step)
            planning = _find_everything(reporter.lake, base, request, planning, rest)
        return run_load(
            _AssayGrowth,
            lake,
            request,
            planning,
            open_engines=open_engines,
            reporter=reporter,
            on_step=on_step,
        )


def _added(
    lake: Lake, base: DatasetRecord, request: AssayExtension, plan: AssayExtensionPlan
) -> tuple[GrowingAssay, Addition]:
    """Read what stands, and give the new samples their places."""
    grown = read_growing_assay(lake, base, request.assay)
    sources = {unit: each.source for unit, each in plan.units.items()}
    is_union = request.features == "union"
    return grown, plan_addition(grown, sources, is_union=is_union, policy=plan.policy)


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
    grown = read_growing_assay(lake, base, request.assay)
    for source in [*planning.sources.values()][:1]:
        findings += find_misfits(grown, source, is_union=is_union, policy=planning.policy)
    for load, each in planning.loads:
        findings += find_rest(load, each)
    return replace(planning, plan=None, findings=findings)


def find_extended(lake: Lake, base: DatasetRecord, assay: str, fingerprint: str) -> Outcome | None:
    """Return the outcome of an extension that stands: nothing came to the assay after it."""
    return find_standing_growth(
        lake,
        base,
        assay,
        lambda record: record.lineage.fingerprint == fingerprint,
        AssayExtensionReceipt,
    )


class _AssayGrowth(Load):
    request: AssayExtension
    plan: AssayExtensionPlan
    planning: AssayExtensionPlanning
    operation = OPERATION
    receipt_type = AssayExtensionReceipt

    def run(self) -> Outcome:
        """Publish, unless another process did the same while this one waited."""
        base = self._base()
        standing = find_extended(
            self.reporter.lake, base, self.request.assay, self.plan.fingerprint
        )
        return self.write() if standing is None else standing

    def _base(self) -> DatasetRecord:
        base = self.version_before()
        if base is None:
            raise NotFoundError(f"All versions of {self.request.name!r} were retired meanwhile.")
        return base

    def write(self) -> Outcome:
        """Write the new tiles, refuse what is wrong, write the small tables, publish."""
        base = self._base()
        grown, addition = _added(self.reporter.lake, base, self.request, self.plan)
        self.require_acceptable((*self.planning.findings, *addition.findings))
        self.publication.step("write tiles")
        layers = [self._grow(grown, addition, each) for each in grown.assay.layers]
        findings = (*self.planning.findings, *addition.findings, *self._find_faults(layers))
        self.require_acceptable(findings)
        growth = AssayGrowth(
            self.publication,
            self.reporter.lake,
            grown,
            addition,
            tuple(layers),
            withdrawn=self.planning.withdrawn,
            left_out=self.planning.left_out,
        )
        receipt = growth.receipt(findings)
        notes = (*self.planning.notes, *growth.notes)
        if self.request.dry_run or not addition.placed_samples.ids:
            self._report(None, findings)
            # Nothing but samples that are withdrawn changes nothing.
            current = () if addition.placed_samples.ids else (str(base),)
            return Outcome(receipt=receipt, current=current, findings=findings, notes=notes)
        pins = growth.commit()
        self.publication.step("store parts")
        part = self.lake.parts.put(receipt.to_json())
        record = self.publication.commit(
            lambda version: next_record(
                base,
                version=version,
                pins=pins,
                assays=(growth.assay.as_record(),),
                change=Extension(base=str(base), mode="assay", member=grown.assay.name),
                lineage=self.lineage().model_copy(update={"parents": (str(base),)}),
                receipt=part,
            )
        )
        self.publication.step("write report")
        self._report(str(record), findings)
        return Outcome(receipt=receipt, published=(str(record),), findings=findings, notes=notes)

    def _report(self, version: str | None, findings: tuple[Finding, ...]) -> None:
        first, *_ = self.plan.units.values()
        reported = replace(first.reported, inputs=self.plan.inputs)
        self.reporter.accept(version, findings, LoadReceipt(entities=()), {}, reported=reported)

    def _grow(self, grown: GrowingAssay, addition: Addition, layer: LayerRecord) -> GrownLayer:
        pin = grown.record.pin_of(layer.table)
        writing = TileWriting(
            source=self.plan.units[layer.unit].source,
            unit=layer.unit,
            missing=self.request.missing,
            on_duplicate=self.request.on_duplicate,
            runner=self.engines.runner,
        )
        growth = LayerGrowth(
            grown=grown,
            addition=addition,
            layer=layer,
            draft=self.publication.table(layer.table),
            paths=self.reporter.lake.tables.checked_files(pin),
        )
        return growth.write(writing, may_rewrite=not self.request.dry_run)

    def _find_faults(self, layers: Sequence[GrownLayer]) -> tuple[Finding, ...]:
        """Read again, only if something is wrong, and collect where."""
        wrong = [each for each in layers if each.has_faults]
        if not wrong:
            return ()
        self.publication.step("collect places")
        found = [each.writing.find_faults(self.plan.policy, each.written.storage) for each in wrong]
        return tuple(finding for each in found for finding in each)
