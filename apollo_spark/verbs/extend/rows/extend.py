"""Publish the next version of a dataset with new, changed and deleted rows of an entity.

Only what changes is written: new rows into new files, and anew the files that hold a row that
changes or goes. Everything is checked before; what is refused leaves the tables as they were.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from apollo_spark.errors import ConflictError, NotFoundError
from apollo_spark.ingest.new_codes import with_dictionary
from apollo_spark.ingest.refused import with_rows
from apollo_spark.ingest.withdrawn_rows import LeftOut, Standing, lines_of
from apollo_spark.ingest.write import Excluded, join_excluded, quarantined_rows
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.lake.tables.workspace import Workspace
from apollo_spark.model.change import Extension
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.findings import Finding, Severity
from apollo_spark.model.names import RecordReference, parse_reference
from apollo_spark.model.pin import TablePin
from apollo_spark.model.receipt import LoadReceipt, RowsReceipt
from apollo_spark.operations.loading import Load, OpenEngines, run_load
from apollo_spark.operations.outcome import Outcome, refusal
from apollo_spark.operations.repeated import find_standing_growth
from apollo_spark.operations.report import LoadReporter
from apollo_spark.operations.requests.extend import ClinicalExtension
from apollo_spark.records.growth import next_record
from apollo_spark.verbs.extend.rows.checking import RowChecks
from apollo_spark.verbs.extend.rows.comparing import RowComparison
from apollo_spark.verbs.extend.rows.plan import OPERATION, RowPlan, RowPlanning, plan_rows
from apollo_spark.verbs.extend.rows.receipt import CheckedRows
from apollo_spark.verbs.extend.rows.staging import key_target, stage_rows
from apollo_spark.verbs.extend.rows.tables import RowTable, foreign_rows, tables_of
from apollo_spark.verbs.extend.rows.writing import RowWriter


def extend_rows(
    lake: Lake,
    request: ClinicalExtension,
    *,
    open_engines: OpenEngines,
    reporter: LoadReporter,
    block_bytes: int,
    on_step: OnStep = no_step,
) -> Outcome:
    """Add, change and delete rows of an entity, or say that they are so already.

    A row of the files whose key is not there is added; one whose key is there replaces the values
    of the columns that the files have. An entity without primary key takes new rows only.

    Args:
        lake: Where the result is published; for a dry run a lake that is thrown away.
        request: The options of `apollo extend`, in mode rows.
        open_engines: Called once, when nothing that is known before refuses the rows.
        reporter: Writes the validation report, and knows the lake that is meant.
        block_bytes: Bytes of an input file that one task reads.
        on_step: Called with the name of each step before it acts.

    Raises:
        InputFileError: A file is not what it was said to be.
        CheckFailedError: A check on values failed, or keys to delete match nothing.
        NotFoundError: There is no such dataset or entity.
        ConflictError: The rows belong to another dataset, or somebody else writes this one.
        UsageError: The options do not go together.
        BrokenPinError: The newest version can no longer be read.
    """
    on_step("plan")
    base = _find_base(reporter.lake, request)
    planning = plan_rows(request, base, reporter.lake.load_content(base), block_bytes=block_bytes)
    if planning.plan is not None:
        tables_of(planning.plan, reporter.lake.tables)
        standing = _find_standing(reporter.lake, base, planning.plan)
        if standing is not None:
            return standing
    return run_load(
        _RowExtension,
        lake,
        request.model_copy(update={"name": base.name}),
        with_rows(planning, base.name, on_step),
        open_engines=open_engines,
        reporter=reporter,
        on_step=on_step,
    )


def _find_base(lake: Lake, request: ClinicalExtension) -> DatasetRecord:
    """Return the newest version; rows can be added to that only."""
    named = lake.load_record(parse_reference(request.name))
    newest = lake.load_record(RecordReference(name=named.name))
    if named.version != newest.version:
        raise ConflictError(
            f"Rows cannot be added to {named}.",
            why=f"The tables went on to {newest}.",
            fix=f"Extend {named.name}.",
        )
    return newest


def _find_standing(lake: Lake, base: DatasetRecord, plan: RowPlan) -> Outcome | None:
    """Return the outcome of the same extension, if nothing came to the entity after it."""
    return find_standing_growth(
        lake,
        base,
        plan.entity.name,
        lambda record: record.lineage.fingerprint == plan.fingerprint,
        RowsReceipt,
        left_out=lambda receipt: receipt.rows_quarantined,
    )


class _RowExtension(Load):
    request: ClinicalExtension
    plan: RowPlan
    planning: RowPlanning
    operation = OPERATION
    receipt_type = RowsReceipt

    def run(self) -> Outcome:
        """Publish, unless another process did the same while this one waited."""
        base = self.publication.base
        if self.request.dry_run:
            return self.write()
        if base is None:
            raise NotFoundError(f"All versions of {self.request.name!r} were retired meanwhile.")
        if base.id == self.plan.base.id:
            return self.write()
        standing = _find_standing(self.lake, base, self.plan)
        return self._planned_again(base).write() if standing is None else standing

    def _planned_again(self, base: DatasetRecord) -> "_RowExtension":
        """Return the same on a version that came meanwhile."""
        content = self.lake.load_content(base)
        planning = plan_rows(self.request, base, content, block_bytes=self.plan.block_bytes)
        if planning.plan is None:
            self.reporter.refuse(planning.findings, inputs=(), policy=planning.policy)
            raise refusal(planning.findings, self.reporter.text(planning.findings))
        return replace(self, plan=planning.plan, planning=planning)

    def write(self) -> Outcome:
        """Read the rows, refuse what is wrong, write what changes, publish."""
        tables = tables_of(self.plan, self.reporter.lake.tables)
        with Workspace() as workspace, self._folders(tables) as folders:
            checked = self._read(tables, folders, workspace)
            counts = checked.compared.counts
            if counts.added and not tables[0].is_own:
                raise foreign_rows(self.plan, tables[0].pin)
            receipt = checked.receipt(counts)
            if self.request.dry_run:
                self._report(None, checked, receipt)
            if self.request.dry_run or counts.is_nothing:
                current = (str(self.plan.base),) if counts.is_nothing else ()
                return Outcome(
                    receipt,
                    current=current,
                    findings=checked.findings,
                    notes=checked.notes_on(receipt),
                )
            pins = self._write(tables, folders, checked, workspace)
        return self._publish(pins, receipt, checked)

    @contextmanager
    def _folders(self, tables: tuple[RowTable, ...]) -> Iterator[Mapping[int, str]]:
        """Give the folder of each own table; of a dry run, one that is thrown away."""
        own = [each for each in tables if each.is_own]
        if not self.request.dry_run:
            yield {each.number: self.publication.table(each.folder_name).folder for each in own}
            return
        with tempfile.TemporaryDirectory(prefix="apollo-rows-") as scratch:
            yield {each.number: scratch for each in tables}

    def _read(
        self, tables: tuple[RowTable, ...], folders: Mapping[int, str], workspace: Workspace
    ) -> CheckedRows:
        """Read and check and, while the policy leaves rows out, read again.

        What is of withdrawn people is left out before anything is counted or checked.
        """
        first = self._compare(tables, folders, workspace, {})
        withdrawn = self._withdrawn(first)
        excluded = withdrawn
        left_out: tuple[Finding, ...] = ()
        while True:
            compared = self._compare(tables, folders, workspace, excluded) if excluded else first
            self.publication.step("check rows and keys")
            checked = RowChecks(compared, self.engines.runner, excluded).run()
            findings = (*self.planning.findings, *left_out, *checked.findings)
            self.require_acceptable(findings)
            if not checked.quarantined:
                return CheckedRows(compared, LeftOut(excluded, withdrawn), findings)
            excluded = join_excluded(excluded, checked.quarantined)
            left_out += tuple(
                each for each in checked.findings if each.severity is Severity.QUARANTINE
            )

    def _withdrawn(self, compared: RowComparison) -> Excluded:
        """Return the lines of rows and of keys to delete that are of withdrawn people."""
        plan, runner = self.plan, self.engines.runner
        found: Excluded = {}
        for planned, hidden in (
            (plan.data, compared.hidden_given()),
            (plan.deleting, compared.hidden_deletes()),
        ):
            if planned is not None:
                found = join_excluded(found, lines_of(runner, planned, hidden, {}))
        return found

    def _compare(
        self,
        tables: tuple[RowTable, ...],
        folders: Mapping[int, str],
        workspace: Workspace,
        excluded: Excluded,
    ) -> RowComparison:
        """Read the files, and put their rows beside the stored ones."""
        self.publication.step("read rows")
        runner, plan = self.engines.runner, self.plan
        some_folder = next(iter(folders.values()))
        staged, keys = None, None
        if plan.data is not None:
            targets = [
                each.target(folders.get(each.number, some_folder), plan.entity.primary_key)
                for each in tables
                if each.takes_rows
            ]
            staged = stage_rows(runner, plan.data, targets, workspace, excluded=excluded)
        if plan.deleting is not None:
            type_ = tables[0].schema.field(str(tables[0].key)).type
            target = key_target(some_folder, str(plan.entity.primary_key), type_)
            keys = stage_rows(runner, plan.deleting, [target], workspace, excluded=excluded)
        return RowComparison(
            plan,
            tables,
            staged,
            keys,
            standing=Standing(self.reporter.lake, plan.base),
            store=self.reporter.lake.tables,
            workspace=workspace,
        )

    def _write(
        self,
        tables: tuple[RowTable, ...],
        folders: Mapping[int, str],
        checked: CheckedRows,
        workspace: Workspace,
    ) -> list[TablePin]:
        """Write and commit what changes, and pin it."""
        self.publication.step("write rows")
        writer = RowWriter(checked.compared, self.engines.runner, workspace)
        pins = []
        for each in (one for one in tables if one.is_own):
            changed = writer.write(each, folders[each.number])
            if changed.is_nothing:
                continue
            draft = self.publication.table(each.folder_name)
            draft.commit(changed.added, each.stored_schema, mode="append", removed=changed.removed)
            workspace.keep(draft.paths(changed.added))
            pin = draft.pin(content_hash=changed.content.hex())
            pins.append(pin.model_copy(update={"table": each.pin.table}))
        return pins

    def _publish(self, pins: list[TablePin], receipt: RowsReceipt, checked: CheckedRows) -> Outcome:
        base = self.plan.base
        self.publication.step("store parts")
        part = self.lake.parts.put(receipt.to_json())
        described = base
        if checked.grown.notes:
            described = with_dictionary(base, checked.grown.dictionary, self.lake.parts)
        record = self.publication.commit(
            lambda version: next_record(
                described,
                version=version,
                pins=pins,
                assays=(),
                change=Extension(base=str(base), mode="rows", member=self.plan.entity.name),
                lineage=self.lineage().model_copy(update={"parents": (str(base),)}),
                receipt=part,
            )
        )
        self.publication.step("write report")
        self._report(str(record), checked, receipt)
        return Outcome(
            receipt,
            published=(str(record),),
            findings=checked.findings,
            notes=checked.notes_on(receipt),
        )

    def _report(self, version: str | None, checked: CheckedRows, receipt: RowsReceipt) -> None:
        entity = checked.entity_receipt(receipt)
        kept = quarantined_rows(
            self.engines.runner, self.plan.reading.entities, checked.left_out.quarantined
        )
        shown = LoadReceipt(operation=OPERATION, entities=(entity,))
        self.reporter.accept(
            version, checked.findings, shown, kept, reported=self.plan.reading.reported
        )
