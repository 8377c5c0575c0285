"""Sweep from a lake what no unretired record reaches: plan, and act on that plan.

Nothing that a record reaches can be lost:

- What is read is decided by the registry, which is read after the leases of all that is swept are
  held, and after a commit that makes everybody who read it before read it again. A writer who
  slept over the end of its lease then finds that it has passed on.
- What a record of another name may pin anew is pinned by an unretired record already: a
  publication looks at that in the registry it commits to.
- Parts are swept while nobody publishes: the leases of all who do, or died or slept while they
  did, are held too. Who begins then and names an old part makes it young.
"""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence

from apollo_spark.errors import CommitRaceError, LeaseHeldError, LeaseLostError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.leases.keeper import HeldLease
from apollo_spark.lake.registry.reach import Reach, ReachReader
from apollo_spark.lake.registry.snapshot import RegistrySnapshot
from apollo_spark.lake.storage.disk import DiskFile
from apollo_spark.lake.sweep.receipt import SweepReceipt
from apollo_spark.lake.sweep.stored import list_report_folders, list_tables
from apollo_spark.lake.sweep.sweeper import sweep_table
from apollo_spark.lake.sweep.sweeping import (
    SweepPlan,
    TableSweep,
    is_named,
    narrow_sweep,
    plan_sweep,
    plan_table,
)
from apollo_spark.model.request import ApplyRequest
from apollo_spark.operations.action import Action
from apollo_spark.operations.context import Context
from apollo_spark.operations.outcome import Outcome

GRACE_HOURS = 7 * 24.0
"""Longer than the longest load."""
SWEEPERS_LEASE = "(gc)"
"""No dataset can be called so."""
NAMES_AT_ONCE = 16
"""Each held lease is renewed every few seconds."""


class GcRequest(ApplyRequest):
    """What a person asks for: the options of `apollo gc`.

    Attributes:
        grace: Only what changed longer ago goes, in hours.
    """

    verb = "gc"

    grace: float = GRACE_HOURS


class Sweep(Action[GcRequest, SweepPlan, SweepReceipt]):
    """Sweep what no unretired record reaches.

    Args:
        context: Who sweeps, on which lake.
        request: The options.
        clock_ns: Gives nanoseconds since 1970, as files have them.
    """

    verb = "gc"

    def __init__(
        self, context: Context, request: GcRequest, clock_ns: Callable[[], int] = time.time_ns
    ) -> None:
        super().__init__(context, request)
        lake = context.lake
        lake.require_there()
        self._lake = lake
        self._actor = context.actor
        self._older_than_ns = clock_ns() - int(request.grace * 3600 * 10**9)
        self._step = context.step
        self._records = ReachReader(lake.registry)
        self._busy: list[str] = []
        self._met: list[str] = []

    def plan(self) -> SweepPlan:
        """Decide what goes, by the registry as it is now."""
        snapshot, reach = self._look()
        reports = _loose_reports(self._lake, snapshot)
        return plan_sweep(
            list_tables(self._lake.root, self._lake.tables, reach),
            self._lake.parts.list_files(),
            named=reach.digests,
            older_than_ns=self._older_than_ns,
            reports=(f"reports/{each}" for each in reports),
            unpublished=(f"reports/{each}" for each in reports if not snapshot.last_of(each)),
        )

    def run(self) -> Outcome[SweepReceipt]:
        """Say what goes, and sweep it unless it is a dry run.

        Raises:
            NotFoundError: There is no lake.
            LeaseHeldError: Another sweep is under way.
            BrokenPinError: A record is not as it was published, so that what it reaches is unknown.
            StorageRefusedError: The storage refused.
        """
        if self.request.is_dry_run:
            return super().run()
        lake = self._lake
        with lake.spare.used_when_full(), HeldLease(lake.leases, SWEEPERS_LEASE, self._actor):
            self._step("plan")
            lake.parts.finish_removing()
            return super().run()

    def preview(self, plan: SweepPlan) -> Outcome[SweepReceipt]:
        """Say what would be swept."""
        return self._outcome(SweepReceipt(plan=plan, grace_hours=self.request.grace))

    def act(self, plan: SweepPlan) -> Outcome[SweepReceipt]:
        """Do what is planned."""
        acting = [each for each in plan.tables if each.does_something]
        names = sorted({each.dataset.casefold() for each in acting})
        tables = [
            done
            for start in range(0, len(names), NAMES_AT_ONCE)
            for done in self._sweep_names(names[start : start + NAMES_AT_ONCE], acting)
        ]
        for name in self._met:
            # Nobody waits for this sweep while it waits for others.
            tables += self._sweep_names([name], acting, waits=True)
        parts = self._sweep_parts(plan.parts) if plan.parts else ()
        done = plan.model_copy(update={"tables": tuple(tables), "parts": parts})
        return self._outcome(
            SweepReceipt(
                plan=plan, done=done, busy=tuple(self._busy), grace_hours=self.request.grace
            )
        )

    def _outcome(self, receipt: SweepReceipt) -> Outcome[SweepReceipt]:
        plan = receipt.work() if receipt.done is None else None
        return Outcome(receipt, plan=plan, more=receipt.described())

    def _look(self) -> tuple[RegistrySnapshot, Reach]:
        snapshot = self._lake.registry.snapshot()
        return snapshot, self._records.read(snapshot)

    def _sweep_names(
        self, names: Sequence[str], acting: Sequence[TableSweep], *, waits: bool = False
    ) -> list[TableSweep]:
        """Sweep the tables of a few datasets; those that somebody writes are left alone."""
        with contextlib.ExitStack() as stack:
            held = {}
            for name in names:
                self._step(f"take the lease of {name}")
                lease = HeldLease(self._lake.leases, name, self._actor, waits=waits)
                try:
                    held[name] = stack.enter_context(lease)
                except LeaseHeldError as refused:
                    if waits:
                        self._busy.append(f"tables of {name}: {refused}")
                    else:
                        self._met.append(name)
            planned = {e.location: e for e in acting if e.dataset.casefold() in held}
            return self._sweep_held(planned, held) if planned else []

    def _sweep_held(
        self, planned: Mapping[str, TableSweep], held: Mapping[str, HeldLease]
    ) -> list[TableSweep]:
        """Sweep tables whose leases are held, as far as the registry still allows it."""
        reach = self._look_again()
        bases = {pin.location: pin for pin in sorted(reach.pins, key=lambda pin: pin.version)}
        done = []
        for stored in list_tables(self._lake.root, self._lake.tables, reach, only=planned):
            now = plan_table(stored, older_than_ns=self._older_than_ns)
            sweep = narrow_sweep(planned[stored.location], now)
            if not sweep.does_something:
                continue
            try:
                done.append(
                    sweep_table(
                        sweep,
                        bases.get(stored.location),
                        root=self._lake.root,
                        tables=self._lake.tables,
                        require_lease=held[sweep.dataset.casefold()].require,
                        on_step=self._step,
                    )
                )
            except (CommitRaceError, LeaseLostError) as refused:
                self._busy.append(f"{sweep.location}: {refused}")
        return done

    def _sweep_parts(self, planned: Sequence[DiskFile]) -> tuple[DiskFile, ...]:
        """Delete parts, unless somebody publishes."""
        with contextlib.ExitStack() as stack:
            for name in self._lake.leases.not_given_back():
                if name.startswith("("):
                    # No dataset: who publishes meanwhile holds the lease of one too.
                    continue
                try:
                    stack.enter_context(HeldLease(self._lake.leases, name, self._actor))
                except LeaseHeldError as refused:
                    self._busy.append(f"parts: {refused}")
                    return ()
            named = self._look_again().digests
            gone = []
            for part in planned:
                self._step("delete parts")
                if not is_named(part, named) and self._lake.parts.remove(part):
                    gone.append(part)
            return tuple(gone)

    def _look_again(self) -> Reach:
        """Read the registry after everybody who read it before must do so too."""
        self._step("read the registry again")
        self._lake.registry.fence()
        return self._look()[1]


def _loose_reports(lake: Lake, snapshot: RegistrySnapshot) -> tuple[str, ...]:
    """Return the names that have reports and no unretired version."""
    return tuple(
        name for name in list_report_folders(lake.root) if snapshot.newest_of(name) is None
    )
