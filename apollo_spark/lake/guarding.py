"""Guards of names: rows of the registry beside the records, by the same compare-and-set."""

import contextlib
from datetime import datetime
from uuid import uuid4

from apollo_spark.errors import CommitRaceError
from apollo_spark.lake.leases.keeper import HeldLease
from apollo_spark.lake.leases.leases import LeaseStore
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.lake.registry.asked import AskedTable, digest_of_secret
from apollo_spark.lake.registry.registry import Registry
from apollo_spark.lake.registry.rows import stored_guard
from apollo_spark.lake.registry.snapshot import RegistrySnapshot
from apollo_spark.model.disclosure import GuardRecord, Limit


def read_guards(
    registry: Registry, snapshot: RegistrySnapshot
) -> dict[str, tuple[GuardRecord, ...]]:
    """Return what was said of the guard of each name, in lower case, newest last.

    Raises:
        BrokenPinError: A row is not as it was written.
    """
    if not snapshot.guards:
        return {}
    texts = registry.read_texts(snapshot.guards)
    records = [GuardRecord.model_validate_json(text) for _, text in texts]
    found: dict[str, tuple[GuardRecord, ...]] = {}
    for each in sorted(records, key=lambda each: each.version):
        name = each.name.casefold()
        found[name] = (*found.get(name, ()), each)
    return found


def set_guard(
    name: str,
    limit: Limit | None,
    *,
    registry: Registry,
    leases: LeaseStore,
    asked: AskedTable,
    actor: str,
    time: datetime,
    on_step: OnStep = no_step,
) -> GuardRecord | None:
    """Say what holds for a name from now on; None where it does already.

    Args:
        name: The name.
        limit: What holds; None where nothing does any more.
        registry: Where it is published.
        leases: Where the lease of the name is taken.
        asked: Where answers are remembered.
        actor: Who says so.
        time: When, by the clock here.
        on_step: Called with the name of each step before it acts.

    Raises:
        LeaseHeldError: Somebody is writing the name.
        LeaseLostError: The lease passed to somebody else.
        StorageRefusedError: The storage refused.
    """
    on_step("take the lease")
    with HeldLease(leases, name, actor) as lease:
        memory = digest_of_secret(asked.make_secret())
        while True:
            on_step(f"guard {name}")
            snapshot = registry.snapshot()
            before = read_guards(registry, snapshot).get(name.casefold(), ())
            if limit == (before[-1].limit if before else None):
                return None
            lease.require()
            record = GuardRecord(
                name=name,
                version=len(before) + 1,
                id=str(uuid4()),
                limit=limit,
                memory=memory,
                actor=actor,
                time=snapshot.time_after(name, time),
            )
            with contextlib.suppress(CommitRaceError):
                lease.leave(registry.append([stored_guard(record)], based_on=snapshot.version))
                return record
