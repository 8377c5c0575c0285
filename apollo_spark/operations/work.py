"""What an operation plans, what it gets under the lease, and what it gives to be published."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol

from typing_extensions import TypeVar

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import Publication
from apollo_spark.model.base import Record
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.plan import PlannedTable
from apollo_spark.model.policy import Policy
from apollo_spark.model.record import InputFile, Lineage, PublishedRecord
from apollo_spark.operations.context import Context
from apollo_spark.operations.engines import LoadEngines
from apollo_spark.operations.outcome import Outcome, refusal
from apollo_spark.operations.report import LoadReporter, ReportedRows


class AnyPlan(Protocol):
    """What every plan says: it becomes the lineage of the record."""

    @property
    def parents(self) -> tuple[str, ...]:
        """The versions that it is based on."""
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


Plan = TypeVar("Plan", bound=AnyPlan)
PlanType = TypeVar("PlanType", bound=AnyPlan, covariant=True)  # noqa: PLC0105 frozen: only read
Receipt = TypeVar("Receipt", bound=Record)
R = TypeVar("R", bound=PublishedRecord, default=DatasetRecord)


NO_POLICY = Policy()


@dataclass(frozen=True)
class Planned(Generic[PlanType]):
    """A plan, or None where the findings refuse it.

    Attributes:
        plan: What will be done.
        policy: What each rule does.
        findings: Everything that was found while planning.
        repeat: The outcome, where planning found that all of it is there already.
    """

    plan: PlanType | None
    policy: Policy = NO_POLICY
    findings: tuple[Finding, ...] = ()
    repeat: Outcome[Any] | None = None

    @property
    def columns(self) -> tuple[tuple[str, int, str, str], ...]:
        """File, number, header and use of the columns of expression files."""
        return ()


@dataclass(frozen=True)
class Work(Generic[PlanType, R]):
    """A plan whose name is leased: what acting gets.

    Attributes:
        context: Who acts, and the lake that is meant.
        publication: Where tables are written; a dry run's is of a lake that is thrown away.
        lake: That lake.
        planned: The plan with its findings.
        plan: The plan.
        engines: Who runs tasks and answers checks.
        reporter: Writes the validation report.
        is_dry_run: Whether nothing is published.
    """

    context: Context
    publication: Publication[R]
    lake: Lake
    planned: Planned[PlanType]
    plan: PlanType
    engines: LoadEngines
    reporter: LoadReporter
    is_dry_run: bool

    @property
    def base(self) -> R | None:
        """The newest version of the name in the lake that is meant."""
        if self.is_dry_run:
            return self.context.lake.newest(self.publication.name, self.publication.model)
        return self.publication.base

    def step(self, name: str) -> None:
        """Say what is done next."""
        self.publication.step(name)

    def require_acceptable(self, findings: tuple[Finding, ...]) -> None:
        """Write the report and refuse, if any finding does.

        Raises:
            InputFileError: A file is not what it was said to be.
            DictionaryError: A dictionary breaks its rules.
            CheckFailedError: A check on values failed.
        """
        if refusing(findings):
            refuse(findings, self.reporter, inputs=self.plan.inputs, policy=self.planned.policy)


@dataclass(frozen=True)
class Draft(Generic[Receipt, R]):
    """What acting came to, before it is published.

    Attributes:
        receipt: The counts.
        make_record: Makes the record of its name, number, lineage, and the part of its receipt;
            None where nothing is published.
        parts: Texts that the record names.
        profiled: The dictionary of the version, where its fields are counted: rows were written.
        current: Versions that have all of it already.
        findings: What was found and refuses nothing.
        notes: What a person should know.
        reported: What the validation report says of rows; None where there is no report.
        tables: What a dry run would write, where it commits nothing to its lake.
        people: Rows of the main entity, where that is what is counted.
    """

    receipt: Receipt
    make_record: Callable[[str, int, Lineage, str], R] | None = None
    parts: tuple[str, ...] = ()
    profiled: DataDictionary | None = None
    current: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    reported: ReportedRows | None = None
    tables: tuple[PlannedTable, ...] = ()
    people: int | None = None


def refuse(
    findings: tuple[Finding, ...],
    reporter: LoadReporter,
    *,
    inputs: tuple[InputFile, ...],
    policy: Policy,
) -> None:
    """Write the report of what is refused, and refuse it.

    Raises:
        InputFileError: A file is not what it was said to be.
        DictionaryError: A dictionary breaks its rules.
        CheckFailedError: A check on values failed.
    """
    reporter.refuse(findings, inputs=inputs, policy=policy)
    raise refusal(findings, reporter.text(findings))
