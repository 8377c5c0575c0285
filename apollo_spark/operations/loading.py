"""What every load does around its own work: refuse, recognise, open engines, hold the lease."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

from apollo_spark.engines.base import Engine
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.progress import OnProgress
from apollo_spark.engines.tasks import LocalTaskRunner, TaskRunner, no_progress
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import OnStep, Publication
from apollo_spark.model.base import Record
from apollo_spark.model.dataset import DatasetRecord, InputFile, Lineage
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.plan import PlannedTable
from apollo_spark.model.policy import Policy
from apollo_spark.model.receipt import AssayExtensionReceipt, RowsReceipt
from apollo_spark.operations.outcome import Outcome, refusal
from apollo_spark.operations.report import LoadReporter
from apollo_spark.operations.tools import actor, tool_versions
from apollo_spark.sources.missing_codes import notes_of_missing_codes

# The checks of keys go to disk above this, so that a load's memory does not grow with its rows.
CHECK_MEMORY = "256MB"
# Five minutes on two cores; above this a person had rather know at once what is known.
MOST_LOOKED_AT = 20 * 1024**3


@dataclass(frozen=True)
class LoadEngines:
    """Who runs the tasks, and who answers the checks between rows."""

    runner: TaskRunner
    engine: Engine


def checking_engine(lake: Lake) -> EmbeddedEngine:
    """Return the engine in this process for the checks of a load."""
    return EmbeddedEngine(lake.tables, memory_limit=CHECK_MEMORY)


def local_engines(lake: Lake, on_progress: OnProgress = no_progress) -> LoadEngines:
    """Return engines that need no JVM: threads and DuckDB of this process."""
    return LoadEngines(LocalTaskRunner(on_progress=on_progress), checking_engine(lake))


def may_look_further(inputs: Iterable[InputFile], on_step: OnStep) -> bool:
    """Say whether the rows of files are looked at by this process, though they are refused."""
    if sum(each.size for each in inputs) > MOST_LOOKED_AT:
        on_step(f"rows were not looked at: more than {MOST_LOOKED_AT >> 30} GB")
        return False
    on_step("look for what else is wrong")
    return True


OpenEngines = Callable[[Lake, int], LoadEngines]
"""Opens the engines for a lake, given the bytes of the inputs; called when they are needed."""


class Plan(Protocol):
    """What every plan of a load has."""

    @property
    def policy(self) -> Policy:
        """What each rule does."""
        ...

    @property
    def inputs(self) -> tuple[InputFile, ...]:
        """The files that are read."""
        ...

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """What else decides the result."""
        ...

    @property
    def fingerprint(self) -> str:
        """The same for the same job on the same inputs."""
        ...


class Planning(Protocol):
    """A plan, or None where the findings refuse it."""

    @property
    def plan(self) -> Any:
        """The plan."""
        ...

    @property
    def policy(self) -> Policy:
        """What each rule does."""
        ...

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found while planning."""
        ...


@dataclass(frozen=True)
class Load(ABC):
    """One load that holds its lease; `run` may be called again from the beginning."""

    lake: Lake
    publication: Publication
    request: Any
    plan: Any
    planning: Any
    engines: LoadEngines
    reporter: LoadReporter

    operation: ClassVar[str]
    receipt_type: ClassVar[type[Record]]

    def run(self) -> Outcome:
        """Publish, unless another process loaded the same while this one waited."""
        base = self.publication.base
        if base is not None and base.lineage.fingerprint == self.plan.fingerprint:
            return already(self.lake, base, self.receipt_type)
        return self.write()

    @abstractmethod
    def write(self) -> Outcome:
        """Write, check and publish."""

    def notes_of_cells(self) -> tuple[str, ...]:
        """Return what was decided about cells that could have been meant otherwise."""
        coded: tuple[DataDictionary, str | None] | None = getattr(self.plan, "coded_cells", None)
        if coded is None:
            return ()
        return notes_of_missing_codes(coded[0], self.request.missing, coded[1])

    def people(self, outcome: Outcome) -> int | None:  # noqa: ARG002
        """Return how many rows of the main entity are loaded, where that is what is loaded."""
        return None

    def version_before(self) -> DatasetRecord | None:
        """Return the newest version; a dry run writes to another lake, and asks the one meant."""
        if not self.request.dry_run:
            return self.publication.base
        return newest_record(self.reporter.lake, self.publication.name)

    def require_acceptable(self, findings: tuple[Finding, ...]) -> None:
        """Write the report and refuse, if any finding does.

        Raises:
            InputFileError: A file is not what it was said to be.
            DictionaryError: A dictionary breaks its rules.
            CheckFailedError: A check on values failed.
        """
        if refusing(findings):
            self.reporter.refuse(findings, inputs=self.plan.inputs, policy=self.plan.policy)
            raise refusal(findings, self.reporter.text(findings))

    def lineage(self) -> Lineage:
        """Return where the new version comes from."""
        return Lineage(
            operation=self.operation,
            inputs=self.plan.inputs,
            parameters=self.plan.parameters,
            fingerprint=self.plan.fingerprint,
            tools=tool_versions(),
            actor=actor(),
            time=self.lake.clock.now(),
        )


def run_load(
    load_type: type[Load],
    lake: Lake,
    request: Any,
    planning: Planning,
    *,
    open_engines: OpenEngines,
    reporter: LoadReporter,
    on_step: OnStep,
    name: str | None = None,
    is_new: bool = False,
) -> Outcome:
    """Refuse what is planned wrong, recognise what stands already, else load under the lease.

    `name` is what is published, where that is not the name of the request; `is_new` says that the
    caller looked for what stands.
    """
    name = name or request.name
    reporter.prepare()
    if planning.plan is None:
        reporter.refuse(planning.findings, inputs=(), policy=planning.policy)
        raise refusal(planning.findings, reporter.text(planning.findings))
    plan: Plan = planning.plan
    standing = None if is_new else find_standing(reporter.lake, name, plan.fingerprint)
    if standing is not None:
        return already(reporter.lake, standing, load_type.receipt_type)
    on_step("open engines")
    engines = open_engines(lake, sum(each.size for each in plan.inputs))
    with lake.publication(name, holder=actor(), on_step=on_step) as publication:
        load = load_type(
            lake=lake,
            publication=publication,
            request=request,
            plan=plan,
            planning=planning,
            engines=engines,
            reporter=reporter,
        )
        outcome = publication.run(load.run)
        if outcome.published or request.dry_run:
            outcome = replace(outcome, notes=(*outcome.notes, *load.notes_of_cells()))
        if not request.dry_run:
            return outcome
        return outcome.planned(
            next_version(reporter.lake, name),
            tables=publication.written() or _tables_of(outcome),
            files=len(plan.inputs),
            people=load.people(outcome),
        )


def _tables_of(outcome: Outcome) -> tuple[PlannedTable, ...]:
    """Return what would be written, where a dry run checks rows and commits none."""
    receipt = outcome.receipt
    if isinstance(receipt, RowsReceipt):
        rows = receipt.rows_added + receipt.rows_changed
        return (PlannedTable(table=receipt.entity, rows=rows),)
    if isinstance(receipt, AssayExtensionReceipt):
        samples = PlannedTable(table=f"{receipt.assay}_samples", rows=receipt.samples)
        tiles = (PlannedTable(table=f"{receipt.assay}_tiles_{each}") for each in receipt.units)
        return (*tiles, samples)
    return ()


def next_version(lake: Lake, name: str) -> str:
    """Return the version of a name that would be published next."""
    last = lake.registry.snapshot().last_of(name) if lake.root.exists else None
    return f"{name}@{last.version + 1 if last else 1}"


def find_standing(lake: Lake, name: str, fingerprint: str) -> DatasetRecord | None:
    """Return the newest version of a name if the same job on the same inputs made it."""
    record = newest_record(lake, name)
    is_same = record is not None and record.lineage.fingerprint == fingerprint
    return record if is_same else None


def newest_record(lake: Lake, name: str) -> DatasetRecord | None:
    """Return the newest version of a dataset, or None where there is none of that name."""
    newest = lake.registry.snapshot().newest_of(name)
    if newest is None or newest.kind != "dataset":
        return None
    return lake.registry.read_record(newest)


def already(lake: Lake, record: DatasetRecord, receipt_type: type[Record]) -> Outcome:
    """Return the outcome of a load whose result stands already."""
    receipt = receipt_type.model_validate_json(lake.parts.get(record.receipt))
    return Outcome(receipt=receipt, current=(str(record),))
