"""Load clinical files: plan, write, check, publish.

What is wrong with dictionary, policy, headers and names refuses before Spark starts. What is wrong
with rows refuses before anything is published: readers of earlier versions notice nothing.
"""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from apollo_spark.errors import UsageError
from apollo_spark.ingest.check import NO_KEYS, CheckResult, check_tables
from apollo_spark.ingest.leaving_out import Checked, count_lines, leave_out
from apollo_spark.ingest.plan import (
    OPERATION,
    ClinicalLoad,
    ClinicalPlan,
    Drafted,
    PlannedRows,
    plan_clinical_load,
)
from apollo_spark.ingest.refused import KnownFaults, with_row_faults
from apollo_spark.ingest.wide import WrittenTables, plan_tables, wide_slices, write_drafts
from apollo_spark.ingest.write import Excluded, join_excluded, quarantined_rows
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.receipt import EntityReceipt, LoadReceipt, SchemaDiff, count_findings
from apollo_spark.operations.file_operation import FileOperation
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.repeated import repeat_of
from apollo_spark.operations.report import ReportedRows
from apollo_spark.operations.work import Draft, Work
from apollo_spark.records.content import Content, part_texts, record_of
from apollo_spark.records.diff import describe_lost, diff_dictionaries
from apollo_spark.records.open_codings import ExtendedDictionary


class LoadClinical(FileOperation[ClinicalLoad, ClinicalPlan, LoadReceipt]):
    """Load files as the next version of a dataset, or say that they are loaded already."""

    verb = OPERATION

    def plan(self, scratch: Path) -> PlannedRows[ClinicalPlan]:  # noqa: ARG002 for archives
        """Read dictionary, policy and headers, and cut the files."""
        settings = self.context.settings
        planned = plan_clinical_load(
            self.request,
            block_bytes=settings.block_bytes,
            max_columns=settings.max_columns,
            drafted=self._draft(),
        )
        if planned.plan is not None:
            return planned
        return with_row_faults(planned, self.request.name, self.context.step)

    def _draft(self) -> Drafted | None:
        """Propose a dictionary where none is given.

        Raises:
            UsageError: There are codings or titles for one.
        """
        request = self.request
        if request.dictionary is not None:
            return None
        if request.codings or request.entities:
            raise UsageError(
                "--codings and --entities go with --dictionary: without it all is drafted."
            )
        # Most loads have a dictionary.
        from apollo_spark.ingest.drafting import draft_of_load

        self.context.step("draft a dictionary")
        return draft_of_load(request, self.context.settings.block_bytes)

    def find_repeat(
        self, plan: ClinicalPlan, base: DatasetRecord | None
    ) -> Outcome[LoadReceipt] | None:
        """Recognise the same load, if the newest version came from it."""
        if base is None or base.lineage.fingerprint != plan.fingerprint:
            return None
        return repeat_of(self.context.lake, base, LoadReceipt)

    def coded_cells(self, plan: ClinicalPlan) -> tuple[DataDictionary, str | None]:
        """Return the dictionary of the cells that are read, of all entities."""
        return plan.dictionary, None

    def act(self, work: Work[ClinicalPlan]) -> Draft[LoadReceipt]:
        """Write and check all rows, leave out what the policy says, describe the version."""
        checked = _write_and_check(work)
        extended = _with_new_codes(work, checked)
        receipt = self._receipt(work, checked, codes_added=extended.added)
        _, pins = checked.written
        content = Content(extended.dictionary, wide_slices(work.plan), tuple(pins.values()))
        quarantined = checked.left_out.quarantined
        main = work.plan.dictionary.main_entity
        return Draft(
            receipt,
            record_of(content, schema_tag=self.request.schema_tag),
            parts=part_texts(content.dictionary),
            profiled=content.dictionary,
            findings=checked.findings,
            notes=(
                *checked.left_out.notes,
                *extended.notes,
                *_notes_on_lost(work, receipt),
                *_notes_on_draft(work.plan),
            ),
            reported=ReportedRows(
                receipt.entities,
                quarantined_rows(work.engines.runner, work.plan.entities, quarantined),
                work.plan.reported,
            ),
            people=next(
                (each.rows_stored for each in receipt.entities if each.entity == main), None
            ),
        )

    def _receipt(
        self, work: Work[ClinicalPlan], checked: Checked[WrittenTables], *, codes_added: int
    ) -> LoadReceipt:
        written, _ = checked.written
        entities = []
        for each in work.plan.entities:
            stored = written[each.spec.entity].content.rows
            files = [file.path for file in each.files]
            gone = sum(len(checked.left_out.quarantined.get(path, ())) for path in files)
            withdrawn = sum(len(checked.left_out.withdrawn.get(path, ())) for path in files)
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
            findings=count_findings(checked.findings),
            withdrawn_left_out=count_lines(checked.left_out.withdrawn),
            codes_added=codes_added,
            schema_diff=_schema_diff(work),
            guesses=work.plan.guesses,
        )


def _write_and_check(work: Work[ClinicalPlan]) -> Checked[WrittenTables]:
    """Write and check and, while the policy leaves rows out, write again."""
    plan, runner, engine = work.plan, work.engines.runner, work.engines.engine
    first = write_drafts(runner, plan, work.publication, excluded={})
    withdrawn, taken = _withdrawn(work, first)
    found = work.planned.findings
    unread = KnownFaults(plan.dictionary, found).entities if found else frozenset()

    def check(written: WrittenTables, excluded: Excluded) -> CheckResult:
        work.step("check rows and keys")
        rows, pins = written
        return check_tables(
            plan,
            rows,
            pins,
            runner=runner,
            engine=engine,
            excluded=excluded,
            unread=unread,
            withdrawn=withdrawn,
            taken=taken,
        )

    return leave_out(
        first,
        withdrawn=withdrawn,
        write=lambda lines, before: write_drafts(
            runner, plan, work.publication, excluded=lines, before=before
        ),
        check=check,
        found=found,
        require=work.require_acceptable,
    )


def _withdrawn(
    work: Work[ClinicalPlan], written: WrittenTables
) -> tuple[Excluded, Mapping[str, pa.Array]]:
    """Return the lines of rows of withdrawn people, or that hang from them, and these people."""
    lake = work.context.lake
    if not lake.withdrawals():
        return {}, NO_KEYS
    # Both ask in SQL, which takes longer to load than most of a small load.
    from apollo_spark.ingest.withdrawn_references import WithdrawnReferences
    from apollo_spark.ingest.withdrawn_rows import lines_of

    _, pins = written
    people = WithdrawnReferences(lake, work.plan.dictionary, pins, work.engines.engine)
    found = people.find()
    lines: Excluded = {}
    for each in work.plan.entities:
        hidden = found.get(each.spec.entity, {})
        lines = join_excluded(lines, lines_of(work.engines.runner, each, hidden, {}))
    return lines, people.taken


def _with_new_codes(
    work: Work[ClinicalPlan], checked: Checked[WrittenTables]
) -> ExtendedDictionary:
    """Return the dictionary with the new values of open codings."""
    dictionary = work.plan.dictionary
    if not any(each.has_open_coding for _, each in dictionary.paths()):
        return ExtendedDictionary(dictionary)
    from apollo_spark.ingest.new_codes import with_new_codes

    _, pins = checked.written
    return with_new_codes(
        dictionary,
        {each.entity.name: each.columns for each in plan_tables(work.plan)},
        lambda tree: work.engines.ask(tree, pins),
    )


def _schema_diff(work: Work[ClinicalPlan]) -> SchemaDiff | None:
    base = work.base
    if base is None:
        return None
    diff = diff_dictionaries(work.context.lake.load_dictionary(base), work.plan.dictionary)
    return None if diff.is_empty else diff


def _notes_on_lost(work: Work[ClinicalPlan], receipt: LoadReceipt) -> tuple[str, ...]:
    """Say what the version before has beside this load: a load publishes itself alone."""
    base = work.base
    if base is None:
        return ()
    assays = [each.name for each in base.assays]
    lost = describe_lost(str(base), receipt.schema_diff or SchemaDiff(), assays)
    return () if lost is None else (lost,)


def _notes_on_draft(plan: ClinicalPlan) -> tuple[str, ...]:
    if not plan.guesses:
        return ()
    # Most loads have a dictionary.
    from apollo_spark.sources.drafting.notes import notes_of_draft

    return tuple(notes_of_draft(plan.dictionary, plan.guesses))
