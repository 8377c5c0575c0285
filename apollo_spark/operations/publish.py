"""The one end of every verb that publishes: parts, receipt, record, report, outcome."""

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import Publication
from apollo_spark.model.record import Lineage
from apollo_spark.operations.outcome import Outcome
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
        published = (commit(work.publication, work.lake, draft, lineage),)
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
    publication: Publication[R], lake: Lake, draft: Draft[Receipt, R], lineage: Lineage
) -> str:
    """Store the parts of a draft, publish its record and return the version.

    Args:
        publication: The lease under which it was made.
        lake: Where it is published.
        draft: What is published.
        lineage: Where it comes from.
    """
    make_record = draft.make_record
    assert make_record is not None, "there is something to publish"
    publication.step("store parts")
    for text in draft.parts:
        lake.parts.put(text)
    receipt = lake.parts.put(draft.receipt.to_json())
    record = publication.commit(
        lambda version: make_record(publication.name, version, lineage, receipt)
    )
    return str(record)
