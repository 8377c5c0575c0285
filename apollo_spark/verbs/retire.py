"""Retire versions: say first what that means, then do it."""

from apollo_spark.errors import UsageError
from apollo_spark.lake.registry.snapshot import RecordEntry, RegistrySnapshot, Retirement
from apollo_spark.lake.retiring import retire_version
from apollo_spark.model.names import parse_reference
from apollo_spark.model.plan import WorkPlan
from apollo_spark.model.receipt import RetireReceipt
from apollo_spark.model.request import ActionRequest
from apollo_spark.operations.action import Action
from apollo_spark.operations.outcome import Outcome


class RetireRequest(ActionRequest):
    """What a person asks for: the options of `apollo retire`."""

    verb = "retire"

    version: str


class RetirePlan(WorkPlan):
    """What it means to retire a version.

    Attributes:
        version: The version, as `name@version`.
        retired: Who did so already, or None.
        name_means: What the bare name means afterwards; None when nothing of it is left.
        versions_left: Versions of the name that are left.
        stand_on_it: Unretired records that name it as a parent. They hold their own pins and stay.
    """

    version: str
    retired: Retirement | None
    name_means: str | None
    versions_left: int
    stand_on_it: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What it means, as lines; nothing where it is done already."""
        if self.retired is not None:
            return ()
        name = self.version.partition("@")[0]
        left = f"nothing of {name} is left then"
        if self.name_means is not None:
            left = f"{name} then means {self.name_means}"
        lines = (f"retires {self.version}", left)
        made = f"these are made from it and stay as they are: {', '.join(self.stand_on_it)}"
        return (*lines, made) if self.stand_on_it else lines


class Retire(Action[RetireRequest, RetirePlan, RetireReceipt]):
    """Retire a version, or find that it is retired."""

    verb = "retire"

    def plan(self) -> RetirePlan:
        """Say what it means.

        Raises:
            UsageError: The text does not name one version by its number.
            NotFoundError: There is no such version.
        """
        registry = self.context.lake.registry
        snapshot = registry.snapshot()
        entry = self._find(snapshot)
        left = [each for each in snapshot.unretired() if each != entry]
        same_name = [each for each in left if each.name == entry.name]
        children = tuple(str(each) for each in registry.children_of(entry, left))
        return RetirePlan(
            does=f"retire {entry}",
            counts={"versions_left": len(same_name), "records_that_stand_on_it": len(children)},
            version=str(entry),
            retired=entry.retired,
            name_means=str(same_name[-1]) if same_name else None,
            versions_left=len(same_name),
            stand_on_it=children,
        )

    def preview(self, plan: RetirePlan) -> Outcome[RetireReceipt]:
        """Say what it means."""
        return Outcome(RetireReceipt(**plan.counts), notes=plan.notes, plan=plan)

    def act(self, plan: RetirePlan) -> Outcome[RetireReceipt]:
        """End the version; its rows stay until a sweep.

        Raises:
            LeaseHeldError: Somebody is writing the name.
            StorageRefusedError: The storage refused.
        """
        lake = self.context.lake
        receipt = RetireReceipt(**plan.counts)
        entry = self._find(lake.registry.snapshot())
        if entry.retired is None:
            with lake.spare.used_when_full():
                entry = retire_version(
                    entry,
                    registry=lake.registry,
                    leases=lake.leases,
                    actor=self.context.actor,
                    time=lake.clock.now(),
                    on_step=self.context.step,
                )
        if plan.retired is None:
            return Outcome(receipt, notes=plan.notes, more={"retired": [str(entry)]})
        note = f"already retired {entry} by {plan.retired.actor} at {plan.retired.time:%Y-%m-%d}"
        return Outcome(receipt, current=(str(entry),), notes=(note,))

    def _find(self, snapshot: RegistrySnapshot) -> RecordEntry:
        reference = parse_reference(self.request.version)
        if reference.version is None:
            raise UsageError(
                f"{self.request.version!r} does not say which version to retire.",
                fix="Write NAME@VERSION.",
            )
        return snapshot.find(reference)
