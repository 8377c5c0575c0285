"""Rows of small tables that this process alone describes: the registry, the leases.

The files are written here, with checksums, and each commit says which files the table has after
it, so that a reader finds a damaged file and a damaged log alike.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, Schema
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from apollo_spark.errors import broken_file
from apollo_spark.lake.tables.commits import (
    FILES_KEY,
    compare_and_set,
    file_sizes,
    one_try,
    open_version,
    reading_file,
    require_size,
    version_of,
)
from apollo_spark.lake.tables.contents import file_names, files_digest
from apollo_spark.lake.tables.log_cache import FILES, SMALL, TABLES
from apollo_spark.lake.tables.log_faults import LOG, broken_log, commit_name
from apollo_spark.workers.files.checksums import check_chunks

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
        table: Its newest version, as it was opened for this alone; None where it is made.
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
    TABLES.keep_committed(folder, table)


def read_rows(
    table: DeltaTable,
    folder: Path,
    columns: Sequence[str],
    *,
    where: Callable[[pa.Table], Sequence[bool]] | None = None,
    keys: Sequence[str] = (),
    only: Callable[[str], bool] | None = None,
) -> Iterator[pa.Table]:
    """Yield the rows of an open table in a folder, a group of rows at a time.

    Every file is checked against its checksums and the size that the log says. They are read by
    pyarrow itself. The file access that delta-rs would bring calls Python from pyarrow's threads:
    one that still does so when Python ends takes the process down, after its work and with the
    wrong exit code. And `pyarrow.dataset` loads pandas, which takes longer than most commands.
    Nor is `pyarrow.compute` needed, which takes a third of the time of `apollo list`.

    Args:
        table: The table; its files have no partitions.
        folder: Where it lies.
        columns: What is read.
        where: Says of the columns `keys` which rows are wanted; the others are not read.
        keys: What `where` looks at.
        only: Says which files are read, by name; None are all.

    Raises:
        BrokenPinError: A file is missing or damaged.
        StorageRefusedError: The storage refused.
    """
    for name, size in sorted(file_sizes(table).items()):
        if only is not None and not only(name):
            continue
        path = folder / name
        with reading_file(path):
            stat = require_size(path, size)
        if size <= SMALL:
            groups = FILES.groups(str(path), stat, partial(_read_all, path))
            readers = [partial(_select, each) for each in groups]
            yield from _rows_of(readers, columns, where, keys)
            continue
        with reading_file(path):
            check_chunks(str(path))
            opened = pq.ParquetFile(path)
        with opened as file:
            numbers = range(file.num_row_groups)
            readers = [partial(_read_group, file, path, each) for each in numbers]
            yield from _rows_of(readers, columns, where, keys)


def _rows_of(
    groups: Iterable[Callable[[Sequence[str]], pa.Table]],
    columns: Sequence[str],
    where: Callable[[pa.Table], Sequence[bool]] | None,
    keys: Sequence[str],
) -> Iterator[pa.Table]:
    """Yield the rows that are wanted of groups, each of which gives columns."""
    for read in groups:
        if where is None:
            yield read(columns)
            continue
        wanted = where(read(keys))
        if any(wanted):
            yield _only(read(columns), wanted)


def _select(group: pa.Table, columns: Sequence[str]) -> pa.Table:
    """Return those of some columns that a file has: older ones lack the newest."""
    return group.select([each for each in columns if each in group.column_names])


def _read_all(path: Path) -> list[pa.Table]:
    """Read all rows of a small file, by its groups of rows."""
    with reading_file(path):
        check_chunks(str(path))
        with pq.ParquetFile(path) as file:
            return [file.read_row_group(each) for each in range(file.num_row_groups)]


def _only(rows: pa.Table, wanted: Sequence[bool]) -> pa.Table:
    """Return the rows that are wanted, of which there is one at least, a run of them at a time."""
    runs, start = [], 0
    for is_wanted, run in groupby(wanted):
        length = len(list(run))
        if is_wanted:
            runs.append(rows.slice(start, length))
        start += length
    return pa.concat_tables(runs)


def _read_group(file: pq.ParquetFile, path: Path, group: int, columns: Sequence[str]) -> pa.Table:
    with reading_file(path):
        return file.read_row_group(group, columns=[*columns])


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
