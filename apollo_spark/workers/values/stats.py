"""Statistics of one Parquet file in the form of the Delta log."""

import json
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# Delta keeps statistics of the first 32 columns, and of text its first 32 characters.
STATS_COLUMNS = 32
TEXT_LENGTH = 32


def delta_stats(schema: pa.Schema, file: pq.FileMetaData) -> str:
    """Give the JSON of `add.stats`: rows, and per column least, greatest and number of nulls.

    A column without a bound (lists, long texts, only nulls) is left out of that bound.
    """
    leaves = {file.schema.column(each).path: each for each in range(len(file.schema))}
    least: dict[str, Any] = {}
    greatest: dict[str, Any] = {}
    nulls: dict[str, int] = {}
    for field in list(schema)[:STATS_COLUMNS]:
        if pa.types.is_list(field.type):
            continue
        groups = [
            file.row_group(each).column(leaves[field.name]).statistics
            for each in range(file.num_row_groups)
            if file.row_group(each).num_rows
        ]
        nulls[field.name] = sum(each.null_count for each in groups)
        bounded = [each for each in groups if each.has_min_max]
        # A group with values but without bounds (very long texts) leaves the file without them.
        if bounded and all(each.has_min_max or each.num_values == 0 for each in groups):
            put_bound(least, field.name, format_bound(min(each.min for each in bounded), 0))
            put_bound(greatest, field.name, format_bound(max(each.max for each in bounded), 999))
    bounds = {"minValues": least, "maxValues": greatest, "nullCount": nulls}
    return json.dumps({"numRecords": file.num_rows, **bounds}, separators=(",", ":"))


def put_bound(bounds: dict[str, Any], name: str, bound: object) -> None:
    """Note a bound unless it is None."""
    if bound is not None:
        bounds[name] = bound


def format_bound(value: object, round_up_micros: int) -> object:
    """Write a bound as Delta does; times in whole milliseconds, rounded away from the values."""
    if isinstance(value, datetime):
        return format_time(value, round_up_micros)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and len(value) > TEXT_LENGTH:
        return None
    return value


def format_time(value: datetime, round_up_micros: int) -> str | None:
    """Write a time in milliseconds; None beyond the last day that can be written."""
    try:
        rounded = value + timedelta(microseconds=round_up_micros)
    except OverflowError:
        return None
    utc = rounded.astimezone(timezone.utc)
    return utc.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
