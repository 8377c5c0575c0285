"""Tiles as rows of a Spark job, for storages that Spark writes to and a task cannot."""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.assays.expression.tasks.tiles.file import GROUP_TILES


class Collector(Protocol):
    """Takes what tasks answer: an accumulator of Spark."""

    def add(self, term: tuple[tuple[int, str], ...]) -> None:
        """Take the answers of some tasks, each with its number."""
        ...


class TileRowsTask:
    """A function for `mapInArrow`: numbers in, rows of tiles out.

    Args:
        function: Does an item and names the tile files that it wrote.
        items: What to do; the target of an item is replaced by a folder of the worker.
        answers: Takes the answers, as JSON.
    """

    def __init__(
        self,
        function: Callable[[Any], dict[str, Any]],
        items: tuple[Any, ...],
        answers: Collector,
    ) -> None:
        self._function = function
        self._items = items
        self._answers = answers

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Do the items of the partition, and yield their tiles in the order of the files."""
        for batch in batches:
            for number in batch.column(0).to_pylist():
                with tempfile.TemporaryDirectory(prefix="apollo-tiles-") as folder:
                    yield from self._write(number, folder)

    def _write(self, number: int, folder: str) -> Iterator[pa.RecordBatch]:
        item = self._items[number]
        answer = self._function(replace(item, target=replace(item.target, folder=folder)))
        for part in answer["parts"]:
            with pq.ParquetFile(Path(folder, part["path"])) as file:
                yield from file.iter_batches(GROUP_TILES)
        self._answers.add(((number, json.dumps({**answer, "parts": []})),))
