"""What files add, as it is written under the lease: tables, checks, and all that is there."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import pyarrow as pa
from sqlglot import exp

from apollo_spark.ingest.check import CheckResult, check_tables
from apollo_spark.ingest.leaving_out import Checked, count_lines, leave_out
from apollo_spark.ingest.new_codes import extended_with_codes
from apollo_spark.ingest.wide import columns_of, write_tables
from apollo_spark.ingest.withdrawn_rows import (
    Ask,
    BaseRows,
    GivenColumn,
    lines_of,
)
from apollo_spark.ingest.write import (
    Excluded,
    KeySets,
    quarantined_rows,
)
from apollo_spark.lake.publishing import Publication
from apollo_spark.model.change import Extension
from apollo_spark.model.pin import TablePin
from apollo_spark.model.receipt import EntityReceipt, ExtensionReceipt, count_findings
from apollo_spark.model.rules import Severity
from apollo_spark.operations.left_behind import left_behind
from apollo_spark.operations.report import ReportedRows
from apollo_spark.operations.requests.extend import ClinicalExtension
from apollo_spark.operations.work import Draft, Work
from apollo_spark.records.changes.extension import added_content, added_dictionary
from apollo_spark.records.content import part_texts, record_of
from apollo_spark.tables.layout import free_name
from apollo_spark.verbs.extend.column_groups import FieldTables
from apollo_spark.verbs.extend.keys import ADDED, AddedKeys, WrittenExtension
from apollo_spark.verbs.extend.plan import ExtensionPlan, PlannedExtension


@dataclass(frozen=True)
class AddedTables(ABC):
    """What is added, as it is written under the lease."""

    request: ClinicalExtension
    work: Work[ExtensionPlan]

    @property
    def plan(self) -> ExtensionPlan:
        """What is added."""
        return self.work.plan

    @property
    def publication(self) -> Publication:
        """Where its tables are written."""
        return self.work.publication

    @property
    def entity(self) -> str:
        """The entity that is extended or added."""
        return self.plan.entity.name

    @cached_property
    def base_rows(self) -> BaseRows:
        """What is there, as people read it: what they do not see, no key can match."""
        return BaseRows(self.work.context.lake, self.plan.base)

    @cached_property
    def base_pins(self) -> Mapping[str, TablePin]:
        """The pins of what is there; a dry run writes to another lake, and reads from this one."""
        return self._as_read(self.base_rows.opened.pins)

    def _as_read(self, pins: Mapping[str, TablePin]) -> Mapping[str, TablePin]:
        """Return pins of this lake as they are read from that of the load."""
        if not self.work.is_dry_run:
            return pins
        tables = self.work.context.lake.tables
        return {
            name: each.model_copy(
                update={"is_ours": False, "location": str(tables.folder_of(each))}
            )
            for name, each in pins.items()
        }

    def free_name(self, wanted: str) -> str:
        """Return a name for new tables that no table has that the version before reads."""
        pins = self.plan.content.pins
        folders = (each.folder_name for each in pins)
        return free_name(wanted, (*(each.table for each in pins), *folders))

    def draft(self) -> Draft[ExtensionReceipt]:
        """Write, check and, while the policy leaves rows out, write again; then describe it.

        What is of withdrawn people is left out before anything is counted or checked.
        """
        first = self._write({})
        withdrawn = self._withdrawn(first)

        def check(written: WrittenExtension, excluded: Excluded) -> CheckResult:
            self.work.step("check rows and keys")
            return check_tables(
                self.plan.clinical,
                {self.entity: written.rows},
                {self.entity: written.pins[0]},
                runner=self.work.engines.runner,
                engine=self.work.engines.engine,
                excluded=excluded,
                also=self._strangers(written),
                withdrawn=withdrawn,
            )

        checked = leave_out(
            first,
            withdrawn=withdrawn,
            write=lambda lines, _: self._write(lines),
            check=check,
            found=self.work.planned.findings,
            require=self.work.require_acceptable,
        )
        assert isinstance(self.work.planned, PlannedExtension), "what is added is planned so"
        self.work.planned.tell()
        return self._describe(checked)

    def _withdrawn(self, written: WrittenExtension) -> Excluded:
        """Return the lines of rows of withdrawn people."""
        pins = self._pins(written)
        given = {each: GivenColumn(each, ADDED, each) for each in written.columns[0]}
        hidden = self.find_hidden(
            given, lambda tree, more: self.ask(tree, {**pins, **self._as_read(more)})
        )
        return lines_of(self.work.engines.runner, self.plan.clinical.entities[0], hidden, {})

    def _write(self, excluded: Excluded) -> WrittenExtension:
        columns = self.cut()
        drafts = [self.publication.table(self.table_name(each)) for each in range(len(columns))]
        schemas = [columns_of(self.plan.entity, each) for each in columns]
        self.work.step("write rows")
        rows, tables = write_tables(
            self.work.engines.runner,
            self.plan.clinical.entities[0],
            [(draft.folder, schema) for draft, schema in zip(drafts, schemas, strict=True)],
            excluded=excluded,
        )
        pins = []
        for draft, schema, table in zip(drafts, schemas, tables, strict=True):
            draft.commit(table.files, schema)
            pins.append(draft.pin(content_hash=table.content.hex()))
        return WrittenExtension(rows, tuple(pins), columns)

    @abstractmethod
    def cut(self) -> tuple[tuple[str, ...], ...]:
        """Return the columns of each table that is written."""

    @abstractmethod
    def table_name(self, number: int) -> str:
        """Return the name of a table that is written, from 0."""

    @abstractmethod
    def find_hidden(self, given: Mapping[str, GivenColumn], ask: Ask) -> KeySets:
        """Return the values given that are of withdrawn people."""

    @abstractmethod
    def find_strangers(self, pins: Mapping[str, TablePin]) -> KeySets:
        """Return the values that break a rule against what is there, read as ADDED."""

    @abstractmethod
    def count_missing(self, pins: Mapping[str, TablePin]) -> int:
        """Count the rows that are there for which no added row is."""

    @abstractmethod
    def arrange(self, written: WrittenExtension) -> FieldTables:
        """Return all tables of the entity."""

    def added_keys(self, pins: Mapping[str, TablePin]) -> AddedKeys:
        """Return the added rows beside what is there."""
        base_rows, engine = self.base_rows, self.work.engines.engine
        return AddedKeys(self.entity, base_rows.shown, engine, pins, self.plan.policy)

    def _strangers(self, written: WrittenExtension) -> dict[str, KeySets]:
        found = self.find_strangers(self._pins(written))
        broken = {place: values for place, values in found.items() if len(values)}
        return {self.entity: broken} if broken else {}

    def _pins(self, written: WrittenExtension) -> Mapping[str, TablePin]:
        return {**self.base_pins, ADDED: written.pins[0]}

    def ask(self, tree: exp.Query, pins: Mapping[str, TablePin]) -> pa.Array:
        """Return the one column that answers a question."""
        return self.work.engines.ask(tree, pins)

    def _describe(self, checked: Checked[WrittenExtension]) -> Draft[ExtensionReceipt]:
        plan, written, left_out = self.plan.clinical, checked.written, checked.left_out
        known = self.plan.content.dictionary
        after = extended_with_codes(
            known, self.plan.extension, written.pins, written.columns, self.ask
        )
        receipt = self._receipt(checked).model_copy(update={"codes_added": after.added})
        kept = quarantined_rows(self.work.engines.runner, plan.entities, left_out.quarantined)
        draft = Draft(
            receipt,
            findings=checked.findings,
            notes=(*self.plan.notes, *left_out.notes, *after.notes, *self._notes()),
            reported=ReportedRows(receipt.entities, kept, plan.reported),
        )
        if self.work.is_dry_run:
            return draft
        tables = self.arrange(written)
        content = added_content(self.plan.content, self.plan.extension, tables.slices, tables.pins)
        content = replace(content, dictionary=after.dictionary)
        change = Extension(base=str(self.plan.base), mode=self.plan.mode, member=self.entity)
        return replace(
            draft,
            receipt=receipt.model_copy(update={"tables_folded": tables.folded}),
            make_record=record_of(content, schema_tag=self.plan.base.schema_tag, change=change),
            parts=part_texts(content.dictionary),
            profiled=content.dictionary,
        )

    def _notes(self) -> tuple[str, ...]:
        """Return what a person should know: under another name, what that had is left behind."""
        if not self.request.is_copy:
            return ()
        after = added_dictionary(self.plan.content.dictionary, self.plan.extension)
        return left_behind(self.work.context.lake, self.publication.name, after)

    def _receipt(self, checked: Checked[WrittenExtension]) -> ExtensionReceipt:
        written, left_out, findings = checked.written, checked.left_out, checked.findings
        files = self.plan.clinical.entities[0].files
        stored = written.rows.content.rows
        gone, withdrawn = count_lines(left_out.quarantined), count_lines(left_out.withdrawn)
        strangers = [each for each in findings if each.rule in UNMATCHED]
        kept = sum(each.count for each in strangers if each.severity is Severity.WARN)
        return ExtensionReceipt(
            mode=self.plan.mode,
            entity=self.entity,
            fields_added=tuple(each.name for each in self.plan.extension.fields),
            is_inferred=self.plan.extension.is_inferred,
            rows_read=stored + gone + withdrawn,
            rows_matched=stored - kept,
            rows_unmatched=sum(each.count for each in strangers),
            rows_missing=self.count_missing(self._pins(written)),
            withdrawn_left_out=withdrawn,
            entities=(
                EntityReceipt(
                    entity=self.entity,
                    files=len(files),
                    rows_read=stored + gone + withdrawn,
                    rows_stored=stored,
                    rows_quarantined=gone,
                ),
            ),
            findings=count_findings(findings),
        )


UNMATCHED = ("key_unmatched", "reference_resolves")
