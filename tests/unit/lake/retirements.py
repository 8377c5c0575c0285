"""Versions that are retired, and records that are based on them."""

from datetime import datetime, timezone

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.registry.snapshot import RecordEntry
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import parse_reference
from tests.support.clock import HandClock
from tests.support.contexts import stepping
from tests.support.ending import retire

NOON = datetime(2026, 4, 1, 12, tzinfo=timezone.utc)


def end(lake: Lake, version: str) -> RecordEntry:
    lake.clock = HandClock(NOON)
    return retire(stepping(lake), version)


def named(lake: Lake, text: str) -> str:
    return str(lake.registry.snapshot().get(parse_reference(text)))


def merge(lake: Lake, parent: DatasetRecord, *, name: str = "merged") -> DatasetRecord:
    """Publish a record that is based on another one: it names it and pins its tables."""
    with lake.publication(name, holder="ann") as publication:
        return publication.commit(lambda version: record_over(parent, name, version))


def record_over(parent: DatasetRecord, name: str, version: int) -> DatasetRecord:
    lineage = parent.lineage.model_copy(
        update={"operation": "merge clinical", "parents": (str(parent),)}
    )
    return parent.model_copy(
        update={"name": name, "version": version, "id": f"{name}-{version}", "lineage": lineage}
    )
