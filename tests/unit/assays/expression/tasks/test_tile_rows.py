"""Tiles as rows: what a task would write to its file, and its answer, once."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from apollo_spark.assays.expression.tasks.tiles.file import TileMatrix, tile_schema, write_tile_file
from apollo_spark.assays.expression.tasks.tiles.rows import TileRowsTask
from apollo_spark.assays.expression.tasks.tiles.spec import (
    Features,
    SampleRowsTask,
    Samples,
    TileTarget,
    UnitRules,
)
from apollo_spark.assays.expression.tasks.tiles.storage import COUNTS
from apollo_spark.workers.values.spec import Block, FileSpec


class Answers(list[tuple[int, str]]):
    def add(self, term: tuple[tuple[int, str], ...]) -> None:
        self.extend(term)


def write(task: SampleRowsTask) -> dict[str, Any]:
    """Write one tile of two features for the number in the name of the target."""
    number = int(task.target.name)
    stored = np.array([[number], [number + 1]], np.int32)
    tiles = TileMatrix(("F0", "F1"), np.arange(2, dtype=np.int32), np.zeros(1, np.int32), stored)
    parts = [write_tile_file(task.target.folder, task.target.name, tiles, COUNTS)]
    return {"parts": parts, "number": number, "folder": task.target.folder}


def task(number: int) -> SampleRowsTask:
    nothing = np.zeros(0, np.int32)
    return SampleRowsTask(
        block=Block(FileSpec("x.csv", "x.csv", "", ",", (), 0, 1), 0, 0, None, 1),
        target=TileTarget("/nowhere", COUNTS, UnitRules(), name=str(number)),
        samples=Samples((), nothing, nothing),
        columns=nothing,
        features=Features((), nothing),
    )


def test_the_rows_are_those_of_the_files_and_no_file_stays() -> None:
    answers = Answers()
    run = TileRowsTask(write, (task(10), task(20), task(30)), answers)

    batches = list(run([pa.record_batch({"id": [2, 0]})]))

    table = pa.Table.from_batches(batches)
    assert table.schema.equals(tile_schema(COUNTS))
    assert table.column("feature_id").to_pylist() == ["F0", "F1", "F0", "F1"]
    assert table.column("values").to_pylist() == [[30], [31], [10], [11]]
    found = [(number, json.loads(answer)) for number, answer in answers]
    folders = [Path(each.pop("folder")) for _, each in found]
    assert found == [(2, {"parts": [], "number": 30}), (0, {"parts": [], "number": 10})]
    assert not any(each.exists() for each in folders)


def test_an_attempt_that_is_given_up_answers_nothing() -> None:
    answers = Answers()
    batches = TileRowsTask(write, (task(10),), answers)([pa.record_batch({"id": [0]})])

    next(iter(batches))

    assert answers == []
