"""Commit rows to a small table that this process alone describes: the registry, the leases.

The files are written here, with checksums, and each commit says which files the table has after
it, so that a reader finds a damaged file and a damaged log alike.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from deltalake import DeltaTable, Schema
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from apollo_spark.errors import broken_file
from apollo_spark.lake.tables.commits import (
    FILES_KEY,
    compare_and_set,
    file_sizes,
    one_try,
    open_version,
    version_of,
)
from apollo_spark.lake.tables.contents import file_names, files_digest
from apollo_spark.lake.tables.log_faults import LOG, broken_log, commit_name

Mode = Literal["append", "overwrite"]
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def commit_rows(
    folder: Path,
    table: DeltaTable | None,
    rows: pa.Table,
    *,
    mode: Mode,
    configuration: Mapping[str, str],
    removed: Sequence[str] = (),
    group_rows: int | None = None,
) -> None:
    """Commit rows as the next version of a table, or fail.

    Args:
        folder: The table, which is there.
        table: Its newest version, as it was opened; None where it is made.
        rows: The rows; none make a commit without a file.
        mode: Whether they replace the others.
        configuration: The properties of a table that is made.
        removed: With `append`, names of files whose rows go.
        group_rows: Rows of a row group; None is all of them.

    Raises:
        CommitRaceError: The table has a newer version.
        StorageRefusedError: The storage refused.
    """
    # Who only asks loads this module too, and never writes.
    from apollo_spark.workers.files.small_table import write_small_table

    based_on = version_of(table)
    with compare_and_set(folder, based_on=based_on):
        sizes = {} if table is None else file_sizes(table)
        written = [write_small_table(folder, rows, group_rows=group_rows)] if len(rows) else []
        added = [_add_action(folder, each.path, each.size, each.stats) for each in written]
        kept = () if mode == "overwrite" else sizes.keys() - set(removed)
        names = sorted([*kept, *(each.path for each in written)])
        tag = one_try(files=files_digest(names))
        columns = Schema.from_arrow(rows.schema)
        if table is None:
            create_table_with_add_actions(
                str(folder), columns, added, configuration=dict(configuration),
                commit_properties=tag,
            )  # fmt: skip
            return
        gone = [RemoveAction(each, True, 0, sizes[each], {}) for each in removed]
        table.create_write_transaction([*gone, *added], mode, columns, commit_properties=tag)


def require_own_files(folder: Path, table: DeltaTable) -> bool:
    """Require that a table has the files that its last commit names; False if it names none.

    Raises:
        BrokenPinError: It has others, or the commit cannot be read.
    """
    expected = _files_of_commit(folder, table.version())
    if expected is None:
        return False
    if files_digest(file_names(table)) != expected:
        why = "it names other files than were written"
        raise broken_log(folder, _first_other(folder, table.version()), why)
    return True


def _first_other(folder: Path, newest: int) -> int:
    """Return the first version whose files are not those that its commit names."""
    for version in range(newest):
        opened = open_version(folder, version)
        if opened is None:
            return version
        expected = _files_of_commit(folder, version)
        if expected is not None and files_digest(file_names(opened)) != expected:
            return version
    return newest


def _files_of_commit(folder: Path, version: int) -> str | None:
    path = folder / LOG / commit_name(version)
    try:
        actions = [json.loads(each) for each in path.read_text(encoding="utf-8").splitlines()]
        told = [each["commitInfo"] for each in actions if "commitInfo" in each]
        if not told:
            raise broken_file(str(path), "it is damaged")
        return next((each[FILES_KEY] for each in told if FILES_KEY in each), None)
    except FileNotFoundError:
        raise broken_file(str(path), "it is missing") from None
    except (OSError, ValueError, TypeError, KeyError):
        raise broken_file(str(path), "it is damaged") from None


def _add_action(folder: Path, name: str, size: int, stats: str) -> AddAction:
    modified = (folder / name).stat().st_mtime
    return AddAction(name, size, {}, int(modified * 1000), True, stats)


def to_dicts(table: pa.Table) -> list[dict[str, Any]]:
    """Return rows as dicts; times, which are in microseconds of UTC, as `datetime`.

    It is what `to_pylist` returns, which loads pandas for times; a cast would load
    `pyarrow.compute`.
    """
    columns = {}
    for name in table.column_names:
        values = table.column(name)
        if pa.types.is_timestamp(values.type):
            plain = (chunk.view(pa.int64()).to_pylist() for chunk in values.chunks)
            columns[name] = [_moment(each) for chunk in plain for each in chunk]
        else:
            columns[name] = values.to_pylist()
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else EPOCH + timedelta(microseconds=microseconds)
