"""Who runs the tasks of a load: Spark's executors, or threads of this process."""

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from apollo_spark.workers.partition import PartitionTask

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Item = TypeVar("Item")


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

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads or os.cpu_count() or 1

    def run(
        self, function: Callable[[Item], dict[str, Any]], items: Sequence[Item]
    ) -> list[dict[str, Any]]:
        """Run every item in a pool of threads."""
        with ThreadPoolExecutor(max_workers=self._threads) as pool:
            return list(pool.map(function, items))


class SparkTaskRunner:
    """Runs tasks on Spark's executors, one item a partition."""

    def __init__(self, spark: "SparkSession") -> None:
        self._spark = spark

    def run(
        self, function: Callable[[Item], dict[str, Any]], items: Sequence[Item]
    ) -> list[dict[str, Any]]:
        """Run every item as a task of one Spark job."""
        if not items:
            return []
        task = PartitionTask(function, tuple(items))
        numbers = self._spark.range(0, len(items), 1, len(items))
        rows = numbers.mapInArrow(task, "number bigint, result string").collect()
        return [json.loads(row.result) for row in sorted(rows, key=lambda row: int(row.number))]
