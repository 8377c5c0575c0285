"""Statistics in the log of a table that rule out values which its files have."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from apollo_spark.errors import BrokenPinError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.pin import TablePin
from apollo_spark.workers.files.small_table import write_small_table

PLACE = "tables/study/patient"
TABLE = pa.table({"key": ["P1", "P3"], "age": pa.array([30, None], pa.int64())})
TIME = datetime(2020, 2, 29, 23, 59, 59, 999_999, timezone.utc)
EDGES: dict[str, list[Any]] = {
    "string": ["", "a", "é\u200b", "x" * 32, "x" * 31 + "🫀", '"\\\n', None],
    "long text": ["a", "x" * 33, "y" * 5_000, None],
    "int64": [-(2**63), 2**63 - 1, 2**53 + 1, 0, None],
    "float64": [-0.0, 0.0, 5e-324, -1.7976931348623157e308, 0.1, None],
    "not a number": [float("nan"), 1.5, float("nan"), None],
    "date32[day]": [date(1, 1, 1), date(9999, 12, 31), date(1970, 1, 1), None],
    "timestamp": [TIME, datetime(1, 1, 1, tzinfo=timezone.utc), TIME - timedelta(days=9e4), None],
    "nothing": [None, None],
}
TYPES = {
    "string": pa.string(), "long text": pa.string(), "int64": pa.int64(), "float64": pa.float64(),
    "not a number": pa.float64(), "date32[day]": pa.date32(), "nothing": pa.string(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}  # fmt: skip
LISTS = pa.array([["a", "b"], None], pa.list_(pa.field("element", pa.string())))


def publish(lake: Lake, table: pa.Table) -> TablePin:
    """Commit rows as a table of two files, and pin it."""
    lake.tables.prepare(PLACE, None, "L1")
    folder = lake.tables.folder(PLACE)
    files = [write_small_table(folder, each) for each in (table, table.slice(0, 1))]
    version = lake.tables.commit(PLACE, files, table.schema, mode="overwrite", load_id="L1")
    return lake.tables.pin("patient", PLACE, version, content_hash="c")


@pytest.mark.parametrize("kind", EDGES)
def test_what_is_written_passes_whatever_the_values(lake: Lake, kind: str) -> None:
    pin = publish(lake, pa.table({"value": pa.array(EDGES[kind], TYPES[kind])}))

    lake.tables.require_statistics(pin)


def test_lists_have_no_statistics_and_pass(lake: Lake) -> None:
    pin = publish(lake, pa.table({"key": ["P1", "P2"], "several": LISTS}))

    lake.tables.require_statistics(pin)


def less(stats: dict[str, Any]) -> None:
    stats["maxValues"]["key"] = "P2"


def more(stats: dict[str, Any]) -> None:
    stats["minValues"]["key"] = "P2"


def elsewhere(stats: dict[str, Any]) -> None:
    stats["minValues"]["age"] = stats["maxValues"]["age"] = 50


def all_missing(stats: dict[str, Any]) -> None:
    stats["nullCount"]["key"] = 2


def none_missing(stats: dict[str, Any]) -> None:
    stats["nullCount"]["age"] = 0


def no_rows(stats: dict[str, Any]) -> None:
    stats["numRecords"] = 0


def wider(stats: dict[str, Any]) -> None:
    stats["minValues"]["key"], stats["maxValues"]["key"] = "A", "Z"


def forge(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the statistics of the file with two rows in a log."""
    (log,) = (folder / "_delta_log").glob("*.json")
    lines = [json.loads(each) for each in log.read_text().splitlines()]
    for each in lines:
        stats = json.loads(each.get("add", {}).get("stats", "{}"))
        if stats.get("numRecords") == 2:
            change(stats)
            each["add"]["stats"] = json.dumps(stats)
    log.write_text("".join(json.dumps(each) + "\n" for each in lines))


@pytest.mark.parametrize("change", [less, more, elsewhere, all_missing, none_missing, no_rows])
def test_statistics_that_hide_a_value_are_a_broken_log(
    lake: Lake, change: Callable[[dict[str, Any]], None]
) -> None:
    pin = publish(lake, TABLE)
    forge(lake.tables.folder(PLACE), change)

    with pytest.raises(BrokenPinError, match=r"_delta_log.*its statistics are not those of"):
        lake.tables.require_statistics(pin)


def test_statistics_that_hide_nothing_pass(lake: Lake) -> None:
    pin = publish(lake, TABLE)
    forge(lake.tables.folder(PLACE), wider)

    lake.tables.require_statistics(pin)
