"""All versions of a record: what made each, when, who, how many rows, and whether it is retired."""

from typing import Any

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.registry.rows import read_stored
from apollo_spark.lake.registry.snapshot import RecordEntry
from apollo_spark.model.dataset import DatasetRecord


def describe_history(lake: Lake, name: str) -> list[dict[str, Any]]:
    """Return one JSON object a version, newest last.

    `rows` are those of the main entity as it is stored; None where something of it is hidden, or
    where there is none.

    Raises:
        NotFoundError: There is no record of that name.
        BrokenPinError: A record is not as it was published.
    """
    entries = lake.history(name)
    records = {
        entry.version: read_stored(entry, text)
        for entry, text in lake.registry.read_texts(entries)
        if entry.kind == "dataset"
    }
    return [_line(entry, records.get(entry.version)) for entry in entries]


def _line(entry: RecordEntry, record: DatasetRecord | None) -> dict[str, Any]:
    return {
        **entry.model_dump(mode="json"),
        "operation": record.lineage.operation if record else None,
        "rows": main_rows(record) if record else None,
    }


def main_rows(record: DatasetRecord) -> int | None:
    """Return the rows of the main entity, or None where something of them is hidden."""
    main = record.find_entity(record.main_entity)
    if main is None or record.hides:
        return None
    return record.pin_of(main.slices[0].table).rows
