"""Add what was planned under the lease: write, check, and publish with all that stands."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

import pyarrow as pa
from sqlglot import exp

from apollo_spark.errors import NotFoundError
from apollo_spark.ingest.check import check_tables
from apollo_spark.ingest.new_codes import grown_addition
from apollo_spark.ingest.wide import columns_of, write_tables
from apollo_spark.ingest.withdrawn_rows import (
    Ask,
    GivenColumn,
    LeftOut,
    Standing,
    count_lines,
    lines_of,
)
from apollo_spark.ingest.write import (
    Excluded,
    KeySets,
    join_excluded,
    quarantined_rows,
)
from apollo_spark.model.change import Extension
from apollo_spark.model.dataset import DatasetRecord, Lineage
from apollo_spark.model.findings import Finding, Severity
from apollo_spark.model.pin import TablePin
from apollo_spark.model.receipt import EntityReceipt, ExtensionReceipt, LoadReceipt, count_findings
from apollo_spark.operations.left_behind import left_behind
from apollo_spark.operations.loading import Load
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.requests.extend import ClinicalExtension
from apollo_spark.records.build import build_dataset_record
from apollo_spark.records.changes.extension import added_content, added_dictionary
from apollo_spark.records.content import Content
from apollo_spark.tables.slices import free_name
from apollo_spark.verbs.extend.column_groups import FieldTables
from apollo_spark.verbs.extend.files import OPERATION
from apollo_spark.verbs.extend.keys import ADDED, AddedKeys, WrittenAddition
from apollo_spark.verbs.extend.plan import AdditionPlan, AdditionPlanning
from apollo_spark.verbs.extend.repeated import find_extension


class AdditionLoad(Load):
    """An addition that holds its lease."""

    request: ClinicalExtension
    plan: AdditionPlan
    planning: AdditionPlanning
    operation = OPERATION
    receipt_type = ExtensionReceipt

    def run(self) -> Outcome:
        """Publish, unless another process did the same while this one waited."""
        base = self._base()
        is_as_planned = base.id == self.plan.base.id
        if self.request.is_copy or not is_as_planned:
            standing = find_extension(
                self.reporter.lake,
                self.request,
                self.entity,
                lambda: self.plan.fingerprint,
                known=base,
            )
            if standing is not None:
                return standing
        if is_as_planned:
            return self.write()
        planning = self.planning.again(base)
        self.require_acceptable(planning.findings)
        return replace(self, planning=planning, plan=planning.plan).write()

    def _base(self) -> DatasetRecord:
        """Return the version that is extended: of another name, it stays the one that was meant."""
        if self.request.dry_run or self.request.is_copy:
            return self.plan.base
        if self.publication.base is None:
            raise NotFoundError(f"All versions of {self.request.name!r} were retired meanwhile.")
        return self.publication.base

    @property
    def entity(self) -> str:
        """The entity that is extended or added."""
        return self.plan.entity.name

    @cached_property
    def standing(self) -> Standing:
        """What stands, as people read it: what they do not see, no key can match."""
        return Standing(self.reporter.lake, self.plan.base)

    @cached_property
    def standing_pins(self) -> Mapping[str, TablePin]:
        """The pins of what stands; a dry run writes to another lake, and reads from this one."""
        return self._as_read(self.standing.opened.pins)

    def _as_read(self, pins: Mapping[str, TablePin]) -> Mapping[str, TablePin]:
        """Return pins of this lake as they are read from that of the load."""
        if not self.request.dry_run:
            return pins
        tables = self.reporter.lake.tables
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

    def write(self) -> Outcome:
        """Write, check and, while the policy leaves rows out, write again; then publish.

        What is of withdrawn people is left out before anything is counted or checked.
        """
        written = self._write({})
        excluded = withdrawn = self._withdrawn(written)
        left_out: tuple[Finding, ...] = ()
        while True:
            written = self._write(excluded) if excluded else written
            self.publication.step("check rows and keys")
            checked = check_tables(
                self.plan.clinical,
                {self.entity: written.rows},
                {self.entity: written.pins[0]},
                runner=self.engines.runner,
                engine=self.engines.engine,
                excluded=excluded,
                also=self._strangers(written),
                withdrawn=withdrawn,
            )
            findings = (*self.planning.findings, *left_out, *checked.findings)
            self.require_acceptable(findings)
            if not checked.quarantined:
                self.planning.tell()
                return self._publish(written, LeftOut(excluded, withdrawn), findings)
            excluded = join_excluded(excluded, checked.quarantined)
            left_out += tuple(
                each for each in checked.findings if each.severity is Severity.QUARANTINE
            )

    def _withdrawn(self, written: WrittenAddition) -> Excluded:
        """Return the lines of rows of withdrawn people."""
        pins = self._pins(written)
        given = {each: GivenColumn(each, ADDED, each) for each in written.columns[0]}
        hidden = self.find_hidden(
            given, lambda tree, more: self.ask(tree, {**pins, **self._as_read(more)})
        )
        return lines_of(self.engines.runner, self.plan.clinical.entities[0], hidden, {})

    def _write(self, excluded: Excluded) -> WrittenAddition:
        columns = self.cut()
        drafts = [self.publication.table(self.table_name(each)) for each in range(len(columns))]
        schemas = [columns_of(self.plan.entity, each) for each in columns]
        self.publication.step("write rows")
        rows, tables = write_tables(
            self.engines.runner,
            self.plan.clinical.entities[0],
            [(draft.folder, schema) for draft, schema in zip(drafts, schemas, strict=True)],
            excluded=excluded,
        )
        pins = []
        for draft, schema, table in zip(drafts, schemas, tables, strict=True):
            draft.commit(table.files, schema)
            pins.append(draft.pin(content_hash=table.content.hex()))
        return WrittenAddition(rows, tuple(pins), columns)

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
        """Return the values that break a rule against what stands, read as ADDED."""

    @abstractmethod
    def count_missing(self, pins: Mapping[str, TablePin]) -> int:
        """Count the rows that stand for which no added row is."""

    @abstractmethod
    def arrange(self, written: WrittenAddition) -> FieldTables:
        """Return all tables of the entity."""

    def added_keys(self, pins: Mapping[str, TablePin]) -> AddedKeys:
        """Return the added rows beside what stands."""
        standing, engine = self.standing, self.engines.engine
        return AddedKeys(self.entity, standing.shown, engine, pins, self.plan.policy)

    def _strangers(self, written: WrittenAddition) -> dict[str, KeySets]:
        found = self.find_strangers(self._pins(written))
        broken = {place: values for place, values in found.items() if len(values)}
        return {self.entity: broken} if broken else {}

    def _pins(self, written: WrittenAddition) -> Mapping[str, TablePin]:
        return {**self.standing_pins, ADDED: written.pins[0]}

    def ask(self, tree: exp.Query, pins: Mapping[str, TablePin]) -> pa.Array:
        """Return the one column that answers a question."""
        return self.engines.engine.run(tree, pins).read_all().column(0).combine_chunks()

    def _publish(
        self, written: WrittenAddition, left_out: LeftOut, findings: tuple[Finding, ...]
    ) -> Outcome:
        plan = self.plan.clinical
        kept = quarantined_rows(self.engines.runner, plan.entities, left_out.quarantined)
        known = self.plan.content.dictionary
        after = grown_addition(known, self.plan.addition, written.pins, written.columns, self.ask)
        receipt = self._receipt(written, left_out, findings)
        receipt = receipt.model_copy(update={"codes_added": after.added})
        notes = (*self.plan.notes, *left_out.notes, *after.notes, *self._notes())
        rows = LoadReceipt(entities=receipt.entities)
        if self.request.dry_run:
            self.reporter.accept(None, findings, rows, kept, reported=plan.reported)
            return Outcome(receipt=receipt, findings=findings, notes=notes)
        tables = self.arrange(written)
        receipt = receipt.model_copy(update={"tables_folded": tables.folded})
        content = added_content(self.plan.content, self.plan.addition, tables.slices, tables.pins)
        content = replace(content, dictionary=after.dictionary)
        record = self._commit(content, receipt)
        self.publication.step("write report")
        self.reporter.accept(str(record), findings, rows, kept, reported=plan.reported)
        return Outcome(receipt=receipt, published=(str(record),), findings=findings, notes=notes)

    def _commit(self, content: Content, receipt: ExtensionReceipt) -> DatasetRecord:
        self.publication.step("store parts")
        self.lake.store_parts(content)
        part = self.lake.parts.put(receipt.to_json())
        change = Extension(base=str(self.plan.base), mode=self.plan.mode, member=self.entity)
        return self.publication.commit(
            lambda version: build_dataset_record(
                name=self.publication.name,
                version=version,
                content=content,
                lineage=self.lineage(),
                receipt=part,
                schema_tag=self.plan.base.schema_tag,
                change=change,
            )
        )

    def lineage(self) -> Lineage:
        """Return where the new version comes from."""
        return super().lineage().model_copy(update={"parents": (str(self.plan.base),)})

    def _notes(self) -> tuple[str, ...]:
        """Return what a person should know: under another name, what that had is left behind."""
        if not self.request.is_copy:
            return ()
        after = added_dictionary(self.plan.content.dictionary, self.plan.addition)
        return left_behind(self.reporter.lake, self.publication.name, after)

    def _receipt(
        self, written: WrittenAddition, left_out: LeftOut, findings: tuple[Finding, ...]
    ) -> ExtensionReceipt:
        files = self.plan.clinical.entities[0].files
        stored = written.rows.content.rows
        gone, withdrawn = count_lines(left_out.quarantined), count_lines(left_out.withdrawn)
        strangers = [each for each in findings if each.rule in UNMATCHED]
        kept = sum(each.count for each in strangers if each.severity is Severity.WARN)
        return ExtensionReceipt(
            mode=self.plan.mode,
            entity=self.entity,
            fields_added=tuple(each.name for each in self.plan.addition.fields),
            is_inferred=self.plan.addition.is_inferred,
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
