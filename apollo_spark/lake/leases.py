"""Leases: who may publish the next version of a name, for one minute at a time.

The table `registry/leases` has one row per name. Taking, renewing and giving back are commits by
compare-and-set of the whole small table. The epoch of a name grows whenever its lease is taken,
so that a holder who slept too long finds out. The table is scratch: its old versions are removed.

Whoever publishes leaves the version that the registry reached with the lease given back: readers
find by it that the registry has lost its last commits.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pyarrow as pa
from deltalake import write_deltalake
from deltalake.exceptions import DeltaError

from apollo_spark.errors import (
    ApolloError,
    CommitRaceError,
    LeaseHeldError,
    LeaseLostError,
    StorageRefusedError,
)
from apollo_spark.lake.commits import (
    NO_TABLE,
    compare_and_set,
    one_try,
    open_head,
    race,
    read_rows,
    to_dicts,
    version_of,
)
from apollo_spark.lake.processes import Processes, ProcessIdentity, SystemProcesses
from apollo_spark.lake.storage import LakeRoot

VALID = timedelta(seconds=60)
RENEW_SECONDS = 15.0
LOOK_SECONDS = 1.0
"""How often a waiting writer looks again."""
SHORT_LIVED = {
    "delta.deletedFileRetentionDuration": "interval 1 hours",
    "delta.logRetentionDuration": "interval 1 hours",
    "delta.enableExpiredLogCleanup": "true",
    "delta.checkpointInterval": "20",
}
SWEEP_EVERY = 50
SWEEP_HOURS = 1
# Every lost race is somebody else's success, and there are few writers.
MOST_RACES = 200
SCHEMA = pa.schema(
    [
        ("dataset", pa.string()),
        ("epoch", pa.int64()),
        ("holder", pa.string()),
        ("host", pa.string()),
        ("machine", pa.string()),
        ("pid", pa.int64()),
        ("started", pa.string()),
        ("taken_at", pa.timestamp("us", tz="UTC")),
        ("renewed_at", pa.timestamp("us", tz="UTC")),
        ("reached", pa.int64()),
    ]
)

logger = logging.getLogger(__name__)


class Lease(ProcessIdentity):
    """The right of one process to publish under a name; given back where `renewed_at` is None.

    `reached` is the version of the registry that the last publication under the name made.
    """

    dataset: str
    epoch: int
    holder: str
    taken_at: datetime
    renewed_at: datetime | None
    reached: int | None = None

    def is_free(self, now: datetime, processes: Processes) -> bool:
        """Whether somebody else may take the lease over."""
        if self.renewed_at is None or now - self.renewed_at >= VALID:
            return True
        return processes.is_dead(self)


def now_utc() -> datetime:
    """Return the time of this moment."""
    return datetime.now(timezone.utc)


class LeaseStore:
    """The table `registry/leases` of a lake.

    Args:
        root: The lake.
        clock: Gives the time, in UTC.
        processes: Knows which processes run.
        pause: Waits for a number of seconds.
    """

    def __init__(
        self,
        root: LakeRoot,
        *,
        clock: Callable[[], datetime] = now_utc,
        processes: Processes | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._root = root
        self._folder = root.place("registry", "leases")
        self._clock = clock
        self._processes = processes or SystemProcesses()
        self._pause = pause

    def take(self, dataset: str, holder: str, *, wait_seconds: float = 0) -> Lease:
        """Take the lease of a name.

        Args:
            dataset: The name; upper and lower case are the same.
            holder: Who asks, for the message to others.
            wait_seconds: How long to wait for somebody else to finish.

        Raises:
            LeaseHeldError: Somebody else holds it; the message says who and since when.
            StorageRefusedError: The storage refused.
        """
        give_up = self._clock() + timedelta(seconds=wait_seconds)
        while True:
            try:
                return self._change(lambda leases: self._taken(leases, dataset.casefold(), holder))
            except LeaseHeldError:
                if self._clock() >= give_up:
                    raise
            self._pause(LOOK_SECONDS)

    def renew(self, lease: Lease) -> Lease:
        """Make a lease valid for another minute.

        Raises:
            LeaseLostError: It passed to somebody else.
            StorageRefusedError: The storage refused.
        """
        return self._change(lambda leases: self._kept(leases, lease, renewed_at=self._clock()))

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

    def is_current(self, lease: Lease) -> bool:
        """Whether a lease has not passed to somebody else, nor been given back."""
        _, leases = self._read()
        found = leases.get(lease.dataset)
        return found is not None and found.epoch == lease.epoch and found.renewed_at is not None

    def find(self, dataset: str) -> Lease | None:
        """Return the lease of a name as it stands, or None if nobody ever took it."""
        return self._read()[1].get(dataset.casefold())

    def reached(self) -> int:
        """Return the version that the registry reached, as leases given back tell.

        Raises:
            StorageRefusedError: The storage refused.
        """
        _, leases = self._read()
        known = (each.reached for each in leases.values() if each.reached is not None)
        return max(known, default=NO_TABLE)

    def not_given_back(self) -> tuple[str, ...]:
        """Return the names whose lease is held, or was when its holder ended or fell asleep."""
        _, leases = self._read()
        return tuple(sorted(name for name, each in leases.items() if each.renewed_at is not None))

    def _taken(self, leases: dict[str, Lease], dataset: str, holder: str) -> Lease:
        now = self._clock()
        found = leases.get(dataset)
        if found is not None and not found.is_free(now, self._processes):
            raise _held(found)
        me = self._processes.me()
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
            raise lost(lease)
        reached = found.reached if reached is None else reached
        return found.model_copy(update={"renewed_at": renewed_at, "reached": reached})

    def _change(self, decide: Callable[[dict[str, Lease]], Lease]) -> Lease:
        for _ in range(MOST_RACES):
            version, leases = self._read()
            changed = decide(leases)
            try:
                self._write({**leases, changed.dataset: changed}, based_on=version)
            except CommitRaceError:
                continue
            return changed
        raise StorageRefusedError(f"The leases in {self._folder} change too fast to be taken.")

    def _read(self) -> tuple[int, dict[str, Lease]]:
        table = open_head(self._folder)
        if table is None:
            return NO_TABLE, {}
        groups = read_rows(table, self._folder, SCHEMA.names)
        rows = [row for group in groups for row in to_dicts(group)]
        return version_of(table), {row["dataset"]: Lease(**row) for row in rows}

    def _write(self, leases: dict[str, Lease], *, based_on: int) -> None:
        self._root.make_folder("registry", "leases")
        rows = pa.Table.from_pylist([each.model_dump() for each in leases.values()], SCHEMA)
        table = open_head(self._folder)
        if version_of(table) != based_on:
            raise race(self._folder)
        with compare_and_set(self._folder, based_on=based_on):
            if table is None:
                write_deltalake(
                    str(self._folder), rows, configuration=SHORT_LIVED, commit_properties=one_try()
                )
            else:
                # A table that an earlier version made has fewer columns.
                write_deltalake(
                    table,
                    rows,
                    mode="overwrite",
                    schema_mode="overwrite",
                    commit_properties=one_try(),
                )
        if (based_on + 1) % SWEEP_EVERY == 0:
            self.sweep()

    def sweep(self, *, older_than_hours: int = SWEEP_HOURS) -> None:
        """Delete the files of old versions of the table of leases."""
        try:
            if (table := open_head(self._folder)) is not None:
                table.vacuum(
                    older_than_hours, dry_run=False, enforce_retention_duration=False, full=True
                )
        except (ApolloError, DeltaError):
            # Somebody else sweeps too, or will: nobody reads old leases.
            logger.debug("the leases were not swept")


def _held(lease: Lease) -> LeaseHeldError:
    return LeaseHeldError(
        f"Somebody is writing {lease.dataset!r} already.",
        why=f"{lease.holder} (host {lease.host}, process {lease.pid}) does so since "
        f"{lease.taken_at:%Y-%m-%dT%H:%M:%SZ}.",
        fix="Run the command again when that is done.",
    )


def lost(lease: Lease) -> LeaseLostError:
    """Return the error for a lease that passed to somebody else."""
    return LeaseLostError(
        f"The lease of {lease.dataset!r} passed to somebody else; nothing was published.",
        why=f"It was not renewed for {VALID.seconds} seconds, or its process seemed dead.",
        fix="Run the command again.",
    )
