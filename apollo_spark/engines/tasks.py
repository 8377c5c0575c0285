"""Who runs tasks, Spark's executors or threads of this process, and how far they are."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from apollo_spark.engines.shipping import ship_package
from apollo_spark.workers.partition import PartitionTask

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


OnProgress = Callable[[int, int], None]
"""Called with how many tasks are done, of how many."""
POLL_SECONDS = 2.0
QUIET_SECONDS = 5.0


class ProgressLine:
    """Says how far a step is, at most every few seconds, so that short steps say nothing.

    Args:
        say: Prints a line.
        clock: Seconds, as `time.monotonic`.
    """

    def __init__(
        self, say: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._say = say
        self._clock = clock
        self.restart()

    def restart(self) -> None:
        """Begin a new step."""
        self._start = self._last = self._clock()

    def __call__(self, done: int, total: int) -> None:
        """Take note of the tasks that are done."""
        now = self._clock()
        if not 0 < done < total or now - self._last < QUIET_SECONDS:
            return
        self._last = now
        left = (now - self._start) / done * (total - done)
        self._say(f"          {done} of {total} tasks, about {left:.0f} s left")


@contextmanager
def watching(count: Callable[[], tuple[int, int]], on_progress: OnProgress) -> Iterator[None]:
    """Ask every few seconds, beside the work, how many tasks are done."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(POLL_SECONDS):
            on_progress(*count())

    thread = threading.Thread(target=watch, name="apollo-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


Item = TypeVar("Item")


def no_progress(done: int, total: int) -> None:
    """Show nothing."""


class TaskRunner(Protocol):
    """Runs one function over many items, at once where it can."""

    def run(
        self, function: Callable[[Item], dict[str, Any]], items: Sequence[Item]
    ) -> list[dict[str, Any]]:
        """Return the results in the order of the items.

        The function and the items must be picklable, the results JSON values. A task may run more
        than once; only the result of one successful run is returned.
        """
        ...


class LocalTaskRunner:
    """Runs tasks in threads: parsing, hashing and writing release the interpreter lock."""

    def __init__(
        self, threads: int | None = None, *, on_progress: OnProgress = no_progress
    ) -> None:
        self._threads = threads or os.cpu_count() or 1
        self._on_progress = on_progress

    def run(
        self, function: Callable[[Item], dict[str, Any]], items: Sequence[Item]
    ) -> list[dict[str, Any]]:
        """Run every item in a pool of threads."""
        with ThreadPoolExecutor(max_workers=self._threads) as pool:
            results = []
            for result in pool.map(function, items):
                results.append(result)
                self._on_progress(len(results), len(items))
            return results


class SparkTaskRunner:
    """Runs tasks on Spark's executors, one item a partition.

    Args:
        spark: The session.
        count_done: Returns how many tasks of the running job are done, and of how many.
        on_progress: Called with it every few seconds.
    """

    def __init__(
        self,
        spark: "SparkSession",
        *,
        count_done: Callable[[], tuple[int, int]] = lambda: (0, 0),
        on_progress: OnProgress = no_progress,
    ) -> None:
        ship_package(spark)
        self._spark = spark
        self._count_done = count_done
        self._on_progress = on_progress

    def run(
        self, function: Callable[[Item], dict[str, Any]], items: Sequence[Item]
    ) -> list[dict[str, Any]]:
        """Run every item as a task of one Spark job."""
        if not items:
            return []
        task = PartitionTask(function, tuple(items))
        numbers = self._spark.range(0, len(items), 1, len(items))
        with self._watching():
            rows = numbers.mapInArrow(task, "number bigint, result string").collect()
        return [json.loads(row.result) for row in sorted(rows, key=lambda row: int(row.number))]

    def _watching(self) -> AbstractContextManager[None]:
        return watching(self._count_done, self._on_progress)
