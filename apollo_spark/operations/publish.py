"""The one end of every verb that publishes: parts, receipt, record, report, outcome."""

from typing import Any

from apollo_spark.engines.tasks import TaskRunner
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import Publication
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.record import Lineage, PublishedRecord
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.profiles.storing import store_profiles
from apollo_spark.operations.work import Draft, Plan, R, Receipt, Work


def publish(work: Work[Plan, R], draft: Draft[Receipt, R], lineage: Lineage) -> Outcome[Receipt]:
    """Publish a draft and write its report; of a dry run, the report alone.

    Args:
        work: The lease under which it was made.
        draft: What is published.
        lineage: Where it comes from.

    Raises:
        ConflictError: The name was taken by another kind, or a pin is in no unretired record.
        NotFoundError: A parent was retired meanwhile.
        CommitRaceError: Somebody interfered: begin again.
        StorageRefusedError: The storage refused.
    """
    published: tuple[str, ...] = ()
    if draft.make_record is not None and not work.is_dry_run:
        published = (commit(work.publication, work.lake, draft, lineage, work.engines.runner),)
    if draft.reported is not None:
        if published:
            work.step("write report")
        work.reporter.accept(next(iter(published), None), draft.findings, draft.reported)
    return Outcome(
        receipt=draft.receipt,
        published=published,
        current=draft.current,
        findings=draft.findings,
        notes=draft.notes,
    )


def commit(
    publication: Publication[R],
    lake: Lake,
    draft: Draft[Receipt, R],
    lineage: Lineage,
    runner: TaskRunner | None = None,
) -> str:
    """Store the parts of a draft, publish its record and return the version.

    Args:
        publication: The lease under which it was made.
        lake: Where it is published.
        draft: What is published.
        lineage: Where it comes from.
        runner: Who counts its fields, where that is done.
    """
    make_record = draft.make_record
    assert make_record is not None, "there is something to publish"
    publication.step("store parts")
    for text in draft.parts:
        lake.parts.put(text)
    receipt = lake.parts.put(draft.receipt.to_json())
    counted: dict[str, Any] = {}
    if draft.profiled is not None and runner is not None:
        publication.step("count fields")
        planned = make_record(publication.name, 1, lineage, receipt)
        counted = _count(lake, runner, planned, draft.profiled, publication.base)
    record = publication.commit(
        lambda version: make_record(publication.name, version, lineage, receipt).model_copy(
            update=counted
        )
    )
    return str(record)


def _count(
    lake: Lake,
    runner: TaskRunner,
    record: PublishedRecord,
    dictionary: DataDictionary,
    base: PublishedRecord | None,
) -> dict[str, Any]:
    """Return the profiles of a version as it names them, stored beside its parts."""
    assert isinstance(record, DatasetRecord), "only datasets have fields"
    before = base if isinstance(base, DatasetRecord) else None
    return {"profiles": store_profiles(lake, runner, record, dictionary, before)}
