"""Read the files of an extension by rows into files of rows that no version names yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from apollo_spark.engines.tasks import TaskRunner
from apollo_spark.ingest.plan import PlannedEntity
from apollo_spark.ingest.write import Excluded
from apollo_spark.lake.tables.workspace import Workspace
from apollo_spark.workers.files.parquet import WrittenFile
from apollo_spark.workers.files.patching import KEY
from apollo_spark.workers.staging import StageTarget, StageTask, run_stage
from apollo_spark.workers.values.hashing import ContentHash


@dataclass
class StagedRows:
    """What the tasks read: one list of files and one hash for each target.

    Attributes:
        rows: Rows that were read.
        paths: Full paths of the files of each target.
        files: The same files, as the log names them.
        hashes: The content of each target.
        found: What was found wrong: entity, file, rule, column, count.
    """

    rows: int
    paths: list[list[str]]
    files: list[list[WrittenFile]]
    hashes: list[ContentHash]
    found: list[dict[str, Any]] = field(default_factory=list)


def stage_rows(
    runner: TaskRunner,
    planned: PlannedEntity,
    targets: Sequence[StageTarget],
    workspace: Workspace,
    *,
    excluded: Excluded | None = None,
) -> StagedRows:
    """Read, check and write the rows of files for some tables, all blocks in one go."""
    lines = excluded or {}
    tasks = [
        StageTask(planned.spec, block, tuple(targets), _lines(lines.get(block.file.path)))
        for block in planned.blocks
    ]
    count = range(len(targets))
    staged = StagedRows(0, [[] for _ in count], [[] for _ in count], [ContentHash() for _ in count])
    for task, result in zip(tasks, runner.run(run_stage, tasks), strict=True):
        staged.rows += result["rows"]
        for number, (file, sums) in enumerate(zip(result["files"], result["hashes"], strict=True)):
            staged.hashes[number] += ContentHash(**sums)
            if file is not None:
                path = workspace.add(f"{targets[number].folder}/{file['path']}")
                staged.paths[number].append(path)
                staged.files[number].append(WrittenFile(**file))
        staged.found += _counted(task, result)
    return staged


def key_target(folder: str, key_field: str, type_: pa.DataType) -> StageTarget:
    """Return how keys to delete are written."""
    return StageTarget(folder, pa.schema([pa.field(KEY, type_)]), (key_field,))


def _counted(task: StageTask, result: Mapping[str, Any]) -> list[dict[str, Any]]:
    counts = [(rule, column, count) for rule, column, count in result["counts"] if count]
    problems = [(rule, None, 1) for rule, _ in result["problems"]]
    place = {"entity": task.spec.entity, "file": task.block.file.label}
    return [
        {**place, "rule": rule, "column": column, "count": count}
        for rule, column, count in (*counts, *problems)
    ]


def _lines(lines: frozenset[int] | None) -> np.ndarray | None:
    return np.array(sorted(lines), np.int64) if lines else None
