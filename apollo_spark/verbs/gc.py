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
from apollo_spark.model.base import Record
from apollo_spark.operations.context import Context

GRACE_HOURS = 7 * 24.0
"""Longer than the longest load."""
SWEEPERS_LEASE = "(gc)"
"""No dataset can be called so."""
NAMES_AT_ONCE = 16
"""Each held lease is renewed every few seconds."""


class SweepOutcome(Record):
    """What a sweep did, or would do.

    Attributes:
        plan: What was planned.
        done: What went; None where it was only planned.
        busy: What was left alone because somebody is publishing.
    """

    plan: SweepPlan
    done: SweepPlan | None = None
    busy: tuple[str, ...] = ()


def plan_gc(
    lake: Lake,
    *,
    grace_hours: float = GRACE_HOURS,
    clock_ns: Callable[[], int] = time.time_ns,
) -> SweepOutcome:
    """Say what would be swept, and write nothing.

    Args:
        lake: The lake.
        grace_hours: Only what changed longer ago goes.
        clock_ns: Gives nanoseconds since 1970.

    Raises:
        NotFoundError: There is no lake.
        BrokenPinError: A record is not as it was published, so that what it reaches is unknown.
        StorageRefusedError: The storage refused.
    """
    lake.require_there()
    return SweepOutcome(plan=_Sweep(Context(lake), grace_hours, clock_ns).plan())


def apply_gc(
    context: Context,
    *,
    grace_hours: float = GRACE_HOURS,
    clock_ns: Callable[[], int] = time.time_ns,
) -> SweepOutcome:
    """Sweep what no unretired record reaches.

    Args:
        context: Who sweeps, on which lake.
        grace_hours: Only what changed longer ago goes.
        clock_ns: Gives nanoseconds since 1970.

    Raises:
        NotFoundError: There is no lake.
        LeaseHeldError: Another sweep is under way.
        BrokenPinError: A record is not as it was published, so that what it reaches is unknown.
        StorageRefusedError: The storage refused.
    """
    lake = context.lake
    lake.require_there()
    with lake.spare.used_when_full(), HeldLease(lake.leases, SWEEPERS_LEASE, context.actor):
        return _Sweep(context, grace_hours, clock_ns).run()


class _Sweep:
    """One sweep: a plan, and what became of it."""

    def __init__(self, context: Context, grace_hours: float, clock_ns: Callable[[], int]) -> None:
        lake = context.lake
        self._lake = lake
        self._actor = context.actor
        self._older_than_ns = clock_ns() - int(grace_hours * 3600 * 10**9)
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

    def run(self) -> SweepOutcome:
        """Do what is planned."""
        self._step("plan")
        self._lake.parts.finish_removing()
        plan = self.plan()
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
        return SweepOutcome(plan=plan, done=done, busy=tuple(self._busy))

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
                if name == SWEEPERS_LEASE:
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
