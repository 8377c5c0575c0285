"""Sweeps of a small lake some days from now, and what they leave."""

import time
from collections.abc import Callable

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.lake.sweep.receipt import SweepReceipt
from apollo_spark.lake.sweep.sweeping import SweepPlan
from apollo_spark.lake.tables.contents import file_names
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.verbs.verify.verify import verify_records
from tests.support.contexts import stepping
from tests.support.ending import apply_gc, retire
from tests.unit.lake.small_lake import (
    FIRST,
    SECOND,
    publish,
)

DAY_NS = 24 * 3600 * 10**9


def later(days: float = 8) -> Callable[[], int]:
    """Return a clock that shows what will be in some days."""
    return lambda: time.time_ns() + int(days * DAY_NS)


def sweep(lake: Lake, *, on_step: OnStep = no_step, days: float = 8) -> SweepReceipt:
    return apply_gc(stepping(lake, on_step), clock_ns=later(days))


def data_files(lake: Lake) -> set[str]:
    """Return all Parquet files of tables, named from the folder of the lake."""
    found = (lake.root.path / "tables").rglob("*.parquet")
    return {
        str(each.relative_to(lake.root.path)) for each in found if "_delta_log" not in str(each)
    }


def files_of(lake: Lake, *records: DatasetRecord) -> set[str]:
    """Return the files that records read."""
    pins = (pin for each in records for pin in each.pins)
    return {f"{pin.location}/{name}" for pin in pins for name in file_names(lake.tables.open(pin))}


def named(plan: SweepPlan | None) -> set[str]:
    """Return the Parquet files that a plan names."""
    assert plan is not None
    return {
        f"{table.location}/{file.name}"
        for table in plan.tables
        for file in table.remove
        if not file.name.startswith("_delta_log/")
    }


def require_sound(lake: Lake) -> None:
    assert verify_records(lake, None, deep=True).problems == ()


def two_versions(lake: Lake) -> tuple[DatasetRecord, DatasetRecord]:
    """Publish two versions and retire the first: its files are read by nobody."""
    records = publish(lake, FIRST), publish(lake, SECOND)
    retire(stepping(lake), "study@1")
    return records
