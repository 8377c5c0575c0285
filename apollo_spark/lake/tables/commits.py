"""Commits to Delta tables by compare-and-set.

Each is the next version after the one it was based on, or it is refused. delta-rs makes a commit
by put-if-absent, so this holds between processes too.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable
from deltalake.exceptions import DeltaError

from apollo_spark.errors import (
    CommitRaceError,
    StorageRefusedError,
    broken_file,
)
from apollo_spark.lake.storage.root import storage_access
from apollo_spark.lake.storage.space import require_space
from apollo_spark.lake.tables.log_faults import SYSTEM_REASON, broken_log, reason_of
from apollo_spark.workers.files.checksums import DamagedFileError, check_chunks

NO_TABLE = -1
"""The version of a table that is not there: the first commit makes version 0."""
LOAD_KEY = "apollo.load"
"""Names the load in the commits that it makes."""
FILES_KEY = "apollo.files"
"""Names the digest of the files that the table has after a commit."""
RETENTION = {
    "delta.deletedFileRetentionDuration": "interval 36500 days",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.enableExpiredLogCleanup": "false",
}
"""Properties that every table is born with.

Without them Delta refuses to read any version older than a week except the newest, and VACUUM
deletes its files.
"""

KNOWN_ACTIONS = "_apollo_actions"
KNOWN_BYTES = 1 << 20

_NOT_THERE = "No such file or directory"


def open_head(folder: Path) -> DeltaTable | None:
    """Open the newest version of a table, or return None where there is no table.

    Raises:
        BrokenPinError: A file of the log is missing or damaged.
        StorageRefusedError: The storage refused.
    """
    if not _has_log(folder):
        return None
    try:
        with _no_panic():
            return DeltaTable(folder)
    except Exception as error:
        found = SYSTEM_REASON.search(str(error))
        if found is None or _NOT_THERE in found[0]:
            raise broken_log(folder, None) from error
        raise StorageRefusedError(
            f"The log of the table {folder} cannot be read.", why=reason_of(error)
        ) from error


def open_version(folder: Path, version: int) -> DeltaTable | None:
    """Open one version of a table, or return None where it cannot be opened.

    What was committed after it, readable or not, does not matter.

    Raises:
        StorageRefusedError: The storage refused.
    """
    if version < 0 or not _has_log(folder):
        return None
    try:
        with _no_panic():
            return DeltaTable(folder, version=version)
    except Exception:  # noqa: BLE001 a damaged log makes errors of many kinds
        return None


@contextmanager
def _no_panic() -> Iterator[None]:
    """Turn a panic of delta-rs, which no `except Exception` catches, into an error."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise DeltaError("delta-rs could not read the log") from error
        raise


def _has_log(folder: Path) -> bool:
    log = folder / "_delta_log"
    with storage_access(f"Cannot look for the table {folder}."):
        # delta-rs reports a folder that it may not open as one that is not there.
        return log.is_dir() and any(each.suffix == ".json" for each in log.iterdir())


def add_actions(table: DeltaTable) -> pa.Table:
    """Return the files of an open table as its log names them.

    Raises:
        BrokenPinError: The log is damaged.
    """
    version = table.version()
    # Every reading asks several times; the answer is kept with the table.
    known: tuple[int, pa.Table] | None = vars(table).get(KNOWN_ACTIONS)
    if known is not None and known[0] == version:
        return known[1]
    try:
        with _no_panic():
            # What `pa.table` makes of it is the same, but it loads pandas to look whether it is
            # one.
            found = pa.RecordBatchReader.from_stream(table.get_add_actions()).read_all()
    except Exception as error:
        raise broken_log(_folder_of(table), version) from error
    if found.nbytes <= KNOWN_BYTES:
        vars(table)[KNOWN_ACTIONS] = (version, found)
    return found


def _folder_of(table: DeltaTable) -> Path:
    return Path(unquote(urlsplit(table.table_uri).path))


def file_sizes(table: DeltaTable) -> dict[str, int]:
    """Return the names of the files of an open table, with their sizes as the log says."""
    actions = add_actions(table)
    sizes: list[int] = actions.column("size_bytes").to_pylist()
    return dict(zip(actions.column("path").to_pylist(), sizes, strict=True))


def require_size(path: Path, size: int) -> os.stat_result:
    """Require that a file is there and as long as it was, and return what it is.

    Raises:
        DamagedFileError: It is not.
        OSError: The storage refused.
    """
    found = path.stat()
    if found.st_size != size:
        raise DamagedFileError(str(path), f"it has {found.st_size:,} bytes instead of {size:,}")
    return found


def require_intact(paths: Iterable[str]) -> None:
    """Require that files are as they were written, as far as they have checksums.

    Raises:
        BrokenPinError: One is missing or damaged.
        StorageRefusedError: The storage refused.
    """
    for path in paths:
        with reading_file(Path(path)):
            check_chunks(path)


@contextmanager
def reading_file(path: Path) -> Iterator[None]:
    """Turn what goes wrong while a Parquet file is read into our refusal.

    Raises:
        BrokenPinError: The file is missing or damaged.
        StorageRefusedError: The storage refused.
    """
    try:
        yield
    except DamagedFileError as error:
        raise broken_file(error.path, error.why) from error
    except FileNotFoundError as error:
        raise broken_file(str(path), "it is missing") from error
    except OSError as error:
        if error.errno is None:
            raise broken_file(str(path), "it is damaged") from error
        with storage_access(f"Cannot read {path}."):
            raise
    except (pa.ArrowException, ValueError) as error:
        raise broken_file(str(path), "it is damaged") from error


def version_of(table: DeltaTable | None) -> int:
    """Return the version of an opened table, NO_TABLE for None."""
    return NO_TABLE if table is None else table.version()


def one_try(load_id: str | None = None, *, files: str | None = None) -> CommitProperties:
    """Return properties for a commit that is tried once.

    Args:
        load_id: The load that it belongs to.
        files: The digest of the names of the table's files after it.
    """
    known = {LOAD_KEY: load_id, FILES_KEY: files}
    tags = {name: text for name, text in known.items() if text is not None}
    return CommitProperties(custom_metadata=tags or None, max_commit_retries=0)


@contextmanager
def compare_and_set(folder: Path, *, based_on: int) -> Iterator[None]:
    """Turn a failed commit into the reason why it failed.

    Args:
        folder: The table.
        based_on: The version that the commit was based on.

    Raises:
        CommitRaceError: The table has a newer version.
        StorageRefusedError: It has not: the storage refused the commit.
    """
    require_space(folder)
    try:
        yield
    except (DeltaError, OSError) as error:
        if version_of(open_head(folder)) != based_on:
            raise race(folder) from error
        raise StorageRefusedError(
            f"A commit to the table {folder} was refused.", why=reason_of(error)
        ) from error


def race(folder: Path) -> CommitRaceError:
    """Return the error for a table that somebody else committed to."""
    return CommitRaceError(
        f"Somebody else committed to the table {folder} meanwhile.", fix="Run the command again."
    )
