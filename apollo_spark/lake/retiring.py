"""Retire a version: one more row of the registry, by the same compare-and-set as any other.

The lease of the name is held, so that nobody takes the version as the base of a next one
meanwhile. Whoever publishes under another name looks at the registry once more before its commit,
and what is published already holds its own pins.
"""

import contextlib
from datetime import datetime
from uuid import uuid4

from apollo_spark.errors import CommitRaceError
from apollo_spark.lake.leases.keeper import HeldLease
from apollo_spark.lake.leases.leases import LeaseStore
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.lake.registry.registry import Registry
from apollo_spark.lake.registry.rows import stored_retirement
from apollo_spark.lake.registry.snapshot import RecordEntry
from apollo_spark.model.names import RecordReference
from apollo_spark.model.retirement import RetirementRecord


def retire_version(
    entry: RecordEntry,
    *,
    registry: Registry,
    leases: LeaseStore,
    actor: str,
    time: datetime,
    on_step: OnStep = no_step,
) -> RecordEntry:
    """End a version and return how the registry shows it now.

    Args:
        entry: The version.
        registry: Where it is published.
        leases: Where the lease of its name is taken.
        actor: Who retires it.
        time: When, by the clock here; no time is before what happened to the name last.
        on_step: Called with the name of each step before it acts.

    Returns:
        The version with who retired it; somebody may have done so before.

    Raises:
        LeaseHeldError: Somebody is writing the name.
        LeaseLostError: The lease passed to somebody else.
        StorageRefusedError: The storage refused.
    """
    reference = RecordReference(name=entry.name, version=entry.version)
    row = RetirementRecord(
        name=entry.name,
        version=entry.version,
        id=str(uuid4()),
        record_id=entry.id,
        actor=actor,
        time=time,
    )
    on_step("take the lease")
    with HeldLease(leases, entry.name, actor) as lease:
        while True:
            on_step(f"retire {entry}")
            snapshot = registry.snapshot()
            if (found := snapshot.find(reference)).retired is not None:
                return found
            lease.require()
            row = row.model_copy(update={"time": snapshot.time_after(entry.name, time)})
            with contextlib.suppress(CommitRaceError):
                lease.leave(registry.append([stored_retirement(row)], based_on=snapshot.version))
