"""Publish what is made of other records: merges, views, rebases. No row is read or written here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.lake.publishing import OnStep, Publication, no_step
from apollo_spark.model.base import Record, sha256_text
from apollo_spark.model.change import Change
from apollo_spark.model.dataset import DatasetRecord, InputFile, Lineage
from apollo_spark.model.receipt import StoredReceipt
from apollo_spark.operations.left_behind import left_behind
from apollo_spark.operations.loading import find_standing, next_version
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.tools import actor, tool_versions
from apollo_spark.records.build import build_dataset_record, change_fingerprint
from apollo_spark.records.content import Derived, part_texts

Finish = Callable[[Publication, Derived], Derived]
"""Writes the small tables that a change needs (a linking table), and returns it with their pins."""


@dataclass(frozen=True)
class Derivation:
    """A planned change, ready to be published.

    Attributes:
        name: The name that the result is published under.
        change: The change, as the record keeps it.
        parents: The versions that it is made of.
        derived: What it makes of them.
        receipt: Its counts.
        inputs: Files that it read (a linking file).
        schema_tag: The tag of the result.
        operation: What made it; by default the kind of the change.
        undone: The version that an undo takes back: the same change may be undone twice.
    """

    name: str
    change: Change
    parents: tuple[DatasetRecord, ...]
    derived: Derived
    receipt: Record
    inputs: tuple[InputFile, ...] = ()
    schema_tag: str | None = None
    operation: str | None = None
    undone: str | None = None

    @property
    def fingerprint(self) -> str:
        """The same for the same change to the same versions."""
        inputs = tuple((each.role, each.sha256) for each in self.inputs)
        undone = () if self.undone is None else (("undone", self.undone),)
        return change_fingerprint(self.change, self.parents, (*inputs, *undone))


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


def publish_derivation(
    lake: Lake,
    derivation: Derivation,
    *,
    finish: Finish | None = None,
    on_step: OnStep = no_step,
) -> Outcome:
    """Publish a change as the next version of its name, or say that it stands already.

    Args:
        lake: Where it is published.
        derivation: The change.
        finish: Writes the small tables that the change needs, under the lease.
        on_step: Called with the name of each step before it acts.

    Raises:
        ConflictError: Another writer holds the name, or it is of another kind.
        NotFoundError: A parent was retired meanwhile.
    """
    standing = find_standing(lake, derivation.name, derivation.fingerprint)
    if standing is not None:
        return already_made(lake, standing)
    with lake.publication(derivation.name, holder=actor(), on_step=on_step) as publication:

        def work() -> Outcome:
            base = publication.base
            if base is not None and base.lineage.fingerprint == derivation.fingerprint:
                return already_made(lake, base)
            derived, notes = derivation.derived, notes_of(lake, derivation)
            if finish is not None:
                derived = finish(publication, derived)
            publication.step("store parts")
            lake.store_parts(derived.content, derived.parts)
            receipt = lake.parts.put(derivation.receipt.to_json())
            record = publication.commit(
                lambda version: build_dataset_record(
                    name=publication.name,
                    version=version,
                    content=derived.content,
                    lineage=_lineage(derivation, lake.clock.now()),
                    receipt=receipt,
                    schema_tag=derivation.schema_tag,
                    change=derivation.change,
                )
            )
            return Outcome(receipt=derivation.receipt, published=(str(record),), notes=notes)

        return publication.run(work)


def planned_outcome(lake: Lake, derivation: Derivation, *, people: int | None = None) -> Outcome:
    """Return the outcome of a dry run: what would be published, or what stands already."""
    standing = find_standing(lake, derivation.name, derivation.fingerprint)
    if standing is not None:
        return already_made(lake, standing).planned(derivation.name, people=people)
    outcome = Outcome(receipt=derivation.receipt, notes=notes_of(lake, derivation))
    return outcome.planned(next_version(lake, derivation.name), people=people)


def notes_of(lake: Lake, derivation: Derivation) -> tuple[str, ...]:
    """Return what a person should know: what came besides, and what is left behind."""
    notes = derivation.derived.notes
    if derivation.operation == "rebase":
        # What a rebase loses stands in its plan.
        return notes
    return (*notes, *left_behind(lake, derivation.name, derivation.derived.content.dictionary))


def already_made(lake: Lake, record: DatasetRecord) -> Outcome:
    """Return the outcome of a change whose result stands."""
    # What stands may have been made by another verb: a rebased view is that view.
    receipt = StoredReceipt(text=lake.parts.get(record.receipt))
    return Outcome(receipt=receipt, current=(str(record),))


def _lineage(derivation: Derivation, time: datetime) -> Lineage:
    return Lineage(
        operation=derivation.operation or derivation.change.kind,
        parents=tuple(str(each) for each in derivation.parents),
        inputs=derivation.inputs,
        fingerprint=derivation.fingerprint,
        tools=tool_versions(),
        actor=actor(),
        time=time,
    )
