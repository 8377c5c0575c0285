"""Databases of DuckDB in this process, each of which reads some files and nothing else.

To open one takes longer than most answers, so those that were asked last stay open: whoever asks
about the same files again is answered by the same one.
"""

import tempfile
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

MOST = 4
"""Databases that are kept open at most; one takes about 5 MB and a thread for each processor."""


@dataclass(frozen=True)
class Limits:
    """What a database may use.

    Attributes:
        memory: As DuckDB writes sizes: `2GB`. None is its own choice, 80 % of the memory.
        threads: Threads of all its questions together. None is all processors.
    """

    memory: str | None = None
    threads: int | None = None


@dataclass(eq=False)
class Database:
    """An open database.

    Attributes:
        limits: What it may use.
        files: What it may read.
        connection: Its first connection.
        overflow: Where it puts what does not fit into memory.
        users: How many use it now.
    """

    limits: Limits
    files: frozenset[str]
    connection: "duckdb.DuckDBPyConnection"
    overflow: tempfile.TemporaryDirectory[str]
    users: int = field(default=0)

    def close(self) -> None:
        """Close it, and remove what it put elsewhere."""
        self.connection.close()
        self.overflow.cleanup()


OpenDatabase = Callable[[Limits, Collection[str]], Database]
"""Opens a database that reads some files and nothing else."""


class OpenDatabases:
    """Databases that stay open for the next question about the same files.

    Args:
        open_database: Opens one.
        most: How many are kept.
    """

    def __init__(self, open_database: OpenDatabase, most: int = MOST) -> None:
        self._open = open_database
        self._most = most
        self._kept: list[Database] = []
        self._lock = threading.Lock()

    @contextmanager
    def over(self, limits: Limits, files: Collection[str]) -> "Iterator[duckdb.DuckDBPyConnection]":
        """Give a connection that reads these files, and at most others that were asked for before.

        A database in which anything went wrong is not used again, nor one whose question was ended.
        """
        database = self._take(limits, frozenset(files))
        try:
            with closing(database.connection.cursor()) as cursor:
                yield cursor
        except GeneratorExit:
            # Who asked needs no more of the answer.
            raise
        except BaseException:
            self._drop(database)
            raise
        finally:
            self._give_back(database)

    def close(self) -> None:
        """Close those that nobody uses, and keep none."""
        with self._lock:
            idle = [each for each in self._kept if not each.users]
            self._kept.clear()
        for each in idle:
            each.close()

    def _take(self, limits: Limits, files: frozenset[str]) -> Database:
        with self._lock:
            for each in self._kept:
                if each.limits == limits and files <= each.files:
                    self._kept.remove(each)
                    self._kept.append(each)
                    each.users += 1
                    return each
        opened = self._open(limits, files)
        opened.users = 1
        with self._lock:
            self._kept.append(opened)
            gone = self._kept[: -self._most]
            del self._kept[: -self._most]
            idle = [each for each in gone if not each.users]
        for each in idle:
            each.close()
        return opened

    def _drop(self, database: Database) -> None:
        with self._lock:
            if database in self._kept:
                self._kept.remove(database)

    def _give_back(self, database: Database) -> None:
        with self._lock:
            database.users -= 1
            is_left = not database.users and database not in self._kept
        if is_left:
            database.close()
