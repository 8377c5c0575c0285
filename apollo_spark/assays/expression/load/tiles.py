"""Write the tiles of a planned source: run its tasks until the storage holds every value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from apollo_spark.assays.expression.plan.faults import merge_places
from apollo_spark.assays.expression.plan.formats import unit_rules
from apollo_spark.assays.expression.plan.source import PlannedSource
from apollo_spark.assays.expression.tasks.merging import SUM, merge_rows, write_merged
from apollo_spark.assays.expression.tasks.tiles.spec import (
    ExpressionTask,
    LongParseTask,
    MatrixTask,
    OnDuplicate,
    Samples,
    TileTarget,
)
from apollo_spark.assays.expression.tasks.tiles.storage import (
    LONG_WHOLES,
    LayerStorage,
    StorageNeed,
    widen,
)
from apollo_spark.assays.expression.tasks.write import collect_expression, run_expression_task
from apollo_spark.engines.tasks import TaskRunner
from apollo_spark.errors import CheckFailedError
from apollo_spark.model.findings import Finding
from apollo_spark.model.policy import Policy
from apollo_spark.workers.source import InputProblemError
from apollo_spark.workers.values.hashing import ContentHash

PLACES = 1_000
MOST_TRIES = 4


@dataclass(frozen=True)
class WrittenTiles:
    """Tiles that were written: how, and what the tasks answered for which samples."""

    storage: LayerStorage
    answers: Sequence[tuple[Samples, Mapping[str, Any]]]

    @property
    def results(self) -> list[Mapping[str, Any]]:
        """The answers without their samples."""
        return [answer for _, answer in self.answers]

    @property
    def content(self) -> ContentHash:
        """The content hash of what was written."""
        return sum((ContentHash(**each["hash"]) for each in self.results), ContentHash())


@dataclass(frozen=True)
class TileWriting:
    """What decides how the tiles of a source are written.

    Attributes:
        source: The samples, features and tasks.
        unit: The unit of the layer.
        missing: Texts that mean missing.
        on_duplicate: How rows of one feature become one.
        runner: Who runs the tasks.
    """

    source: PlannedSource
    unit: str
    missing: tuple[str, ...]
    on_duplicate: OnDuplicate
    runner: TaskRunner

    def write(self, folder: str, storage: LayerStorage) -> WrittenTiles:
        """Write all tiles, again with a wider storage where a task says that it needs one."""
        for _ in range(MOST_TRIES):
            written = self._write_once(folder, storage)
            needs = [
                StorageNeed(**each["need"]) for each in written.results if not each["is_enough"]
            ]
            if not needs:
                break
            storage = widen(storage, needs)
        _require_sums(written)
        return written

    def _write_once(self, folder: str, storage: LayerStorage) -> WrittenTiles:
        make = partial(self._target, folder, storage)
        tasks = self.source.make_tasks(make)
        results = self.runner.run(run_expression_task, tasks)
        answers = [(samples_of(task), each) for task, each in zip(tasks, results, strict=True)]
        merged = self._merge(tasks, results, make, storage)
        return WrittenTiles(storage, [*answers, *merged])

    def find_faults(
        self, policy: Policy, storage: LayerStorage = LONG_WHOLES
    ) -> tuple[Finding, ...]:
        """Read the source, write nothing, and collect where it is wrong.

        Args:
            policy: What refuses, warns or is let through.
            storage: How the values were stored at last; by default in a way that holds long whole
                numbers, because not these were the reason then.
        """
        tasks = self.source.make_tasks(partial(self._target, "", storage))
        collected = self.runner.run(partial(collect_expression, limit=PLACES), tasks)
        return merge_places(collected, policy)

    def _target(self, folder: str, storage: LayerStorage, name: str) -> TileTarget:
        return TileTarget(folder, storage, unit_rules(self.unit), self.missing, name)

    def _merge(
        self,
        tasks: Sequence[ExpressionTask],
        results: Sequence[Mapping[str, Any]],
        make: "partial[TileTarget]",
        storage: LayerStorage,
    ) -> list[tuple[Samples, Mapping[str, Any]]]:
        """Write the features that several rows of a matrix name, by the rule of the load."""
        groups: dict[str, list[dict[str, Any]]] = {}
        samples = {}
        for task, result in zip(tasks, results, strict=True):
            if isinstance(task, MatrixTask) and result["diverted"]:
                groups.setdefault(task.block.file.path, []).append(dict(result))
                samples[task.block.file.path] = task.samples
        merged: list[tuple[Samples, Mapping[str, Any]]] = []
        for number, (path, diverted) in enumerate(groups.items()):
            try:
                features, values = merge_rows(diverted, self.on_duplicate, storage)
            except InputProblemError:
                raise _sum_refused() from None
            ids = self.source.features.ids.take(pa.array(features)).to_pylist()
            target = make(f"merged-{number:05d}")
            merged.append(
                (samples[path], write_merged(target, samples[path], features, ids, values))
            )
        return merged


def _require_sums(written: WrittenTiles) -> None:
    """Refuse sums of repeated features that nothing holds.

    Raises:
        CheckFailedError: A task met one.
    """
    if any(problem[0] == SUM for each in written.results for problem in each["problems"]):
        raise _sum_refused()


def _sum_refused() -> CheckFailedError:
    return CheckFailedError(
        "The sum of rows of one feature is a whole number of more than 64 bits.",
        fix="Join repeated features otherwise: --on-duplicate first or mean.",
    )


def samples_of(task: ExpressionTask) -> Samples:
    """Return the samples of a task that writes tiles."""
    assert not isinstance(task, LongParseTask), "long files are parsed while they are planned"
    return task.samples.placed()
