"""Publish the next version of a dataset with new, changed and deleted rows of an entity.

Only what changes is written: new rows into new files, and anew the files that hold a row that
changes or goes. Everything is checked before; what is refused leaves the tables as they were.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from apollo_spark.errors import ConflictError, NotFoundError
from apollo_spark.ingest.check import CheckResult
from apollo_spark.ingest.leaving_out import leave_out
from apollo_spark.ingest.new_codes import with_dictionary
from apollo_spark.ingest.plan import PlannedRows
from apollo_spark.ingest.refused import with_row_faults
from apollo_spark.ingest.withdrawn_rows import BaseRows, lines_of
from apollo_spark.ingest.write import Excluded, join_excluded, quarantined_rows
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.tables.workspace import Workspace
from apollo_spark.model.change import Extension
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.names import RecordReference, parse_reference
from apollo_spark.model.pin import TablePin
from apollo_spark.model.plan import PlannedTable
from apollo_spark.model.receipt import RowsReceipt
from apollo_spark.operations.file_operation import FileOperation
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.repeated import find_repeated_extension
from apollo_spark.operations.report import ReportedRows
from apollo_spark.operations.requests.extend import ClinicalExtension
from apollo_spark.operations.work import Draft, Work, refuse
from apollo_spark.records.changes.extension import record_after
from apollo_spark.records.content import part_texts
from apollo_spark.verbs.extend.rows.checking import RowChecks
from apollo_spark.verbs.extend.rows.comparing import RowComparison
from apollo_spark.verbs.extend.rows.plan import OPERATION, RowPlan, plan_rows
from apollo_spark.verbs.extend.rows.receipt import CheckedExtension
from apollo_spark.verbs.extend.rows.staging import key_target, stage_rows
from apollo_spark.verbs.extend.rows.tables import RowTable, foreign_rows, tables_of
from apollo_spark.verbs.extend.rows.writing import RowWriter


class ExtendRows(FileOperation[ClinicalExtension, RowPlan, RowsReceipt]):
    """Add, change and delete rows of an entity, or say that they are so already.

    A row of the files whose key is not there is added; one whose key is there replaces the values
    of the columns that the files have. An entity without primary key takes new rows only.
    """

    verb = OPERATION

    def plan(self, scratch: Path) -> PlannedRows[RowPlan]:  # noqa: ARG002 nothing is unpacked
        """Read and check the headers, hash and cut the files."""
        lake = self.context.lake
        base = _find_base(lake, self.request)
        planned = self._plan_on(base)
        if planned.plan is not None:
            tables_of(planned.plan, lake.tables)
            repeat = self.find_repeat(planned.plan, base)
            if repeat is not None:
                return replace(planned, repeat=repeat)
        return with_row_faults(planned, base.name, self.context.step)

    def _plan_on(self, base: DatasetRecord) -> PlannedRows[RowPlan]:
        content = self.context.lake.load_content(base)
        block_bytes = self.context.settings.block_bytes
        return plan_rows(self.request, base, content, block_bytes=block_bytes)

    def find_repeat(self, plan: RowPlan, base: DatasetRecord | None) -> Outcome[RowsReceipt] | None:
        """Recognise the same extension, if nothing came to the entity after it."""
        if base is None:
            raise NotFoundError(f"All versions of {self.request.name!r} were retired meanwhile.")
        return find_repeated_extension(
            self.context.lake,
            base,
            plan.entity.name,
            lambda record: record.lineage.fingerprint == plan.fingerprint,
            RowsReceipt,
            left_out=lambda receipt: receipt.rows_quarantined,
        )

    def renew(self, work: Work[RowPlan]) -> Work[RowPlan]:
        """Return the work on the version that is there now: it may have come meanwhile."""
        base = work.publication.base
        if work.is_dry_run or base is None or base.id == work.plan.base.id:
            return work
        planned = self._plan_on(base)
        if planned.plan is None:
            refuse(planned.findings, work.reporter, inputs=(), policy=planned.policy)
        assert planned.plan is not None, "what is refused is not done"
        return replace(work, planned=planned, plan=planned.plan)

    def coded_cells(self, plan: RowPlan) -> tuple[DataDictionary, str | None]:
        """Return the dictionary of the cells that are read."""
        return plan.coded_cells

    def act(self, work: Work[RowPlan]) -> Draft[RowsReceipt]:
        """Read the rows, refuse what is wrong, write what changes."""
        return _RowExtension(work).draft()


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


@dataclass(frozen=True)
class _RowExtension:
    """Rows that come, change and go, under the lease."""

    work: Work[RowPlan]

    @property
    def plan(self) -> RowPlan:
        return self.work.plan

    @property
    def lake(self) -> Lake:
        return self.work.context.lake

    def draft(self) -> Draft[RowsReceipt]:
        tables = tables_of(self.plan, self.lake.tables)
        with Workspace() as workspace, self._folders(tables) as folders:
            checked = self._read(tables, folders, workspace)
            counts = checked.compared.counts
            if counts.added and not tables[0].is_own:
                raise foreign_rows(self.plan, tables[0].pin)
            draft = self._describe(checked, checked.receipt(counts))
            if counts.is_nothing:
                draft = replace(draft, current=(str(self.plan.base),))
            if counts.is_nothing or self.work.is_dry_run:
                return draft if self.work.is_dry_run else replace(draft, reported=None)
            pins = self._write(tables, folders, checked, workspace)
        return self._with_record(draft, pins, checked)

    @contextmanager
    def _folders(self, tables: tuple[RowTable, ...]) -> Iterator[Mapping[int, str]]:
        """Give the folder of each own table; of a dry run, one that is thrown away."""
        own = [each for each in tables if each.is_own]
        if not self.work.is_dry_run:
            yield {
                each.number: self.work.publication.table(each.folder_name).folder for each in own
            }
            return
        with tempfile.TemporaryDirectory(prefix="apollo-rows-") as scratch:
            yield {each.number: scratch for each in tables}

    def _read(
        self, tables: tuple[RowTable, ...], folders: Mapping[int, str], workspace: Workspace
    ) -> CheckedExtension:
        """Read and check and, while the policy leaves rows out, read again.

        What is of withdrawn people is left out before anything is counted or checked.
        """
        first = self._compare(tables, folders, workspace, {})

        def check(compared: RowComparison, excluded: Excluded) -> CheckResult:
            self.work.step("check rows and keys")
            return RowChecks(compared, self.work.engines.runner, excluded).run()

        checked = leave_out(
            first,
            withdrawn=self._withdrawn(first),
            write=lambda lines, _: self._compare(tables, folders, workspace, lines),
            check=check,
            found=self.work.planned.findings,
            require=self.work.require_acceptable,
        )
        return CheckedExtension(checked.written, checked.left_out, checked.findings)

    def _withdrawn(self, compared: RowComparison) -> Excluded:
        """Return the lines of rows and of keys to delete that are of withdrawn people."""
        plan, runner = self.plan, self.work.engines.runner
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
        self.work.step("read rows")
        runner, plan = self.work.engines.runner, self.plan
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
            base_rows=BaseRows(self.lake, plan.base),
            store=self.lake.tables,
            workspace=workspace,
        )

    def _write(
        self,
        tables: tuple[RowTable, ...],
        folders: Mapping[int, str],
        checked: CheckedExtension,
        workspace: Workspace,
    ) -> list[TablePin]:
        """Write and commit what changes, and pin it."""
        self.work.step("write rows")
        writer = RowWriter(checked.compared, self.work.engines.runner, workspace)
        pins = []
        for each in (one for one in tables if one.is_own):
            changed = writer.write(each, folders[each.number])
            if changed.is_nothing:
                continue
            draft = self.work.publication.table(each.folder_name)
            draft.commit(changed.added, each.stored_schema, mode="append", removed=changed.removed)
            workspace.keep(draft.paths(changed.added))
            pin = draft.pin(content_hash=changed.content.hex())
            pins.append(pin.model_copy(update={"table": each.pin.table}))
        return pins

    def _describe(self, checked: CheckedExtension, receipt: RowsReceipt) -> Draft[RowsReceipt]:
        reading = self.plan.reading
        kept = quarantined_rows(
            self.work.engines.runner, reading.entities, checked.left_out.quarantined
        )
        rows = receipt.rows_added + receipt.rows_changed
        return Draft(
            receipt,
            findings=checked.findings,
            notes=checked.notes_on(receipt),
            reported=ReportedRows((checked.entity_receipt(receipt),), kept, reading.reported),
            tables=(PlannedTable(table=receipt.entity, rows=rows),),
        )

    def _with_record(
        self, draft: Draft[RowsReceipt], pins: list[TablePin], checked: CheckedExtension
    ) -> Draft[RowsReceipt]:
        base = self.plan.base
        described = base
        parts: tuple[str, ...] = ()
        if checked.extended.notes:
            described = with_dictionary(base, checked.extended.dictionary)
            parts = part_texts(checked.extended.dictionary)
        change = Extension(base=str(base), mode="rows", member=self.plan.entity.name)
        record = record_after(described, pins=pins, change=change)
        profiled = checked.extended.dictionary
        return replace(draft, make_record=record, parts=parts, profiled=profiled)
