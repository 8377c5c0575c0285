"""What every verb is: it plans, acts under a lease and publishes, or finds that all is there."""

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import ClassVar, Generic

from typing_extensions import TypeVar

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.storage.missing import describe_new_lake, require_place_for_lake
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.record import Lineage, PublishedRecord
from apollo_spark.model.request import PublishRequest
from apollo_spark.operations.context import Context
from apollo_spark.operations.dry_run import lake_of_dry_run
from apollo_spark.operations.engines import LoadEngines, local_engines
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.publish import publish
from apollo_spark.operations.report import LoadReporter
from apollo_spark.operations.work import Draft, Plan, Planned, R, Receipt, Work, refuse

Request = TypeVar("Request", bound=PublishRequest)


class Operation(ABC, Generic[Request, Plan, Receipt, R]):
    """A verb that publishes: what it plans, what it does, how it is recognised when done already.

    Args:
        context: Who acts, on which lake, with what.
        request: The options.
    """

    verb: ClassVar[str]
    """What the lineage of the record says."""
    record_type: ClassVar[type[PublishedRecord]] = DatasetRecord
    """The class of the records that it makes."""
    makes_lake: ClassVar[bool] = False
    """Whether a lake is made where there is none."""

    def __init__(self, context: Context, request: Request) -> None:
        self.context = context
        self.request = request

    @abstractmethod
    def plan(self, scratch: Path) -> Planned[Plan]:
        """Decide by reading alone, and find all problems at once.

        Args:
            scratch: A folder for files that are needed until the verb has ended.
        """

    @abstractmethod
    def find_repeat(self, plan: Plan, base: R | None) -> Outcome[Receipt] | None:
        """Return the outcome where the newest version of the name has all of it already."""

    @abstractmethod
    def act(self, work: Work[Plan, R]) -> Draft[Receipt, R]:
        """Write what the plan says, and check it; called again where somebody interfered."""

    def renew(self, work: Work[Plan, R]) -> Work[Plan, R]:
        """Return the work, planned anew where a version came since it was planned."""
        return work

    @contextmanager
    def engines(self, plan: Plan, lake: Lake) -> Iterator[LoadEngines]:  # noqa: ARG002 for loads
        """Give who runs tasks and answers checks while the verb acts."""
        yield local_engines(lake)

    def operation_of(self, plan: Plan) -> str:  # noqa: ARG002 for those that make others again
        """Return what the lineage calls this."""
        return self.verb

    def notes_at_end(self, plan: Plan) -> tuple[str, ...]:  # noqa: ARG002 for loads
        """Return what a person should know of what was published, or would be."""
        return ()

    def run(self) -> Outcome[Receipt]:
        """Plan, act and publish, or for a dry run say what would be published.

        Raises:
            ApolloError: It was refused; its class says why.
        """
        request, lake = self.request, self.context.lake
        reporter = LoadReporter(
            lake, request.published_name, request.report, is_dry_run=request.dry_run
        )
        with (
            self._announcing_new_lake(),
            tempfile.TemporaryDirectory(prefix="apollo-work-") as scratch,
        ):
            self.context.step("plan")
            planned = self.plan(Path(scratch))
            outcome: Outcome[Receipt] | None = planned.repeat
            if outcome is None:
                plan = _require_plan(planned, reporter)
                outcome = self.find_repeat(plan, lake.newest(request.published_name, self._model))
                if outcome is None:
                    return self.do(planned, plan, reporter)
        return outcome.planned(request.published_name) if request.dry_run else outcome

    def do(self, planned: Planned[Plan], plan: Plan, reporter: LoadReporter) -> Outcome[Receipt]:
        """Act under the lease and publish; a dry run does it in a lake that is thrown away."""
        context, request = self.context, self.request
        own = context.lake
        to_write = lake_of_dry_run(own) if request.dry_run else nullcontext(own)
        with (
            to_write as lake,
            self.engines(plan, lake) as engines,
            context.on(lake).publication_of(self._model, request.published_name) as publication,
        ):

            def attempt() -> Outcome[Receipt]:
                if not request.dry_run:
                    repeat = self.find_repeat(plan, publication.base)
                    if repeat is not None:
                        return repeat
                work = Work(
                    context=context,
                    publication=publication,
                    lake=lake,
                    planned=planned,
                    plan=plan,
                    engines=engines,
                    reporter=reporter,
                    is_dry_run=request.dry_run,
                )
                return self._finish(self.renew(work))

            return publication.run(attempt)

    def _finish(self, work: Work[Plan, R]) -> Outcome[Receipt]:
        """Act and publish; of a dry run, say what would be published."""
        draft = self.act(work)
        outcome = publish(work, draft, self._lineage(work.plan))
        if outcome.published or work.is_dry_run:
            outcome = outcome.with_notes(self.notes_at_end(work.plan))
        if not work.is_dry_run:
            return outcome
        return outcome.planned(
            self.context.lake.next_version(self.request.published_name),
            tables=work.publication.written() or draft.tables,
            files=len(work.plan.inputs),
            people=draft.people,
        )

    @property
    def _model(self) -> type[R]:
        # A class variable cannot be generic.
        model: type[R] = self.record_type  # type: ignore[assignment]
        return model

    def _lineage(self, plan: Plan) -> Lineage:
        return self.context.lineage(
            self.operation_of(plan),
            plan.fingerprint,
            plan.parents,
            inputs=plan.inputs,
            parameters=plan.parameters,
        )

    @contextmanager
    def _announcing_new_lake(self) -> Iterator[None]:
        """Say that a lake was made where there was none: a name may have been mistyped.

        Raises:
            UsageError: No lake can be made there.
            BrokenPinError: What lies there has lost its registry.
        """
        lake = self.context.lake
        if not self.makes_lake:
            yield
            return
        require_place_for_lake(lake.root)
        is_new = not lake.is_there
        try:
            yield
        finally:
            if is_new and lake.is_there:
                self.context.say(describe_new_lake(lake.root))


def _require_plan(planned: Planned[Plan], reporter: LoadReporter) -> Plan:
    """Return the plan, or report and refuse what keeps it from being one."""
    reporter.columns = planned.columns
    reporter.prepare()
    if planned.plan is None:
        refuse(planned.findings, reporter, inputs=(), policy=planned.policy)
    assert planned.plan is not None, "what is refused is not done"
    return planned.plan
