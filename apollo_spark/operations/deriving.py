"""Publish what is made of other records: merges, views, rebases. No row is read or written here."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from apollo_spark.errors import BrokenPinError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.lake.publishing import Publication
from apollo_spark.model.base import Record, sha256_text
from apollo_spark.model.change import Change
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.findings import Finding
from apollo_spark.model.names import parse_reference
from apollo_spark.model.receipt import StoredReceipt
from apollo_spark.model.record import InputFile, Lineage
from apollo_spark.model.request import PublishRequest, ResultRequest
from apollo_spark.operations.context import Context
from apollo_spark.operations.left_behind import left_behind
from apollo_spark.operations.operation import Operation
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.report import LoadReporter
from apollo_spark.operations.work import Draft, Planned, Work
from apollo_spark.records.content import (
    Derived,
    build_dataset_record,
    change_fingerprint,
    part_texts,
    record_of,
)

Finish = Callable[[Publication, Derived], Derived]
"""Writes the small tables that a change needs (a linking table), and returns it with their pins."""
Request = TypeVar("Request", bound=PublishRequest)


@dataclass(frozen=True)
class Derivation:
    """A planned change, ready to be published.

    Attributes:
        name: The name that the result is published under.
        change: The change, as the record keeps it.
        made_of: The versions that it is made of.
        derived: What it makes of them.
        receipt: Its counts.
        inputs: Files that it read (a linking file).
        schema_tag: The tag of the result.
        operation: What made it; by default the kind of the change.
        undone: The version that an undo takes back: the same change may be undone twice.
        finish: Writes the small tables that the change needs, under the lease.
        findings: What was found and refuses nothing.
        notes: What a person should know of what was chosen.
        people: Rows of the main entity, where they were counted.
    """

    name: str
    change: Change
    made_of: tuple[DatasetRecord, ...]
    derived: Derived
    receipt: Record
    inputs: tuple[InputFile, ...] = ()
    schema_tag: str | None = None
    operation: str | None = None
    undone: str | None = None
    finish: Finish | None = None
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    people: int | None = None

    @property
    def parents(self) -> tuple[str, ...]:
        """The versions that it is made of, as text."""
        return tuple(str(each) for each in self.made_of)

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """The change says everything that decides the result."""
        return ()

    @property
    def fingerprint(self) -> str:
        """The same for the same change to the same versions."""
        inputs = tuple((each.role, each.sha256) for each in self.inputs)
        undone = () if self.undone is None else (("undone", self.undone),)
        return change_fingerprint(self.change, self.made_of, (*inputs, *undone))


class DerivedOperation(Operation[Request, Derivation, Record]):
    """A verb that makes a dataset of others."""

    verb = "derive"

    @abstractmethod
    def derive(self, scratch: Path) -> Derivation:
        """Return what is published; refuse what cannot be."""

    @property
    def bases(self) -> tuple[str, ...]:
        """The datasets that are read while it is planned, as they were named."""
        return ()

    def plan(self, scratch: Path) -> Planned[Derivation]:
        """Decide what is made, and count."""
        try:
            return Planned(self.derive(scratch))
        except BrokenPinError:
            # A base may have been retired and swept while it was read: that is what to say.
            for each in self.bases:
                self.context.lake.registry.snapshot().get(parse_reference(each))
            raise

    def operation_of(self, plan: Derivation) -> str:
        """Return what the lineage calls this."""
        return plan.operation or plan.change.kind

    def find_repeat(self, plan: Derivation, base: DatasetRecord | None) -> Outcome[Record] | None:
        """Recognise the same change to the same versions."""
        if base is None or base.lineage.fingerprint != plan.fingerprint:
            return None
        found = find_repeated_derivation(self.context.lake, base)
        return replace(found, findings=plan.findings, notes=plan.notes)

    def do(
        self, planned: Planned[Derivation], plan: Derivation, reporter: LoadReporter
    ) -> Outcome[Record]:
        """Publish under the lease; a dry run has nothing to write and needs none."""
        if not self.request.dry_run:
            return super().do(planned, plan, reporter)
        lake = self.context.lake
        outcome = Outcome(plan.receipt, findings=plan.findings, notes=_notes_of(lake, plan))
        return outcome.planned(lake.next_version(plan.name), people=plan.people)

    def act(self, work: Work[Derivation]) -> Draft[Record]:
        """Write the small tables that the change needs."""
        plan = work.plan
        # A name that came meanwhile is left behind as one that was there.
        notes = _notes_of(work.context.lake, plan)
        derived = plan.derived
        if plan.finish is not None:
            derived = plan.finish(work.publication, derived)
        return Draft(
            plan.receipt,
            record_of(derived.content, schema_tag=plan.schema_tag, change=plan.change),
            parts=(*part_texts(derived.content.dictionary), *derived.parts),
            findings=plan.findings,
            notes=notes,
        )


class PublishDerivation(DerivedOperation[ResultRequest]):
    """Publish a change that was planned before."""

    def __init__(self, context: Context, derivation: Derivation, *, dry_run: bool = False) -> None:
        super().__init__(context, ResultRequest(as_name=derivation.name, dry_run=dry_run))
        self._derivation = derivation

    def derive(self, scratch: Path) -> Derivation:  # noqa: ARG002 nothing is read
        """Return what was planned."""
        return self._derivation


def planned_dataset(lake: Lake, name: str, derived: Derived) -> OpenDataset:
    """Return what a change makes as a dataset that can be read before it is published.

    Its parts need not be stored for that.
    """
    content = derived.content
    record = build_dataset_record(
        name=name,
        version=1,
        content=content,
        lineage=Lineage(operation="plan", fingerprint="", actor="", time=lake.clock.now()),
        receipt="",
        schema_tag=None,
    )
    texts = {sha256_text(each): each for each in (*part_texts(content.dictionary), *derived.parts)}
    return lake.open_record(record, planned=texts)


def find_repeated_derivation(lake: Lake, record: DatasetRecord) -> Outcome[Record]:
    """Return the outcome of a change whose result is there already."""
    # It may have been made by another verb: a rebased view is that view.
    receipt = StoredReceipt(text=lake.parts.get(record.receipt))
    return Outcome(receipt=receipt, current=(str(record),))


def _notes_of(lake: Lake, plan: Derivation) -> tuple[str, ...]:
    """Return what a person should know: what came besides, and what is left behind."""
    notes = (*plan.notes, *plan.derived.notes)
    if plan.operation == "rebase":
        # What a rebase loses is in its plan.
        return notes
    return (*notes, *left_behind(lake, plan.name, plan.derived.content.dictionary))
