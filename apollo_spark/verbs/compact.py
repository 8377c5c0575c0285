"""Put small blocks and small files together; the next version has the same content.

What is folded is written anew beside what is there, and takes its place in one commit per table.
Files that are not folded are not touched, and older versions keep reading the old ones.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from apollo_spark.assays.base import Folding
from apollo_spark.assays.types import plan_foldings, row_writer_of
from apollo_spark.errors import LeaseHeldError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.base import Record
from apollo_spark.model.change import Extension
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import RecordReference
from apollo_spark.model.pin import TablePin
from apollo_spark.model.plan import WorkPlan, flat_counts
from apollo_spark.model.receipt import CompactionReceipt
from apollo_spark.model.record import InputFile
from apollo_spark.model.request import ApplyRequest, NamedRequest
from apollo_spark.operations.action import Action
from apollo_spark.operations.context import Context
from apollo_spark.operations.engines import LoadEngines
from apollo_spark.operations.operation import Operation
from apollo_spark.operations.outcome import Outcome, join_outcomes
from apollo_spark.operations.work import Draft, Planned, Work
from apollo_spark.records.changes.extension import record_after
from apollo_spark.records.content import fingerprint_of

OPERATION = "compact"


class CompactRequest(ApplyRequest):
    """What a person asks for: the options of `apollo compact`.

    Attributes:
        name: The dataset; None is all of them, and leaves alone those that others are writing.
    """

    verb = OPERATION

    name: str | None = None


class CompactionPlan(Record):
    """What a compaction of the newest version of a dataset would do.

    Attributes:
        name: The dataset.
        version: The version that it is based on.
        counts: Blocks and files before and after, and what is written.
    """

    name: str
    version: int
    counts: CompactionReceipt

    def preview(self) -> Outcome[CompactionReceipt]:
        """Return what would be published."""
        counts = flat_counts(self.counts.model_dump(mode="json"))
        work = WorkPlan(does=f"publish {self.name}@{self.version + 1}", counts=counts)
        return Outcome(self.counts, plan=work)


class Compact(Action[CompactRequest, tuple[CompactionPlan, ...], CompactionReceipt]):
    """Fold what can be folded in one dataset or in all, and publish the next version of each."""

    verb = OPERATION

    def plan(self) -> tuple[CompactionPlan, ...]:
        """Say what can be folded.

        Raises:
            NotFoundError: There is no dataset of that name, or no lake.
            BrokenPinError: A table cannot be read.
        """
        lake = self.context.lake
        found = []
        self.context.step("plan")
        for record in _records(lake, self.request.name):
            foldings = plan_foldings(lake, record)
            if foldings:
                counts = _count(foldings)
                found.append(
                    CompactionPlan(name=record.name, version=record.version, counts=counts)
                )
        return tuple(found)

    def preview(self, plan: tuple[CompactionPlan, ...]) -> Outcome[CompactionReceipt]:
        """Say what would be published."""
        return self._join(plan, [each.preview() for each in plan])

    def act(self, plan: tuple[CompactionPlan, ...]) -> Outcome[CompactionReceipt]:
        """Fold it.

        Raises:
            LeaseHeldError: Somebody else is writing the dataset that was named.
        """
        if not plan:
            current = tuple(map(str, _records(self.context.lake, self.request.name)))
            return Outcome(CompactionReceipt(), current=current)
        lake = self.context.lake
        with self.context.opened_engines() as open_engines:
            engines = open_engines(lake, sum(each.counts.bytes_rewritten for each in plan))
            # Opened once for all: starting Spark takes longer than most compactions.
            sharing = replace(self.context, engines=lambda _lake, _size: engines)
            outcomes = [self._compact_one(sharing, each) for each in plan]
        return self._join(plan, outcomes)

    def _compact_one(self, context: Context, plan: CompactionPlan) -> Outcome[CompactionReceipt]:
        try:
            return CompactOne(context, CompactOneRequest(name=plan.name)).run()
        except LeaseHeldError:
            if self.request.name is not None:
                raise
            # The others do not wait for whoever writes it.
            note = f"{plan.name} is being written by somebody else and was left alone"
            return Outcome(CompactionReceipt(), notes=(note,))

    def _join(
        self, plan: Sequence[CompactionPlan], outcomes: Sequence[Outcome[CompactionReceipt]]
    ) -> Outcome[CompactionReceipt]:
        """Return the outcomes of all datasets, with the counts of what was planned."""
        is_dry_run = self.request.is_dry_run
        more = {"plans": [each.model_dump(mode="json") for each in plan]} if is_dry_run else {}
        counts = sum((each.counts for each in plan), CompactionReceipt())
        return join_outcomes(counts, outcomes, more=more, is_dry_run=is_dry_run)


def _records(lake: Lake, name: str | None) -> list[DatasetRecord]:
    if name is not None:
        return [lake.load_record(RecordReference(name=name))]
    records = lake.registry.read_all(lake.list_records(), DatasetRecord)
    return sorted(records, key=lambda each: each.name.casefold())


def _count(foldings: Sequence[Folding]) -> CompactionReceipt:
    return sum((each.counts for each in foldings), CompactionReceipt())


class CompactOneRequest(NamedRequest):
    """The dataset that is compacted."""


@dataclass(frozen=True)
class BaseToCompact:
    """A version whose small blocks and files are put together."""

    base: DatasetRecord

    @property
    def parents(self) -> tuple[str, ...]:
        """The version."""
        return (str(self.base),)

    @property
    def inputs(self) -> tuple[InputFile, ...]:
        """No files are read."""
        return ()

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """Nothing else decides the result."""
        return ()

    @property
    def fingerprint(self) -> str:
        """The same for the same version."""
        return fingerprint_of(OPERATION, (), (("base", self.base.id),))


class CompactOne(Operation[CompactOneRequest, BaseToCompact, CompactionReceipt]):
    """Put small blocks and files of one dataset together."""

    verb = OPERATION

    def plan(self, scratch: Path) -> Planned[BaseToCompact]:  # noqa: ARG002 nothing is unpacked
        """Find the newest version."""
        return Planned(BaseToCompact(*_records(self.context.lake, self.request.name)))

    def find_repeat(
        self,
        plan: BaseToCompact,  # noqa: ARG002 what has nothing to fold is found when it acts
        base: DatasetRecord | None,  # noqa: ARG002 as above
    ) -> Outcome[CompactionReceipt] | None:
        """Recognise nothing."""
        return None

    @contextmanager
    def engines(self, plan: BaseToCompact, lake: Lake) -> Iterator[LoadEngines]:  # noqa: ARG002
        """Give the engines that were opened for all datasets."""
        with self.context.opened_engines() as open_engines:
            yield open_engines(lake, 0)

    def renew(self, work: Work[BaseToCompact]) -> Work[BaseToCompact]:
        """Return the work on the version that is there now."""
        base = work.base
        return work if base is None else replace(work, plan=BaseToCompact(base))

    def act(self, work: Work[BaseToCompact]) -> Draft[CompactionReceipt]:
        """Write what is folded."""
        base = work.plan.base
        foldings = plan_foldings(self.context.lake, base) if work.base else ()
        receipt = _count(foldings)
        if not foldings:
            return Draft(receipt, current=(str(base),) if work.base else ())
        work.step("fold tiles")
        pins: list[TablePin] = []
        for each in foldings:
            engines = work.engines.written_by(row_writer_of(each.record))
            pins += each.write(work.publication, engines.runner)
        change = Extension(base=str(base), mode="compact")
        assays = [each.record for each in foldings]
        return Draft(receipt, record_after(base, pins=pins, assays=assays, change=change))
