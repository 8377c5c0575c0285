"""A step of a growth: what it is planned with, what it comes to."""

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from apollo_spark.errors import NotFoundError
from apollo_spark.export.messages import describe_findings
from apollo_spark.model.growth import LeftRecord
from apollo_spark.model.names import parse_reference
from apollo_spark.model.plan import flat_counts
from apollo_spark.model.rebase import RebasePlan
from apollo_spark.model.request import ActionRequest, PublishRequest
from apollo_spark.operations.context import Context, Listener
from apollo_spark.operations.operation import Operation
from apollo_spark.operations.outcome import Outcome
from apollo_spark.operations.report import LoadReporter
from apollo_spark.operations.work import Planned, refuse
from apollo_spark.sources.patterns import is_pattern
from apollo_spark.verbs.table import operation_of, perform


@dataclass(frozen=True)
class Ahead:
    """What is known while a step is planned: nothing has begun.

    Attributes:
        coming: Names, in small letters, that steps before it give another version.
        is_dry_run: Whether nothing will begin: the step is then planned as far as it can be.
    """

    coming: frozenset[str] = frozenset()
    is_dry_run: bool = False

    def waits_for(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return which of some names get another version first."""
        return tuple(each for each in names if name_of(each) in self.coming)


@dataclass(frozen=True)
class StepPlan:
    """What a step would do.

    Attributes:
        lines: That in words.
        changes: Names, in small letters, that it gives another version.
        waits: Whether it can be planned in full only after the steps before it.
        moves: What moving each record changes.
        left: The records that it would leave as they are.
        does_nothing: Whether all of it is done.
    """

    lines: tuple[str, ...]
    changes: frozenset[str] = frozenset()
    waits: bool = False
    moves: tuple[RebasePlan, ...] = ()
    left: tuple[LeftRecord, ...] = ()
    does_nothing: bool = False


@dataclass(frozen=True)
class StepDone:
    """What a step did; the defaults are a step that found nothing to do."""

    published: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()
    left: tuple[LeftRecord, ...] = ()
    notes: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    moves: tuple[RebasePlan, ...] = ()
    did: bool = False

    @classmethod
    def of(cls, outcomes: Iterable[Outcome[Any]], notes: Iterable[str] = ()) -> "StepDone":
        """Return what verbs did, their counts together."""
        found = tuple(outcomes)
        counts: dict[str, int] = {}
        for each in found:
            for name, count in flat_counts(each.receipt_json()).items():
                counts[name] = counts.get(name, 0) + count
        published = tuple(version for each in found for version in each.published)
        return cls(
            published=published,
            notes=(*notes, *(line for each in found for line in _lines(each))),
            counts=counts,
            did=bool(published),
        )


class Step(ABC):
    """A step of a growth: one or more requests of a verb.

    Args:
        verb: The verb, in the words of the command.
        names: What it is about.
    """

    def __init__(self, verb: str, names: tuple[str, ...]) -> None:
        self.verb = verb
        self.names = names

    @property
    def does(self) -> str:
        """What it does, and to what."""
        return " ".join((self.verb, ", ".join(self.names))).strip()

    @property
    def makes(self) -> tuple[str, ...]:
        """The names that it may give another version."""
        return ()

    @property
    def reads(self) -> tuple[str, ...]:
        """The names that what it publishes is made of."""
        return ()

    @abstractmethod
    def plan(self, context: Context, ahead: Ahead) -> StepPlan:
        """Say what it would do, by reading alone."""

    @abstractmethod
    def act(self, context: Context) -> StepDone:
        """Do it; what is done already is not done twice."""


def name_of(reference: str) -> str:
    """Return the name of a reference, in small letters."""
    return reference.partition("@")[0].casefold()


def require_names(context: Context, ahead: Ahead, names: Iterable[str]) -> None:
    """Require that names are there, or made by steps before; patterns may mean nothing.

    Raises:
        NotFoundError: Some are not.
    """
    snapshot = context.lake.registry.snapshot()
    missing: list[str] = []
    for each in names:
        if is_pattern(each) or name_of(each) in ahead.coming:
            continue
        try:
            snapshot.get(parse_reference(each))
        except NotFoundError as refused:
            missing.append(str(refused))
    if missing:
        raise NotFoundError(" ".join(missing))


def try_request(context: Context, request: ActionRequest) -> Outcome[Any]:
    """Return what a request would do; nothing is written."""
    return perform(silent(context), request.model_copy(update={"dry_run": True}))


def silent(context: Context) -> Context:
    """Return a context in which nobody hears what is tried."""
    return replace(context, listener=Listener())


def plan_files(
    context: Context, request: PublishRequest
) -> tuple[Operation[Any, Any, Any, Any], Planned[Any]]:
    """Plan a request that reads files, without reading their rows; what is wrong is refused.

    Raises:
        ApolloError: It cannot be done.
    """
    operation = operation_of(request.verb)(silent(context), request)
    assert isinstance(operation, Operation), "what reads files publishes one name"
    with tempfile.TemporaryDirectory(prefix="apollo-work-") as scratch:
        planned = operation.plan(Path(scratch))
    if planned.repeat is None and planned.plan is None:
        reporter = LoadReporter(context.lake, request.published_name, None, is_dry_run=True)
        refuse(planned.findings, reporter, inputs=(), policy=planned.policy)
    return operation, planned


def _lines(outcome: Outcome[Any]) -> Iterable[str]:
    yield from outcome.notes
    if outcome.findings:
        yield describe_findings(outcome.findings)
