"""Tables that are open already, and rows that were read: what is unchanged is not read again.

A version of a table never changes, and delta-rs takes milliseconds to open one, more the longer
the log is. What is kept is given out again only while each file of the log that it was made of is
the same one: of the same inode, size and times. It is shared by all that read, so nobody who
commits may use it: a commit moves an open table to the next version.

The same holds for small files of rows: the registry and the leases, which every command reads
several times.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable

from apollo_spark.lake.tables.commits import open_head, open_version
from apollo_spark.lake.tables.log_faults import LOG, commit_name

MAX_TABLES = 64
"""Tables that are kept open at most: those that were not asked for the longest go first."""
LENGTH_OF_VERSION = 20
"""Digits with which the name of a file of a log begins."""

MOST_BYTES = 16 << 20
"""Bytes of rows, as they are in memory, that are kept at most."""
SMALL = 1 << 16
"""Bytes of a file that is kept, at most."""


Groups = Sequence[pa.Table]
"""The rows of a file, by its groups of rows."""
FileState = tuple[int, int, int, int]
State = tuple[tuple[str | int, ...], ...]
"""The files of a log by name, each with what changes when it is written again."""
Key = tuple[str, int | None]


class OpenTables:
    """Open tables by folder and version; a version of None is the newest.

    Args:
        most: How many are kept.
    """

    def __init__(self, most: int = MAX_TABLES) -> None:
        self._most = most
        self._kept: OrderedDict[Key, tuple[State, DeltaTable]] = OrderedDict()
        self._lock = threading.Lock()

    def head(self, folder: Path) -> DeltaTable | None:
        """Return the newest version of a table, as `open_head` does, for reading only."""
        return self._find((str(folder), None), _state_of(folder), lambda: open_head(folder))

    def version(self, folder: Path, version: int) -> DeltaTable | None:
        """Return one version of a table, as `open_version` does, for reading only."""
        state = _state_of(folder, until=commit_name(version)) if version >= 0 else None
        return self._find((str(folder), version), state, lambda: open_version(folder, version))

    def keep_committed(self, folder: Path, table: DeltaTable) -> None:
        """Keep a table to which its owner, who lets go of it now, has just committed.

        To move it to its own commit takes a tenth of what opening it anew does.
        """
        try:
            table.update_incremental()
        except Exception:  # noqa: BLE001 it is committed; who reads it next says what is wrong
            return
        state = _state_of(folder)
        if state is not None and commit_name(table.version()) == _newest(state):
            self._keep((str(folder), None), state, table)

    def forget(self) -> None:
        """Close all: who verifies a lake wants to read every log itself."""
        with self._lock:
            self._kept.clear()

    def _find(
        self, key: Key, state: State | None, open_table: Callable[[], DeltaTable | None]
    ) -> DeltaTable | None:
        # The state was looked at before the table is opened: what is committed in between makes
        # the next look find another state.
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] == state:
                self._kept.move_to_end(key)
                return kept[1]
            table = self._same(key, state)
        if table is None:
            table = open_table()
        self._keep(key, state, table)
        return table

    def _same(self, key: Key, state: State | None) -> DeltaTable | None:
        """Return the table under another number: the newest version has one as well."""
        folder, version = key
        for (other, _), (kept, table) in self._kept.items():
            is_same = other == folder and kept == state
            if is_same and (version is None or table.version() == version):
                return table
        return None

    def _keep(self, key: Key, state: State | None, table: DeltaTable | None) -> None:
        with self._lock:
            self._kept.pop(key, None)
            if table is not None and state is not None:
                self._kept[key] = (state, table)
                if len(self._kept) > self._most:
                    self._kept.popitem(last=False)


def _state_of(folder: Path, until: str | None = None) -> State | None:
    """Return the files of a log, of those with a number only the ones up to a commit."""
    last = None if until is None else until[:LENGTH_OF_VERSION]
    try:
        with os.scandir(folder / LOG) as entries:
            found = [
                (each.name, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
                for each in entries
                if last is None or not each.name[0].isdigit() or each.name[: len(last)] <= last
                for stat in (each.stat(),)
            ]
    except OSError:
        return None
    return tuple(sorted(found))


def _newest(state: State) -> str:
    """Return the name of the last commit of a log."""
    return max((str(each[0]) for each in state if _is_commit(str(each[0]))), default="")


def _is_commit(name: str) -> bool:
    return name.endswith(".json") and name[:LENGTH_OF_VERSION].isdigit()


class ReadFiles:
    """Rows of files by path; those that were not asked for the longest go first.

    Args:
        most: How many bytes are kept.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._kept: OrderedDict[str, tuple[FileState, Groups, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def groups(self, path: str, stat: os.stat_result, read: Callable[[], Groups]) -> Groups:
        """Return the rows of a file, which is read unless it is the one that was read.

        Args:
            path: The file.
            stat: What it was before it is read.
            read: Checks and reads all of it.
        """
        state = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        with self._lock:
            kept = self._kept.get(path)
            if kept is not None and kept[0] == state:
                self._kept.move_to_end(path)
                return kept[1]
        found = read()
        size = sum(each.nbytes for each in found)
        with self._lock:
            self._drop(path)
            if size <= self._most:
                self._kept[path] = (state, found, size)
                self._bytes += size
            while self._bytes > self._most:
                self._drop(next(iter(self._kept)))
        return found

    def forget(self) -> None:
        """Keep none: who verifies a lake wants to read every file itself."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def _drop(self, path: str) -> None:
        if (kept := self._kept.pop(path, None)) is not None:
            self._bytes -= kept[2]


TABLES = OpenTables()
"""Those of this process."""
FILES = ReadFiles()
"""The files of rows that this process read."""
