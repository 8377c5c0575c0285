"""Load clinical files: plan, write, check, publish.

What is wrong with dictionary, policy, headers and names refuses before Spark starts. What is wrong
with rows refuses before anything is published: readers of earlier versions notice nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from apollo_spark.dataset.build import build_dataset_record
from apollo_spark.dataset.diff import diff_dictionaries
from apollo_spark.engines.base import Engine
from apollo_spark.engines.tasks import TaskRunner
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import OnStep, Publication, no_step
from apollo_spark.model.dataset import DatasetRecord, Lineage
from apollo_spark.model.dictionary import Entity
from apollo_spark.model.findings import Finding, Severity, refusing
from apollo_spark.model.names import RecordReference
from apollo_spark.model.pin import TablePin
from apollo_spark.model.receipt import EntityReceipt, FindingCount, LoadReceipt, SchemaDiff
from apollo_spark.tables.layout import arrow_schema
from apollo_spark.workflows.clinical_checks import check_tables
from apollo_spark.workflows.clinical_plan import (
    OPERATION,
    ClinicalLoad,
    ClinicalPlan,
    plan_clinical_load,
)
from apollo_spark.workflows.clinical_rows import (
    Excluded,
    WrittenEntity,
    join_excluded,
    quarantined_rows,
    write_entities,
)
from apollo_spark.workflows.outcome import Outcome, refusal
from apollo_spark.workflows.reporting import LoadReporter
from apollo_spark.workflows.tools import actor, tool_versions


@dataclass(frozen=True)
class LoadEngines:
    """Who runs the tasks, and who answers the checks between rows."""

    runner: TaskRunner
    engine: Engine


OpenEngines = Callable[[Lake, int], LoadEngines]
"""Opens the engines for a lake, given the bytes of the inputs; called when they are needed."""


def load_clinical(
    lake: Lake,
    request: ClinicalLoad,
    *,
    open_engines: OpenEngines,
    reporter: LoadReporter,
    block_bytes: int,
    on_step: OnStep = no_step,
) -> Outcome:
    """Load files as the next version of a dataset, or say that they are loaded already.

    Args:
        lake: Where it is published; for a dry run a lake that is thrown away.
        request: The options of `apollo load clinical`.
        open_engines: Called once, when nothing that is known before refuses the load.
        reporter: Writes the validation report.
        block_bytes: Bytes of an input file that one task reads.
        on_step: Called with the name of each step before it acts.

    Raises:
        InputFileError: A file is not what it was said to be.
        DictionaryError: A dictionary, coding or policy breaks its rules.
        CheckFailedError: A check on values failed.
        ConflictError: Another writer holds the dataset, or the name is of another kind.
        BrokenPinError: The newest version can no longer be read.
    """
    on_step("plan")
    planning = plan_clinical_load(request, block_bytes=block_bytes)
    if planning.plan is None:
        reporter.refuse(planning.findings, inputs=(), policy=planning.policy)
        raise refusal(planning.findings, reporter.text(planning.findings))
    plan = planning.plan
    standing = find_standing(reporter.lake, request.name, plan.fingerprint)
    if standing is not None and not request.dry_run:
        return already(reporter.lake, standing)
    on_step("open engines")
    engines = open_engines(lake, sum(each.size for each in plan.inputs))
    with lake.publication(request.name, holder=actor(), on_step=on_step) as publication:
        load = _Load(
            lake=lake,
            publication=publication,
            request=request,
            plan=plan,
            planned=planning.findings,
            engines=engines,
            reporter=reporter,
        )
        return publication.run(load.run)


def find_standing(lake: Lake, name: str, fingerprint: str) -> DatasetRecord | None:
    """Return the newest version of a name if the same job on the same inputs made it."""
    newest = lake.registry.snapshot().newest_of(name)
    if newest is None or newest.kind != "dataset":
        return None
    record = lake.load_record(RecordReference(name=newest.name, version=newest.version))
    return record if record.lineage.fingerprint == fingerprint else None


def already(lake: Lake, record: DatasetRecord) -> Outcome:
    """Return the outcome of a load whose result stands already."""
    receipt = LoadReceipt.model_validate_json(lake.parts.get(record.receipt))
    return Outcome(receipt=receipt, current=(str(record),))


@dataclass(frozen=True)
class _Load:
    """One load that holds its lease; `run` may be called again from the beginning."""

    lake: Lake
    publication: Publication
    request: ClinicalLoad
    plan: ClinicalPlan
    planned: tuple[Finding, ...]
    engines: LoadEngines
    reporter: LoadReporter

    def run(self) -> Outcome:
        """Write, check and, while the policy leaves rows out, write again; then publish."""
        base = self.publication.base
        if base is not None and base.lineage.fingerprint == self.plan.fingerprint:
            # Another process loaded the same files while this one waited.
            return already(self.lake, base)
        excluded: Excluded = {}
        left_out: tuple[Finding, ...] = ()
        while True:
            written, pins = self._write(excluded)
            self.publication.step("check rows and keys")
            checked = check_tables(
                self.plan,
                written,
                pins,
                runner=self.engines.runner,
                engine=self.engines.engine,
                excluded=excluded,
            )
            findings = (*self.planned, *left_out, *checked.findings)
            if refusing(findings):
                self._refuse(findings)
            if not checked.quarantined:
                return self._publish(written, pins, excluded, findings)
            excluded = join_excluded(excluded, checked.quarantined)
            left_out += tuple(
                each for each in checked.findings if each.severity is Severity.QUARANTINE
            )

    def _write(
        self, excluded: Excluded
    ) -> tuple[Mapping[str, WrittenEntity], Mapping[str, TablePin]]:
        drafts = {each.name: self.publication.table(each.name) for each in self._entities}
        self.publication.step("write rows")
        written = write_entities(
            self.engines.runner,
            self.plan.entities,
            folder_of=lambda entity: str(drafts[entity].folder),
            excluded=excluded,
        )
        pins = {}
        for entity in self._entities:
            found = written[entity.name]
            drafts[entity.name].commit(found.files, arrow_schema(entity))
            pins[entity.name] = drafts[entity.name].pin(content_hash=found.content.hex())
        return written, pins

    @property
    def _entities(self) -> tuple[Entity, ...]:
        return self.plan.dictionary.entities

    def _refuse(self, findings: tuple[Finding, ...]) -> None:
        self.reporter.refuse(findings, inputs=self.plan.inputs, policy=self.plan.policy)
        raise refusal(findings, self.reporter.text(findings))

    def _publish(
        self,
        written: Mapping[str, WrittenEntity],
        pins: Mapping[str, TablePin],
        excluded: Excluded,
        findings: tuple[Finding, ...],
    ) -> Outcome:
        receipt = self._receipt(written, excluded, findings)
        kept = quarantined_rows(self.engines.runner, self.plan.entities, excluded)
        if self.request.dry_run:
            self.reporter.accept(None, findings, receipt, kept, plan=self.plan)
            return Outcome(receipt=receipt, findings=findings)
        self.publication.step("store parts")
        entities, codings = self.lake.store_dictionary(self.plan.dictionary)
        receipt_part = self.lake.parts.put(receipt.to_json())
        record = self.publication.commit(
            lambda version: build_dataset_record(
                name=self.publication.name,
                version=version,
                dictionary=self.plan.dictionary,
                entities=entities,
                codings=codings,
                pins=tuple(pins.values()),
                lineage=self._lineage(),
                receipt=receipt_part,
                schema_tag=self.request.schema_tag,
            )
        )
        self.publication.step("write report")
        self.reporter.accept(str(record), findings, receipt, kept, plan=self.plan)
        return Outcome(receipt=receipt, published=(str(record),), findings=findings)

    def _lineage(self) -> Lineage:
        return Lineage(
            operation=OPERATION,
            inputs=self.plan.inputs,
            parameters=self.plan.parameters,
            fingerprint=self.plan.fingerprint,
            tools=tool_versions(),
            actor=actor(),
            time=datetime.now(timezone.utc),
        )

    def _receipt(
        self,
        written: Mapping[str, WrittenEntity],
        excluded: Excluded,
        findings: tuple[Finding, ...],
    ) -> LoadReceipt:
        entities = []
        for each in self.plan.entities:
            stored = written[each.spec.entity].content.rows
            gone = sum(len(excluded.get(file.path, ())) for file in each.files)
            entities.append(
                EntityReceipt(
                    entity=each.spec.entity,
                    files=len(each.files),
                    rows_read=stored + gone,
                    rows_stored=stored,
                    rows_quarantined=gone,
                )
            )
        return LoadReceipt(
            entities=tuple(entities),
            findings=_count_findings(findings),
            schema_diff=self._schema_diff(),
        )

    def _schema_diff(self) -> SchemaDiff | None:
        base = self.publication.base
        if base is None:
            return None
        diff = diff_dictionaries(self.lake.load_dictionary(base), self.plan.dictionary)
        return None if diff.is_empty else diff


def _count_findings(findings: tuple[Finding, ...]) -> tuple[FindingCount, ...]:
    """Sum findings over the files of an entity."""
    counts: dict[tuple[str, str, str | None, str | None], int] = {}
    for each in findings:
        key = (each.rule, each.severity.value, each.entity, each.column)
        counts[key] = counts.get(key, 0) + each.count
    return tuple(
        FindingCount(rule=rule, severity=severity, entity=entity, column=column, count=count)
        for (rule, severity, entity, column), count in counts.items()
    )
