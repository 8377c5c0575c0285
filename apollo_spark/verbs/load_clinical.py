"""Load clinical files: plan, write, check, publish.

What is wrong with dictionary, policy, headers and names refuses before Spark starts. What is wrong
with rows refuses before anything is published: readers of earlier versions notice nothing.
"""

from collections.abc import Mapping

from apollo_spark.ingest.check import check_tables
from apollo_spark.ingest.new_codes import grown_by
from apollo_spark.ingest.plan import (
    OPERATION,
    ClinicalLoad,
    ClinicalPlan,
    plan_clinical_load,
)
from apollo_spark.ingest.refused import Told, with_rows
from apollo_spark.ingest.wide import WrittenTables, plan_tables, wide_slices, write_drafts
from apollo_spark.ingest.withdrawn_references import WithdrawnReferences
from apollo_spark.ingest.withdrawn_rows import LeftOut, count_lines, lines_of
from apollo_spark.ingest.write import (
    Excluded,
    WrittenEntity,
    join_excluded,
    quarantined_rows,
)
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.model.findings import Finding, Severity
from apollo_spark.model.pin import TablePin
from apollo_spark.model.receipt import (
    EntityReceipt,
    LoadReceipt,
    SchemaDiff,
    count_findings,
)
from apollo_spark.operations.loading import Load, OpenEngines, run_load
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.report import LoadReporter
from apollo_spark.records.build import build_dataset_record
from apollo_spark.records.content import Content
from apollo_spark.records.diff import describe_lost, diff_dictionaries
from apollo_spark.records.open_codings import GrownDictionary
from apollo_spark.tables.slices import MAX_COLUMNS


def load_clinical(
    lake: Lake,
    request: ClinicalLoad,
    *,
    open_engines: OpenEngines,
    reporter: LoadReporter,
    block_bytes: int,
    max_columns: int = MAX_COLUMNS,
    on_step: OnStep = no_step,
) -> Outcome:
    """Load files as the next version of a dataset, or say that they are loaded already.

    Args:
        lake: Where it is published; for a dry run a lake that is thrown away.
        request: The options of `apollo load clinical`.
        open_engines: Called once, when nothing that is known before refuses the load.
        reporter: Writes the validation report.
        block_bytes: Bytes of an input file that one task reads.
        max_columns: Most columns of a table: a wider entity has several.
        on_step: Called with the name of each step before it acts.

    Raises:
        InputFileError: A file is not what it was said to be.
        DictionaryError: A dictionary, coding or policy breaks its rules.
        CheckFailedError: A check on values failed.
        ConflictError: Another writer holds the dataset, or the name is of another kind.
        BrokenPinError: The newest version can no longer be read.
    """
    on_step("plan")
    planning = plan_clinical_load(request, block_bytes=block_bytes, max_columns=max_columns)
    return run_load(
        _ClinicalLoad,
        lake,
        request,
        with_rows(planning, request.name, on_step),
        open_engines=open_engines,
        reporter=reporter,
        on_step=on_step,
    )


class _ClinicalLoad(Load):
    request: ClinicalLoad
    plan: ClinicalPlan
    operation = OPERATION
    receipt_type = LoadReceipt

    def write(self) -> Outcome:
        """Write, check and, while the policy leaves rows out, write again; then publish."""
        written, pins = self._write({})
        people = WithdrawnReferences(
            self.reporter.lake, self.plan.dictionary, pins, self.engines.engine
        )
        excluded = withdrawn = self._lines_of(people)
        left_out: tuple[Finding, ...] = ()
        unread = Told(self.plan.dictionary, self.planning.findings).entities
        while True:
            if excluded:
                written, pins = self._write(excluded, before=(written, pins))
            self.publication.step("check rows and keys")
            checked = check_tables(
                self.plan,
                written,
                pins,
                runner=self.engines.runner,
                engine=self.engines.engine,
                excluded=excluded,
                unread=unread,
                withdrawn=withdrawn,
                taken=people.taken,
            )
            findings = (*self.planning.findings, *left_out, *checked.findings)
            self.require_acceptable(findings)
            if not checked.quarantined:
                return self._publish(written, pins, LeftOut(excluded, withdrawn), findings)
            excluded = join_excluded(excluded, checked.quarantined)
            left_out += tuple(
                each for each in checked.findings if each.severity is Severity.QUARANTINE
            )

    def _write(self, excluded: Excluded, *, before: WrittenTables | None = None) -> WrittenTables:
        return write_drafts(
            self.engines.runner, self.plan, self.publication, excluded=excluded, before=before
        )

    def _lines_of(self, people: WithdrawnReferences) -> Excluded:
        """Return the lines of rows that are of withdrawn people, or hang from them."""
        found = people.find()
        lines: Excluded = {}
        for each in self.plan.entities:
            hidden = found.get(each.spec.entity, {})
            lines = join_excluded(lines, lines_of(self.engines.runner, each, hidden, {}))
        return lines

    def people(self, outcome: Outcome) -> int | None:
        """Return the rows of the main entity."""
        main = self.plan.dictionary.main_entity
        entities = getattr(outcome.receipt, "entities", ())
        return next((each.rows_stored for each in entities if each.entity == main), None)

    def _publish(
        self,
        written: Mapping[str, WrittenEntity],
        pins: Mapping[str, TablePin],
        left_out: LeftOut,
        findings: tuple[Finding, ...],
    ) -> Outcome:
        grown = self._grown(pins)
        receipt = self._receipt(written, left_out, findings, codes_added=grown.added)
        notes = (*left_out.notes, *grown.notes, *self._notes(receipt))
        kept = quarantined_rows(self.engines.runner, self.plan.entities, left_out.quarantined)
        if self.request.dry_run:
            self.reporter.accept(None, findings, receipt, kept, reported=self.plan.reported)
            return Outcome(receipt=receipt, findings=findings, notes=notes)
        self.publication.step("store parts")
        content = Content(grown.dictionary, wide_slices(self.plan), tuple(pins.values()))
        self.lake.store_parts(content)
        receipt_part = self.lake.parts.put(receipt.to_json())
        record = self.publication.commit(
            lambda version: build_dataset_record(
                name=self.publication.name,
                version=version,
                content=content,
                lineage=self.lineage(),
                receipt=receipt_part,
                schema_tag=self.request.schema_tag,
            )
        )
        self.publication.step("write report")
        self.reporter.accept(str(record), findings, receipt, kept, reported=self.plan.reported)
        return Outcome(
            receipt=receipt,
            published=(str(record),),
            findings=findings,
            notes=notes,
        )

    def _grown(self, pins: Mapping[str, TablePin]) -> GrownDictionary:
        """Return the dictionary with the new values of open codings."""
        columns = {each.entity.name: each.columns for each in plan_tables(self.plan)}
        engine = self.engines.engine
        return grown_by(
            self.plan.dictionary,
            columns,
            lambda tree: engine.run(tree, pins).read_all().column(0).combine_chunks(),
        )

    def _receipt(
        self,
        written: Mapping[str, WrittenEntity],
        left_out: LeftOut,
        findings: tuple[Finding, ...],
        *,
        codes_added: int,
    ) -> LoadReceipt:
        entities = []
        for each in self.plan.entities:
            stored = written[each.spec.entity].content.rows
            files = [file.path for file in each.files]
            gone = sum(len(left_out.quarantined.get(path, ())) for path in files)
            withdrawn = sum(len(left_out.withdrawn.get(path, ())) for path in files)
            entities.append(
                EntityReceipt(
                    entity=each.spec.entity,
                    files=len(each.files),
                    rows_read=stored + gone + withdrawn,
                    rows_stored=stored,
                    rows_quarantined=gone,
                )
            )
        return LoadReceipt(
            entities=tuple(entities),
            findings=count_findings(findings),
            withdrawn_left_out=count_lines(left_out.withdrawn),
            codes_added=codes_added,
            schema_diff=self._schema_diff(),
        )

    def _schema_diff(self) -> SchemaDiff | None:
        base = self.version_before()
        if base is None:
            return None
        diff = diff_dictionaries(self.reporter.lake.load_dictionary(base), self.plan.dictionary)
        return None if diff.is_empty else diff

    def _notes(self, receipt: LoadReceipt) -> tuple[str, ...]:
        """Say what the version before has beside this load: a load publishes itself alone."""
        base = self.version_before()
        if base is None:
            return ()
        assays = [each.name for each in base.assays]
        lost = describe_lost(str(base), receipt.schema_diff or SchemaDiff(), assays)
        return () if lost is None else (lost,)
