"""Put small blocks and small files together; the next version has the same content.

What is folded is written anew beside what stands, and takes its place in one commit per table.
Files that are not folded are not touched, and older versions keep reading the old ones.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from apollo_spark.assays.base import Folding
from apollo_spark.assays.types import plan_foldings
from apollo_spark.errors import LeaseHeldError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import OnStep, Publication, no_step
from apollo_spark.model.base import Record
from apollo_spark.model.change import Extension
from apollo_spark.model.dataset import DatasetRecord, Lineage
from apollo_spark.model.names import RecordReference
from apollo_spark.model.pin import TablePin
from apollo_spark.model.receipt import CompactionReceipt
from apollo_spark.operations.loading import LoadEngines
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.tools import actor, tool_versions
from apollo_spark.records.growth import growth_fingerprint, next_record

OPERATION = "compact"


class CompactionPlan(Record):
    """What a compaction of the newest version of a dataset would do.

    Attributes:
        name: The dataset.
        version: The version that it stands on.
        counts: Blocks and files before and after, and what is written.
    """

    name: str
    version: int
    counts: CompactionReceipt


class CompactionOutcome(Record):
    """What was planned, and what came of it.

    Attributes:
        plans: Of each dataset that has something to fold.
        published: The new versions.
        current: Versions that had nothing to fold any more.
        busy: Datasets that somebody else is writing.
    """

    plans: tuple[CompactionPlan, ...]
    published: tuple[str, ...] = ()
    current: tuple[str, ...] = ()
    busy: tuple[str, ...] = ()

    @property
    def receipt(self) -> CompactionReceipt:
        """The counts of all plans together."""
        return sum((each.counts for each in self.plans), CompactionReceipt())


def plan_compaction(lake: Lake, name: str | None) -> tuple[CompactionPlan, ...]:
    """Say what can be folded in one dataset, or in all.

    Raises:
        NotFoundError: There is no dataset of that name, or no lake.
        BrokenPinError: A table cannot be read.
    """
    found = []
    for record in _records(lake, name):
        foldings = plan_foldings(lake, record)
        if foldings:
            counts = _count(foldings)
            found.append(CompactionPlan(name=record.name, version=record.version, counts=counts))
    return tuple(found)


def compact(
    lake: Lake,
    name: str | None,
    *,
    open_engines: Callable[[int], LoadEngines],
    on_step: OnStep = no_step,
) -> CompactionOutcome:
    """Fold what is planned, and publish the next version of each dataset.

    Args:
        lake: The lake.
        name: The dataset; None is all of them, and leaves alone those that others are writing.
        open_engines: Opens the engines, given how many bytes will be written.
        on_step: Called with the name of each step before it acts.

    Raises:
        NotFoundError: There is no dataset of that name, or no lake.
        LeaseHeldError: Somebody else is writing the dataset that was named.
    """
    on_step("plan")
    plans = plan_compaction(lake, name)
    if not plans:
        return CompactionOutcome(plans=(), current=tuple(map(str, _records(lake, name))))
    engines = open_engines(sum(each.counts.bytes_rewritten for each in plans))
    outcomes = {each.name: _compact_one(lake, each.name, engines, on_step) for each in plans}
    if name is not None:
        outcomes = {each: _require_free(outcome) for each, outcome in outcomes.items()}
    done = [each for each in outcomes.values() if isinstance(each, Outcome)]
    return CompactionOutcome(
        plans=plans,
        published=tuple(each for outcome in done for each in outcome.published),
        current=tuple(each for outcome in done for each in outcome.current),
        busy=tuple(each for each, outcome in outcomes.items() if not isinstance(outcome, Outcome)),
    )


def _require_free(outcome: Outcome | LeaseHeldError) -> Outcome:
    if isinstance(outcome, LeaseHeldError):
        raise outcome
    return outcome


def _records(lake: Lake, name: str | None) -> list[DatasetRecord]:
    if name is not None:
        return [lake.load_record(RecordReference(name=name))]
    newest = lake.list_records()
    return [lake.registry.read_record(each) for each in newest if each.kind == "dataset"]


def _count(foldings: Sequence[Folding]) -> CompactionReceipt:
    return sum((each.counts for each in foldings), CompactionReceipt())


def _compact_one(
    lake: Lake, name: str, engines: LoadEngines, on_step: OnStep
) -> Outcome | LeaseHeldError:
    """Compact one dataset, or return who is writing it: the others do not wait for that."""
    try:
        with lake.publication(name, holder=actor(), on_step=on_step) as publication:
            return publication.run(lambda: _publish(lake, publication, engines))
    except LeaseHeldError as held:
        return held


def _publish(lake: Lake, publication: Publication, engines: LoadEngines) -> Outcome:
    base = publication.base
    foldings = plan_foldings(lake, base) if base else ()
    receipt = _count(foldings)
    if base is None or not foldings:
        return Outcome(receipt=receipt, current=(str(base),) if base else ())
    publication.step("fold tiles")
    pins: list[TablePin] = []
    for each in foldings:
        pins += each.write(publication, engines.runner)
    publication.step("store parts")
    part = lake.parts.put(receipt.to_json())
    record = publication.commit(
        lambda version: next_record(
            base,
            version=version,
            pins=pins,
            assays=[each.record for each in foldings],
            change=Extension(base=str(base), mode="compact"),
            lineage=_lineage(base, lake.clock.now()),
            receipt=part,
        )
    )
    return Outcome(receipt=receipt, published=(str(record),))


def _lineage(base: DatasetRecord, time: datetime) -> Lineage:
    return Lineage(
        operation=OPERATION,
        parents=(str(base),),
        fingerprint=growth_fingerprint(OPERATION, (), (("base", base.id),)),
        tools=tool_versions(),
        actor=actor(),
        time=time,
    )
