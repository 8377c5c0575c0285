"""All versions of a record: what made each, when, who, how many rows, and whether it is retired."""

from typing import Any

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.registry.snapshot import RecordEntry
from apollo_spark.model.record import Published


def describe_history(lake: Lake, name: str) -> list[dict[str, Any]]:
    """Return one JSON object a version, newest last.

    `rows` are those of the main entity as it is stored; None where something of it is hidden, or
    where there is none.

    Raises:
        NotFoundError: There is no record of that name.
        BrokenPinError: A record is not as it was published.
    """
    entries = lake.history(name)
    records = {each.version: each for each in lake.registry.read_all(entries, Published)}
    return [_line(entry, records.get(entry.version)) for entry in entries]


def _line(entry: RecordEntry, record: Published | None) -> dict[str, Any]:
    return {
        **entry.model_dump(mode="json"),
        "operation": record.lineage.operation if record else None,
        "rows": record.main_rows if record else None,
    }
