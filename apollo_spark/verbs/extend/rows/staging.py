"""Read the files of an extension by rows into files of rows that no version names yet."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from typing_extensions import Self

from apollo_spark.engines.tasks import TaskRunner
from apollo_spark.ingest.plan import PlannedEntity
from apollo_spark.ingest.write import Excluded
from apollo_spark.workers.files.parquet import WrittenFile
from apollo_spark.workers.files.patching import KEY
from apollo_spark.workers.staging import StageTarget, StageTask, run_stage
from apollo_spark.workers.values.hashing import ContentHash

Opened = TypeVar("Opened")


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


class Workspace:
    """The files that an extension writes; those that are not kept are removed at its end."""

    def __init__(self) -> None:
        self._files: set[Path] = set()
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        """Begin without files."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove what is left; a file that cannot be removed is in no version all the same."""
        self._opened.close()
        for path in self._files:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def open(self, context: AbstractContextManager[Opened]) -> Opened:
        """Enter what is left when the extension ends."""
        return self._opened.enter_context(context)

    def add(self, path: Path) -> Path:
        """Take a file in, and return it."""
        self._files.add(path)
        return path

    def keep(self, paths: Iterable[Path]) -> None:
        """Leave files where they are: a version names them."""
        self._files -= set(paths)


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
                path = workspace.add(Path(targets[number].folder) / file["path"])
                staged.paths[number].append(str(path))
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
