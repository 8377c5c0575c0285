"""Publish a cohort: what it means becomes a record, and a list of ids a small table of its own."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, TypeVar
from uuid import uuid4

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.model.base import canonical_json, sha256_text
from apollo_spark.model.cohort import IDS, CohortRecord, CohortReference, CohortStep
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.pin import TablePin
from apollo_spark.model.plan import PlannedTable
from apollo_spark.model.receipt import CohortReceipt
from apollo_spark.model.record import InputFile, Lineage
from apollo_spark.model.request import NamedRequest
from apollo_spark.operations.operation import Operation
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.repeated import repeat_of_plan
from apollo_spark.operations.report import LoadReporter
from apollo_spark.operations.work import Draft, Planned, Work
from apollo_spark.records.over_dataset import said_of
from apollo_spark.runtime.questions import Questions
from apollo_spark.verbs.cohort.id_list import IdList
from apollo_spark.workers.values.hashing import hash_table


class CohortRequest(NamedRequest):
    """The options of every verb that makes a cohort.

    Attributes:
        title: What it is called for people.
        description: What it is for.
    """

    title: str | None = None
    description: str | None = None


Request = TypeVar("Request", bound=CohortRequest)


@dataclass(frozen=True)
class CohortPlan:
    """A planned cohort.

    Attributes:
        request: What was asked for.
        dataset: The version of the dataset that it is based on, as it was published.
        step: How it is made; its numbers are places in `cohorts`.
        cohorts: The cohorts that it is made of.
        codings: The codings that its filters ask for, with the SHA-256 of their parts.
        receipt: Its counts.
        lists: The tables of ids of the cohorts that it is made of.
        ids: Its own list of ids, to be written.
        listed: Its own list of ids, where that is there already.
        parents: The versions that it is made of.
        inputs: The files that were read.
        notes: What a person should know.
    """

    request: CohortRequest
    dataset: DatasetRecord
    step: CohortStep
    cohorts: tuple[CohortReference, ...]
    codings: tuple[tuple[str, str], ...]
    receipt: CohortReceipt
    lists: tuple[TablePin, ...] = ()
    ids: IdList | None = None
    listed: TablePin | None = None
    parents: tuple[str, ...] = ()
    inputs: tuple[InputFile, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """The step says everything that decides who is in it."""
        return ()

    @property
    def fingerprint(self) -> str:
        """The same for the same cohort of the same versions, under the same title."""
        return sha256_text(
            canonical_json(
                {
                    "step": self.step.model_dump(mode="json"),
                    "cohorts": [each.id for each in self.cohorts],
                    "dataset": self.dataset.id,
                    "ids": self._ids_digest,
                    "title": self.request.title,
                    "description": self.request.description,
                }
            )
        )

    @property
    def _ids_digest(self) -> str | None:
        if self.listed is not None:
            return sha256_text(str(self.listed.content_hash))
        return None if self.ids is None else self.ids.digest

    def record(
        self, name: str, version: int, lineage: Lineage, receipt: str, ids: TablePin | None
    ) -> CohortRecord:
        """Return the record of a version; `ids` is its own list of ids."""
        step, pins = self.step, (*self.dataset.pins, *self.lists)
        if ids is not None:
            own = ids.model_copy(update={"table": list_label(f"{name}@{version}")})
            step, pins = step.model_copy(update={"keys": own.table}), (*pins, own)
        return CohortRecord(
            name=name,
            version=version,
            id=str(uuid4()),
            title=self.request.title,
            description=self.request.description,
            step=step,
            cohorts=self.cohorts,
            codings=self.codings,
            count=self.receipt.count,
            pins=pins,
            **said_of(self.dataset),
            lineage=lineage,
            receipt=receipt,
        )


class PublishCohort(Operation[Request, CohortPlan, CohortReceipt, CohortRecord]):
    """A verb that makes a cohort. What it writes is small, and its plan writes nothing."""

    record_type: ClassVar[type[CohortRecord]] = CohortRecord

    @abstractmethod
    def make(self, engine: EmbeddedEngine) -> CohortPlan:
        """Return the cohort that is asked for, with its people counted."""

    def plan(self, scratch: Path) -> Planned[CohortPlan]:  # noqa: ARG002 nothing is unpacked
        """Decide what is made, and count."""
        with Questions(limits=self.context.settings.question.limits):
            return Planned(self.make(EmbeddedEngine(self.context.lake.tables)))

    def find_repeat(
        self, plan: CohortPlan, base: CohortRecord | None
    ) -> Outcome[CohortReceipt] | None:
        """Recognise the same cohort of the same versions."""
        found = repeat_of_plan(self.context.lake, base, plan.fingerprint, plan.receipt)
        return None if found is None else replace(found, notes=plan.notes)

    def do(
        self, planned: Planned[CohortPlan], plan: CohortPlan, reporter: LoadReporter
    ) -> Outcome[CohortReceipt]:
        """Publish under the lease; a dry run has nothing to write and needs none."""
        if not self.request.dry_run:
            return super().do(planned, plan, reporter)
        outcome = Outcome(plan.receipt, notes=plan.notes)
        tables = () if plan.ids is None else (PlannedTable(table=IDS, rows=plan.receipt.ids),)
        target = self.context.lake.next_version(plan.request.name)
        return outcome.planned(target, tables=tables, people=plan.receipt.count)

    def act(self, work: Work[CohortPlan, CohortRecord]) -> Draft[CohortReceipt, CohortRecord]:
        """Write the list of ids, if there is one."""
        plan, ids = work.plan, None
        if plan.ids is not None:
            draft = work.publication.table(IDS)
            draft.write(plan.ids.table)
            ids = draft.pin(content_hash=hash_table(plan.ids.table).hex())

        def make(name: str, version: int, lineage: Lineage, receipt: str) -> CohortRecord:
            return plan.record(name, version, lineage, receipt, ids)

        return Draft(plan.receipt, make, notes=plan.notes)


def list_label(version: str) -> str:
    """Return what records call the list of ids of a cohort; no table of an entity is called so."""
    return f"ids of {version}"


def lists_of(records: Sequence[CohortRecord]) -> tuple[TablePin, ...]:
    """Return the lists of ids that some cohorts need, each once."""
    found = (pin for each in records for pin in each.pins if pin.table.startswith(list_label("")))
    return tuple({pin.table: pin for pin in found}.values())


def reference_to(record: CohortRecord) -> CohortReference:
    """Return what other cohorts call a cohort."""
    return CohortReference(version=str(record), id=record.id)
