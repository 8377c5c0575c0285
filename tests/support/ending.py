"""Retiring and sweeping as verbs do it, in one line of a test."""

import time
from collections.abc import Callable

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.registry.snapshot import RecordEntry
from apollo_spark.lake.sweep.receipt import SweepReceipt
from apollo_spark.model.names import parse_reference
from apollo_spark.operations.context import Context
from apollo_spark.verbs.gc import GRACE_HOURS, GcRequest, Sweep
from apollo_spark.verbs.retire import Retire, RetirePlan, RetireRequest


def retire(context: Context, version: str) -> RecordEntry:
    """Retire a version and return how the registry shows it then."""
    Retire(context, RetireRequest(version=version)).run()
    return context.lake.registry.snapshot().find(parse_reference(version))


def plan_retirement(lake: Lake, version: str) -> RetirePlan:
    return Retire(Context(lake), RetireRequest(version=version)).plan()


def apply_gc(
    context: Context,
    *,
    grace_hours: float = GRACE_HOURS,
    clock_ns: Callable[[], int] = time.time_ns,
) -> SweepReceipt:
    return Sweep(context, GcRequest(apply=True, grace=grace_hours), clock_ns).run().receipt


def plan_gc(
    lake: Lake, *, grace_hours: float = GRACE_HOURS, clock_ns: Callable[[], int] = time.time_ns
) -> SweepReceipt:
    return Sweep(Context(lake), GcRequest(grace=grace_hours), clock_ns).run().receipt
