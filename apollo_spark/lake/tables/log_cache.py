"""Tables that are open already: who only reads does not read an unchanged log again.

A version of a table never changes, and delta-rs takes milliseconds to open one, more the longer
the log is. What is kept is given out again only while each file of the log that it was made of is
the same one: of the same inode, size and times. It is shared by all that read, so nobody who
commits may use it: a commit moves an open table to the next version.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from deltalake import DeltaTable

from apollo_spark.lake.tables.commits import open_head, open_version
from apollo_spark.lake.tables.log_faults import LOG, commit_name

MAX_TABLES = 64
"""Tables that are kept open at most: those that were not asked for the longest go first."""
LENGTH_OF_VERSION = 20
"""Digits with which the name of a file of a log begins."""

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
        table = open_table()
        with self._lock:
            self._kept.pop(key, None)
            if table is not None and state is not None:
                self._kept[key] = (state, table)
                if len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return table


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


TABLES = OpenTables()
"""Those of this process."""
