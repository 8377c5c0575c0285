"""Check what a log says of the values in files: readers of Delta leave files out by it.

Spark does not open a file whose least and largest values, rows or missing values rule out what is
asked for; an upsert compares the files that may hold a key. No record pins the file of a log, so
its statistics are held against the footers of the files, whose bytes are pinned by their names.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
from deltalake import DeltaTable

from apollo_spark.lake.tables.commits import reading_file
from apollo_spark.lake.tables.contents import StoredFile, stored_files
from apollo_spark.lake.tables.log_faults import broken_log


class _Known(NamedTuple):
    """What the footer of a file says of a column; no bounds where it has none."""

    nulls: int | None
    least: Any
    largest: Any


def require_statistics(
    folder: Path, opened: DeltaTable, columns: Collection[str] | None = None
) -> None:
    """Require that no statistic of a log rules out values that are in its files.

    Args:
        folder: The table.
        opened: A version of it.
        columns: The columns that are asked for; None is all of them.

    Raises:
        BrokenPinError: One does.
        StorageRefusedError: The storage refused.
    """
    for each in stored_files(opened):
        path = folder / each.path
        with reading_file(path):
            state = path.stat()
            names = frozenset([*each.nulls, *each.least, *each.largest])
            at = state.st_mtime_ns, state.st_ino
            if columns is not None:
                names &= frozenset(columns)
            rows, known = _read(str(path), names, state.st_size, at)
        if rows != each.rows or not all(
            _may_be_said(each, name, found) for name, found in known.items()
        ):
            why = f"its statistics are not those of the file {each.path}"
            raise broken_log(folder, opened.version(), why)


def _may_be_said(file: StoredFile, name: str, known: _Known) -> bool:
    """Return whether what the log says of a column of a file leaves no value of it out."""
    nulls = file.nulls.get(name)
    if nulls is not None and known.nulls is not None and nulls != known.nulls:
        return False
    if name not in file.least and name not in file.largest:
        return True
    if known.least is None:
        # A column without values has no bounds, nor has one with a text too long for them.
        return False
    try:
        is_above = name in file.least and _bound(file.least[name]) > _bound(known.least)
        is_below = name in file.largest and _bound(file.largest[name]) < _bound(known.largest)
    except TypeError:
        return False
    return not (is_above or is_below)


def _bound(value: Any) -> Any:
    """Return a bound as one that can be compared: the log has times with a zone or without."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=timezone.utc)
    return value


@lru_cache(maxsize=4096)
def _read(
    path: str,
    names: frozenset[str],
    size: int,  # noqa: ARG001 - part of the cache's key
    state: tuple[int, int],  # noqa: ARG001 - part of the cache's key
) -> tuple[int, Mapping[str, _Known]]:
    """Return what a footer says of some columns; size and state tell it from another one."""
    footer = pq.read_metadata(path)
    groups = [footer.row_group(each) for each in range(footer.num_row_groups)]
    groups = [each for each in groups if each.num_rows]
    leaves = {footer.schema.column(each).path: each for each in range(len(footer.schema))}
    found = {
        name: _known([each.column(place).statistics for each in groups])
        for name, place in leaves.items()
        if name in names
    }
    return footer.num_rows, found


def _known(groups: list[Any]) -> _Known:
    if not groups or any(each is None for each in groups):
        return _Known(None, None, None)
    has_nulls = all(each.has_null_count for each in groups)
    nulls = sum(each.null_count for each in groups) if has_nulls else None
    bounded = [each for each in groups if each.has_min_max]
    if not bounded or any(not each.has_min_max and each.num_values for each in groups):
        return _Known(nulls, None, None)
    return _Known(nulls, min(each.min for each in bounded), max(each.max for each in bounded))
