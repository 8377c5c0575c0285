"""Grow by itself: every step of a file is planned, and then done in order; one report says how."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import NoReturn

from apollo_spark.errors import ApolloError, CheckFailedError, ConfigurationError
from apollo_spark.export.grow_page import growth_html, growth_json
from apollo_spark.lake.leases.keeper import HeldLease
from apollo_spark.lake.storage.missing import require_place_for_lake
from apollo_spark.lake.storage.root import (
    ReportFolder,
    given_report_folder,
    growth_report_folder,
    storage_access,
)
from apollo_spark.model.growth import Growth, GrowthStep
from apollo_spark.model.plan import WorkPlan
from apollo_spark.model.request import ActionRequest
from apollo_spark.operations.action import Action
from apollo_spark.operations.context import Context
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.report import tool_versions
from apollo_spark.verbs.grow.config import read_config
from apollo_spark.verbs.grow.step import Ahead, Step, StepDone, StepPlan

GROWERS_LEASE = "(grow)"
"""No dataset can be called so."""
Planned = tuple[int, Step, StepPlan]
"""A step with its place, and what it would do."""


class GrowRequest(ActionRequest):
    """What a person asks for: the options of `apollo grow`.

    Attributes:
        config: The file of the steps.
        report: The folder of the report; by default one in the lake.
    """

    verb = "grow"

    config: str
    report: str | None = None


class Grow(Action[GrowRequest, tuple[Planned, ...], Growth]):
    """Do the steps of a file, one after the other; what is done already is not done twice.

    Nothing begins where anything is wrong with a step. A step that fails ends the growth; those
    before it are done, and the next run goes on after them.
    """

    verb = "grow"

    def __init__(self, context: Context, request: GrowRequest) -> None:
        super().__init__(context, request)
        self._began = context.clock.now()

    def run(self) -> Outcome[Growth]:
        """Plan and act, or for a dry run say what would be done."""
        require_place_for_lake(self.context.lake.root)
        if self.request.is_dry_run:
            return super().run()
        with HeldLease(self.context.lake.leases, GROWERS_LEASE, self.context.actor):
            return super().run()

    def plan(self) -> tuple[Planned, ...]:
        """Read the file, and plan each step as far as it is known what those before it make.

        Raises:
            ConfigurationError: The file says what has no meaning.
            ApolloError: A step cannot be done; its class is that of the first reason.
        """
        self.context.step("plan")
        config = read_config(self.request.config)
        errors: list[ApolloError] = []
        problems = list(config.problems)
        found: list[Planned] = []
        coming: frozenset[str] = frozenset()
        for number, step in config.steps.items():
            try:
                plan = step.plan(self.context, Ahead(coming, is_dry_run=self.request.is_dry_run))
            except ApolloError as refused:
                errors.append(refused)
                problems.append(f"step {number} ({step.does}): {refused}")
                # What comes after it is planned as if it were done.
                plan = StepPlan((), frozenset(each.casefold() for each in step.makes))
            coming |= plan.changes
            found.append((number, step, plan))
        if problems:
            _refuse(self.request.config, problems, errors if not config.problems else ())
        return tuple(found)

    def preview(self, plan: tuple[Planned, ...]) -> Outcome[Growth]:
        """Say what would be done; not even a report is written."""
        growth = self._growth([_planned(*each) for each in plan], began=False)
        does = "; ".join(each.does for each in growth.steps)
        work = WorkPlan(does=does, counts={**growth.counts, "published": 0})
        return Outcome(growth, plan=work, more=_more(growth))

    def act(self, plan: tuple[Planned, ...]) -> Outcome[Growth]:
        """Do the steps, and write the report however they end.

        Raises:
            ApolloError: A step failed.
        """
        folder = self._report_folder()
        steps = [_planned(*each) for each in plan]
        steps = [each.model_copy(update={"state": "not begun"}) for each in steps]
        try:
            for at, (number, step, _) in enumerate(plan):
                self.context.step(f"step {number}: {step.does}")
                with self._told(steps, at):
                    steps[at] = self._do(step, steps[at])
        finally:
            growth = self._growth(steps, began=True)
            self._write(folder, growth)
            self.context.say(f"the report is in {folder.path}")
        notes = tuple(f"{each.does}: {note}" for each in steps for note in each.notes)
        return Outcome(
            growth,
            published=growth.published,
            notes=notes,
            more=_more(growth),
        )

    def _do(self, step: Step, planned: GrowthStep) -> GrowthStep:
        clock = self.context.clock
        start = clock.seconds()
        done = step.act(self.context)
        return _done(planned, done, clock.seconds() - start)

    @contextlib.contextmanager
    def _told(self, steps: list[GrowthStep], at: int) -> Iterator[None]:
        """Keep in a step why it failed; of what was not foreseen the kind, which holds no value."""
        try:
            yield
        except Exception as failed:
            error = str(failed) if isinstance(failed, ApolloError) else type(failed).__name__
            steps[at] = steps[at].model_copy(update={"state": "failed", "error": error})
            raise

    def _growth(self, steps: Sequence[GrowthStep], *, began: bool) -> Growth:
        return Growth(
            config=self.request.config,
            actor=self.context.actor,
            began=self._began if began else None,
            tools=tool_versions(),
            steps=tuple(steps),
        )

    def _report_folder(self) -> ReportFolder:
        """Make the folder of the report, so that nothing is done without one."""
        if self.request.report is not None:
            return given_report_folder(self.request.report)
        moment = f"{self._began:%Y%m%dT%H%M%S.%fZ}"
        return growth_report_folder(self.context.lake.root, moment)

    def _write(self, folder: ReportFolder, growth: Growth) -> None:
        with storage_access(f"Cannot write the report to {folder.path}."):
            folder.add_text("report.json", growth_json(growth))
            folder.add_text("report.html", growth_html(growth))


def require_within_limits(growth: Growth) -> None:
    """Require that no record was left as it was.

    Raises:
        CheckFailedError: One was, or several.
    """
    if growth.left:
        lines = (f"  {each.record}: {each.why}" for each in growth.left)
        raise CheckFailedError(
            "\n".join(("These records were left as they were, and all else was done:", *lines)),
            fix="Move them with apollo rebase, or change the limits.",
        )


def _planned(number: int, step: Step, plan: StepPlan) -> GrowthStep:
    state = "waits" if plan.waits else "nothing to do" if plan.does_nothing else "planned"
    return GrowthStep(
        number=number,
        does=step.does,
        state=state,  # type: ignore[arg-type] # one of its words
        plan=plan.lines,
        moves=plan.moves,
        left=plan.left,
    )


def _done(planned: GrowthStep, done: StepDone, seconds: float) -> GrowthStep:
    return planned.model_copy(
        update={
            "state": "done" if done.did or done.left else "nothing to do",
            "published": done.published,
            "retired": done.retired,
            "left": done.left,
            "notes": done.notes,
            "counts": dict(done.counts),
            "moves": done.moves,
            "seconds": round(seconds, 3),
        }
    )


def _more(growth: Growth) -> dict[str, object]:
    """Return what the command prints beside the counts."""
    shown = growth.model_dump(mode="json")
    left = [each.model_dump(mode="json") for each in growth.left]
    return {"retired": list(growth.retired), "left": left, "steps": shown["steps"]}


def _refuse(config: str, problems: Sequence[str], errors: Sequence[ApolloError]) -> NoReturn:
    """Refuse with everything that is wrong.

    Raises:
        ApolloError: Of the class of the reason with the lowest exit code.
    """
    text = "\n  ".join((f"Nothing was begun: {config} cannot be done.", *problems))
    if errors:
        raise type(min(errors, key=lambda each: each.exit_code))(text)
    raise ConfigurationError(text)
