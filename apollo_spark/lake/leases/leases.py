"""Leases: who may publish the next version of a name, for one minute at a time.

The table `registry/leases` has one row per name. Taking, renewing and giving back are commits by
compare-and-set of the whole small table. The epoch of a name grows whenever its lease is taken,
so that a holder who slept too long finds out. The table is scratch: its old versions are removed.

Whoever publishes leaves the version that the registry reached with the lease given back: readers
find by it that the registry has lost its last commits.

Whether a holder is alive nobody reads off the time that a lease states: the clock that wrote it may
be days wrong. Whoever waits looks again and again, and takes a lease over that nobody renewed for a
minute of its own clock. What a process that ended on this machine left is taken over at once.
"""

import contextlib
import logging
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta

from apollo_spark.errors import (
    CommitRaceError,
    LeaseLostError,
    StorageRefusedError,
)
from apollo_spark.lake.leases.lease import (
    IsHeldError,
    Lease,
    LeaseWatch,
    OwnLeases,
    Tell,
    describe_lease,
    held_error,
    lost_error,
    no_waiting,
    require_seconds,
)
from apollo_spark.lake.leases.table import SWEEP_HOURS, LeaseTable
from apollo_spark.lake.storage.root import LakeRoot
from apollo_spark.lake.storage.system import (
    SYSTEM_CLOCK,
    Clock,
    Processes,
    ProcessIdentity,
    SystemProcesses,
)
from apollo_spark.lake.tables.commits import (
    NO_TABLE,
)

RENEW_SECONDS = 15.0
LOOK_SECONDS = 1.0
"""How often a waiting writer looks again."""
# Every lost race is somebody else's success, and there are few writers.
MOST_RACES = 200
_HELD = OwnLeases()

logger = logging.getLogger(__name__)


class LeaseStore:
    """The table `registry/leases` of a lake.

    Args:
        root: The lake.
        clock: Gives the time, and waits.
        processes: Knows which processes run.
        wait_seconds: How long a verb waits for other writers, all of them together.
        tell: Called once with whom it waits for.
    """

    def __init__(
        self,
        root: LakeRoot,
        *,
        clock: Clock = SYSTEM_CLOCK,
        processes: Processes | None = None,
        wait_seconds: float = 0,
        tell: Tell = no_waiting,
    ) -> None:
        self._root = root
        self._table = LeaseTable(root)
        self._clock = clock
        self._processes = processes or SystemProcesses()
        self._wait_seconds = self._left = require_seconds(wait_seconds)
        self._tell = tell
        self._watch = LeaseWatch()

    def waiting(self, seconds: float | None = None, tell: Tell | None = None) -> "LeaseStore":
        """Return these leases for one more verb, with a time of its own to wait.

        Args:
            seconds: How long it waits; by default as long as this one does.
            tell: Called once with whom it waits for; by default as this one.

        Raises:
            UsageError: That is not a number of seconds.
        """
        other = LeaseStore(
            self._root,
            clock=self._clock,
            processes=self._processes,
            wait_seconds=self._wait_seconds if seconds is None else seconds,
            tell=tell or self._tell,
        )
        # What was seen while another verb waited was seen.
        other._watch = self._watch
        return other

    def take(self, dataset: str, holder: str) -> Lease:
        """Take the lease of a name, and wait for whoever holds it as long as there is time left.

        Args:
            dataset: The name; upper and lower case are the same.
            holder: Who asks, for the message to others.

        Raises:
            LeaseHeldError: Somebody else holds it; the message says who and since when.
            StorageRefusedError: The storage refused.
        """
        is_told = False
        while True:
            try:
                return self._change(
                    lambda leases: self._taken(leases, dataset.casefold(), holder), is_taken=True
                )
            except IsHeldError as refused:
                if self._left <= 0:
                    raise held_error(refused.lease, self._wait_seconds) from None
                if not is_told:
                    self._tell(f"waiting up to {self._left:g} s: {describe_lease(refused.lease)}")
                    is_told = True
            self._pause()

    def try_take(self, dataset: str, holder: str) -> Lease:
        """Take the lease of a name, and wait for nobody.

        Raises:
            LeaseHeldError: Somebody else holds it.
            StorageRefusedError: The storage refused.
        """
        left, self._left = self._left, 0
        try:
            return self.take(dataset, holder)
        finally:
            self._left = left

    def _pause(self) -> None:
        before = self._clock.seconds()
        self._clock.pause(min(LOOK_SECONDS, self._left))
        self._left -= self._clock.seconds() - before

    def renew(self, lease: Lease) -> Lease:
        """Make a lease valid for another minute.

        Raises:
            LeaseLostError: It passed to somebody else.
            StorageRefusedError: The storage refused.
        """
        return self._change(lambda leases: self._kept(leases, lease, renewed_at=self._clock.now()))

    def release(self, lease: Lease, *, reached: int | None = None) -> None:
        """Give a lease back; nothing happens if it has passed to somebody else.

        Args:
            lease: The lease.
            reached: The version of the registry that was published under it.

        Raises:
            StorageRefusedError: The storage refused.
        """
        try:
            self._change(lambda leases: self._kept(leases, lease, renewed_at=None, reached=reached))
        except LeaseLostError:
            logger.debug("the lease of %s had passed on", lease.dataset)
        finally:
            # Where the storage refuses, what is left there is known to be left.
            _HELD.remove(self._mark(lease))

    def sweep(self, *, older_than_hours: int = SWEEP_HOURS) -> None:
        """Delete the files of old versions of the table of leases."""
        self._table.sweep(older_than_hours=older_than_hours)

    def is_current(self, lease: Lease) -> bool:
        """Whether a lease has not passed to somebody else, nor been given back."""
        _, leases = self._table.read()
        found = leases.get(lease.dataset)
        return found is not None and found.epoch == lease.epoch and found.renewed_at is not None

    def find(self, dataset: str) -> Lease | None:
        """Return the lease of a name as it is, or None if nobody ever took it."""
        return self._table.read()[1].get(dataset.casefold())

    def reached(self) -> int:
        """Return the version that the registry reached, as leases given back say.

        Raises:
            StorageRefusedError: The storage refused.
        """
        _, leases = self._table.read()
        known = (each.reached for each in leases.values() if each.reached is not None)
        return max(known, default=NO_TABLE)

    def forget_holders(self, holder: str) -> None:
        """Write the table anew without who held leases where; nobody else may know the lake yet.

        Args:
            holder: Who is named instead.

        Raises:
            StorageRefusedError: The storage refused.
        """
        version, leases = self._table.read()
        if version == NO_TABLE:
            return
        nobody = {"holder": holder, "host": "", "machine": "", "pid": 0, "started": ""}
        shutil.rmtree(self._table.folder)
        self._table.write(
            {name: each.model_copy(update=nobody) for name, each in leases.items()},
            based_on=NO_TABLE,
        )

    def not_given_back(self) -> tuple[str, ...]:
        """Return the names whose lease is held, or was when its holder ended or fell asleep."""
        _, leases = self._table.read()
        return tuple(sorted(name for name, each in leases.items() if not each.is_given_back))

    def is_left(self, lease: Lease) -> bool:
        """Whether nobody holds a lease: it was given back, or its process failed or ended."""
        if lease.is_given_back or self._processes.is_dead(lease):
            return True
        is_mine = self._processes.me() == ProcessIdentity(
            **lease.model_dump(include=set(ProcessIdentity.model_fields))
        )
        return is_mine and self._mark(lease) not in _HELD

    def _mark(self, lease: Lease) -> tuple[str, str, int]:
        return (str(self._table.folder.resolve()), lease.dataset, lease.epoch)

    def _taken(self, leases: dict[str, Lease], dataset: str, holder: str) -> Lease:
        seconds, found = self._clock.seconds(), leases.get(dataset)
        self._watch.look(leases, seconds)
        if found and not self.is_left(found) and not self._watch.has_ended(found, seconds):
            raise IsHeldError(found)
        me, now = self._processes.me(), self._clock.now()
        return Lease(
            **me.model_dump(),
            dataset=dataset,
            epoch=1 if found is None else found.epoch + 1,
            holder=holder,
            taken_at=now,
            renewed_at=now,
            reached=None if found is None else found.reached,
        )

    def _kept(
        self,
        leases: dict[str, Lease],
        lease: Lease,
        *,
        renewed_at: datetime | None,
        reached: int | None = None,
    ) -> Lease:
        found = leases.get(lease.dataset)
        if found is None or found.epoch != lease.epoch or found.renewed_at is None:
            raise lost_error(lease)
        if renewed_at is not None:
            # Also where a clock stops or jumps back, others see that the lease was renewed.
            renewed_at = max(renewed_at, found.renewed_at + timedelta(microseconds=1))
        reached = found.reached if reached is None else reached
        return found.model_copy(update={"renewed_at": renewed_at, "reached": reached})

    def _change(
        self, decide: Callable[[dict[str, Lease]], Lease], *, is_taken: bool = False
    ) -> Lease:
        for _ in range(MOST_RACES):
            version, leases = self._table.read()
            changed = decide(leases)
            mark = self._mark(changed)
            try:
                with _HELD.adding(mark) if is_taken else contextlib.nullcontext():
                    self._table.write({**leases, changed.dataset: changed}, based_on=version)
            except CommitRaceError:
                continue
            return changed
        raise StorageRefusedError(
            f"The leases in {self._table.folder} change too fast to be taken."
        )
