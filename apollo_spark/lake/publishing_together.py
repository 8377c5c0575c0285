"""Publish the next versions of several names by one commit: all of them or none.

The protocol is that of `lake/publishing.py` for records that write no table: the leases of all
names are taken, in the order of the names so that two that publish together never wait for each
other, and one commit of the registry appends all records after each was checked. A record may be
based on another one of the same commit.
"""

import contextlib
from collections.abc import Sequence

from apollo_spark.errors import CommitRaceError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.leases.keeper import HeldLease
from apollo_spark.lake.planned_lake import PlannedRegistry
from apollo_spark.lake.publishing import OnStep, is_published, require_free
from apollo_spark.lake.registry.reach import require_unretired
from apollo_spark.lake.registry.rows import stored_form
from apollo_spark.lake.registry.snapshot import RegistrySnapshot
from apollo_spark.model.record import PublishedRecord


def publish_together(
    lake: Lake, records: Sequence[PublishedRecord], *, holder: str, on_step: OnStep
) -> None:
    """Publish records, each the next version of its name; their parts are stored already.

    Args:
        lake: Where they are published.
        records: The records: none is the parent of one before it.
        holder: Who publishes, for the message to others.
        on_step: Called with the name of each step before it acts.

    Raises:
        CommitRaceError: A version was published by somebody else since these were planned.
        ConflictError: A pin is in no unretired record.
        LeaseHeldError: Somebody else is writing a name, for longer than this lake waits.
        NotFoundError: A parent was retired.
        StorageRefusedError: The storage refused.
    """
    on_step("take the leases")
    with contextlib.ExitStack() as held:
        names = sorted({each.name for each in records}, key=str.casefold)
        leases = [held.enter_context(HeldLease(lake.leases, each, holder)) for each in names]
        lake.spare.keep()
        reached = _commit(lake, records, leases, on_step)
        for each in leases:
            each.leave(reached)


def _commit(
    lake: Lake, records: Sequence[PublishedRecord], leases: Sequence[HeldLease], on_step: OnStep
) -> int:
    """Append all records and return the version that the registry reached."""
    while True:
        on_step(f"publish {', '.join(map(str, records))}")
        snapshot = lake.registry.snapshot()
        timed = [
            each.at_time(snapshot.time_after(each.name, each.lineage.time)) for each in records
        ]
        stored = [stored_form(each) for each in timed]
        if all(is_published(snapshot, each) for each in stored):
            return snapshot.version
        for lease in leases:
            lease.require()
        _require_sound(lake, timed, snapshot)
        with contextlib.suppress(CommitRaceError):
            return lake.registry.append(stored, based_on=snapshot.version)


def _require_sound(
    lake: Lake, records: Sequence[PublishedRecord], snapshot: RegistrySnapshot
) -> None:
    for each in records:
        require_free(snapshot, each)
    # What is published by the same commit is there for those that come after it.
    ahead = PlannedRegistry(lake.root, lake.leases, records)
    for each in records:
        require_unretired(each, frozenset(), ahead.snapshot(), ahead)
