"""Guard a name: of it and all that is made of it no numbers of few people are given."""

from apollo_spark.errors import UsageError
from apollo_spark.lake.guarding import read_guards, set_guard
from apollo_spark.lake.registry.asked import AskedTable
from apollo_spark.model.disclosure import FEWEST, MOST, GuardReceipt, Limit
from apollo_spark.model.names import RecordReference, require_dataset_name
from apollo_spark.model.plan import WorkPlan
from apollo_spark.model.request import ActionRequest
from apollo_spark.operations.action import Action
from apollo_spark.operations.outcome import Outcome

MOST_ROUNDED = 1000
NOT_GUARDED = "not guarded"


class GuardRequest(ActionRequest):
    """What a person asks for: the options of `apollo guard`.

    Attributes:
        name: The name of a dataset, a cohort or a dashboard.
        least: No number is given that is about fewer people.
        round: Numbers are given as multiples of it.
        off: Whether the guard ends.
    """

    verb = "guard"

    name: str
    least: int | None = None
    round: int | None = None
    off: bool = False


class GuardPlan(WorkPlan):
    """What would hold for a name, and what does.

    Attributes:
        name: The name, as it is published.
        limit: What would hold; None is nothing.
        before: What holds now.
    """

    name: str
    limit: Limit | None
    before: Limit | None


class Guard(Action[GuardRequest, GuardPlan, GuardReceipt]):
    """Set the guard of a name, change it or end it."""

    verb = "guard"

    def plan(self) -> GuardPlan:
        """Say what would hold.

        Raises:
            UsageError: It is not said what should hold, or that is no limit.
            NotFoundError: There is no such name.
        """
        lake, request = self.context.lake, self.request
        limit = _limit_of(request)
        require_dataset_name(request.name)
        lake.require_there()
        snapshot = lake.registry.snapshot()
        name = snapshot.find(RecordReference(name=request.name)).name
        said = read_guards(lake.registry, snapshot).get(name.casefold(), ())
        return GuardPlan(
            does=f"guard {name}: {limit or NOT_GUARDED}",
            name=name,
            limit=limit,
            before=said[-1].limit if said else None,
        )

    def preview(self, plan: GuardPlan) -> Outcome[GuardReceipt]:
        """Say what would hold."""
        return Outcome(_receipt(plan), plan=plan)

    def act(self, plan: GuardPlan) -> Outcome[GuardReceipt]:
        """Let it hold from now on.

        Raises:
            LeaseHeldError: Somebody is writing the name.
            StorageRefusedError: The storage refused.
        """
        context, lake = self.context, self.context.lake
        set_guard(
            plan.name,
            plan.limit,
            registry=lake.registry,
            leases=lake.leases,
            asked=AskedTable(lake.root),
            actor=context.actor,
            time=context.clock.now(),
            on_step=context.step,
        )
        return Outcome(_receipt(plan))


def _receipt(plan: GuardPlan) -> GuardReceipt:
    return GuardReceipt(name=plan.name, guard=plan.limit, before=plan.before)


def _limit_of(request: GuardRequest) -> Limit | None:
    if request.off == (request.least is not None) or (request.off and request.round is not None):
        raise UsageError(
            "Say what should hold, or that nothing should.", fix="Write --least N, or --off."
        )
    if request.least is None:
        return None
    if not FEWEST <= request.least <= MOST:
        raise UsageError(
            f"{request.least} is not a least number of people.",
            why=f"It is a whole number from {FEWEST} to {MOST}.",
        )
    if request.round is not None and not 1 <= request.round <= MOST_ROUNDED:
        raise UsageError(
            f"{request.round} is nothing to round to.",
            why=f"It is a whole number from 1 to {MOST_ROUNDED}.",
        )
    return Limit(least=request.least, round=None if request.round == 1 else request.round)
