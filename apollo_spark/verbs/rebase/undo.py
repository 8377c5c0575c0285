"""Take a rebase back: the version before it is published again."""

from dataclasses import replace
from uuid import uuid4

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.errors import UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.base import Record, canonical_json, sha256_text
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.dashboard.record import DashboardRecord
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import RecordReference, parse_reference
from apollo_spark.model.over_dataset import OverDataset
from apollo_spark.model.rebase import Move, RebaseReceipt
from apollo_spark.model.record import PublishedRecord
from apollo_spark.operations.cohorts.opening import count_people_about, open_cohort
from apollo_spark.operations.context import Context
from apollo_spark.operations.dashboards import open_dashboard
from apollo_spark.operations.deriving import Derivation, PublishDerivation
from apollo_spark.operations.outcome import Outcome
from apollo_spark.records.content import Derived
from apollo_spark.records.showing import hides_details
from apollo_spark.verbs.rebase.planned import Made, publish_made


def undo_rebase(context: Context, version: str, *, full: bool, dry_run: bool) -> Outcome[Record]:
    """Publish the version before a rebase again, as the next version.

    Raises:
        UsageError: The version was not made by a rebase.
        NotFoundError: It or the one before it is not there.
    """
    lake = context.lake
    record = lake.load(parse_reference(version), PublishedRecord)
    if record.lineage.operation != "rebase" or record.version == 1:
        raise UsageError(f"{record} was not made by a rebase: there is nothing to undo.")
    before = lake.load(RecordReference(name=record.name, version=record.version - 1), type(record))
    if isinstance(record, OverDataset) and isinstance(before, OverDataset):
        return _undo_question(context, record, before, dry_run=dry_run)
    assert isinstance(record, DatasetRecord), "only these kinds are moved"
    assert isinstance(before, DatasetRecord), "a name has versions of one kind"
    outcome = PublishDerivation(context, _as_before(lake, record, before), dry_run=dry_run).run()
    if not hides_details(record, full=full):
        return outcome
    return replace(outcome, receipt=RebaseReceipt(operation="undo rebase", moves=()))


def _undo_question(
    context: Context, record: OverDataset, before: OverDataset, *, dry_run: bool
) -> Outcome[Record]:
    """Publish a cohort or a dashboard as it was before."""
    lake = context.lake
    moves = (Move(before=record.dataset, after=before.dataset),)
    count = _count(lake, before)
    receipt = RebaseReceipt(
        operation="undo rebase", kind=record.kind, moves=moves, people_after=count
    )
    fingerprint = sha256_text(canonical_json({"undone": record.id, "as": before.id}))
    newest = lake.newest(record.name, type(record))
    outcome: Outcome[Record] = Outcome(receipt)
    if newest is not None and newest.lineage.fingerprint == fingerprint:
        outcome = replace(outcome, current=(str(newest),))
    if dry_run:
        return outcome.planned(lake.next_version(record.name), people=count)
    if outcome.current:
        return outcome
    made = _again(context, before, fingerprint, receipt, count)
    publish_made(context, [made])
    return replace(outcome, published=(str(made.record),))


def _count(lake: Lake, record: OverDataset) -> int:
    engine = EmbeddedEngine(lake.tables)
    if isinstance(record, CohortRecord):
        return open_cohort(lake, record).count(engine)
    assert isinstance(record, DashboardRecord), "these kinds alone are over a dataset"
    board = open_dashboard(lake, record)
    return count_people_about(lake, board.opened, board.cohort, engine)


def _again(
    context: Context, before: OverDataset, fingerprint: str, receipt: RebaseReceipt, count: int
) -> Made:
    """Return a version as the next one of its name."""
    last = context.lake.registry.snapshot().last_of(before.name)
    assert last is not None, "it is there"
    text = receipt.to_json()
    lineage = context.lineage(receipt.operation, fingerprint, before.lineage.parents)
    record = before.model_copy(
        update={
            "version": last.version + 1,
            "id": str(uuid4()),
            **({"count": count} if isinstance(before, CohortRecord) else {}),
            "lineage": lineage,
            "receipt": sha256_text(text),
        }
    )
    return Made(record, (text,), receipt)


def _as_before(lake: Lake, record: DatasetRecord, before: DatasetRecord) -> Derivation:
    assert before.change is not None, "what was moved was made of other datasets"
    moves = tuple(
        Move(before=now, after=then)
        for now, then in zip(record.lineage.parents, before.lineage.parents, strict=False)
        if now != then
    )
    return Derivation(
        name=record.name,
        change=before.change,
        made_of=tuple(lake.load_record(parse_reference(x)) for x in before.lineage.parents),
        derived=Derived(lake.load_content(before)),
        receipt=RebaseReceipt(operation="undo rebase", moves=moves),
        schema_tag=before.schema_tag,
        operation="undo rebase",
        undone=str(record),
    )
