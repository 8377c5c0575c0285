"""Run the tasks of a clinical load: write the rows, and find the places of what is wrong."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from apollo_spark.engines.tasks import TaskRunner
from apollo_spark.ingest.plan import PlannedEntity
from apollo_spark.workers.block_task import BlockTask, run_collect, run_raw, run_write
from apollo_spark.workers.files.parquet import WrittenFile
from apollo_spark.workers.staging import StageTask
from apollo_spark.workers.values.hashing import ContentHash

Excluded = Mapping[str, frozenset[int]]
"""Physical lines of rows to leave out, by the path of their file."""
KeySets = dict[tuple[str, str], pa.Array]
"""Values that break a rule between rows, by rule and column."""


@dataclass
class WrittenEntity:
    """What the tasks of one entity wrote and counted; keys may look alike in `odd` columns."""

    name: str
    files: list[WrittenFile] = field(default_factory=list)
    content: ContentHash = field(default_factory=ContentHash)
    found: list[dict[str, Any]] = field(default_factory=list)
    odd: set[str] = field(default_factory=set)

    @property
    def faults(self) -> set[tuple[str, str | None]]:
        """The rules that were broken, with their columns."""
        return {(each["rule"], each["column"]) for each in self.found}


def write_entities(
    runner: TaskRunner,
    entities: Iterable[PlannedEntity],
    *,
    folder_of: Callable[[str], str],
    excluded: Excluded,
) -> dict[str, WrittenEntity]:
    """Write the rows of entities, all blocks in one go."""
    tasks = tasks_of(entities, folder_of=folder_of, excluded=excluded)
    written = {each.spec.entity: WrittenEntity(each.spec.entity) for each in entities}
    for task, result in zip(tasks, runner.run(run_write, tasks), strict=True):
        entity = written[task.spec.entity]
        if result["part"] is not None:
            entity.files.append(WrittenFile(**result["part"]))
        entity.content += ContentHash(**result["hash"])
        entity.found.extend(faults_of(task, result))
        entity.odd.update(result["odd"])
    return written


def faults_of(task: BlockTask | StageTask, result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what a task that wrote rows found wrong in them."""
    counts = [(rule, column, count) for rule, column, count in result["counts"] if count]
    problems = [(rule, None, 1) for rule, _ in result["problems"]]
    return [
        found_in(task, rule=rule, column=column, count=count)
        for rule, column, count in (*counts, *problems)
    ]


def found_in(task: BlockTask | StageTask, **found: Any) -> dict[str, Any]:
    """Return what a task found, with the entity and the file it was found in."""
    return {"entity": task.spec.entity, "file": task.block.file.label, **found}


def collect_places(
    runner: TaskRunner,
    entities: Iterable[PlannedEntity],
    *,
    keys: Mapping[str, KeySets],
    excluded: Excluded,
    limit: int,
) -> list[tuple[str, dict[str, Any]]]:
    """Read the entities again and return (path of the file, what was found there)."""
    found: list[tuple[str, dict[str, Any]]] = []
    tasks: list[BlockTask] = []
    for entity in entities:
        # One rule may be broken in several columns; a task takes one column a rule.
        for chosen in _key_rounds(keys.get(entity.spec.entity, {})):
            tasks += tasks_of([entity], excluded=excluded, keys=chosen)
    results = runner.run(partial(run_collect, limit=limit), tasks)
    seen: set[tuple[str, int, str, str | None]] = set()
    for task, result in zip(tasks, results, strict=True):
        for each in result["found"]:
            identity = (task.block.file.path, task.block.index, each["rule"], each["column"])
            if identity not in seen:
                seen.add(identity)
                found.append((task.block.file.path, found_in(task, **each)))
    return found


def _key_rounds(keys: KeySets) -> list[dict[str, tuple[str, pa.Array]]]:
    rounds: list[dict[str, tuple[str, pa.Array]]] = [{}]
    for (rule, column), values in keys.items():
        free = next((each for each in rounds if rule not in each), None)
        if free is None:
            rounds.append(free := {})
        free[rule] = (column, values)
    return rounds


def tasks_of(
    entities: Iterable[PlannedEntity],
    *,
    folder_of: Callable[[str], str] = lambda _: "",
    excluded: Excluded,
    keys: Mapping[str, tuple[str, pa.Array]] | None = None,
) -> list[BlockTask]:
    """Return one task a block."""
    return [
        BlockTask(
            spec=entity.spec,
            block=block,
            folder=folder_of(entity.spec.entity),
            excluded=excluded_lines(excluded.get(block.file.path)),
            keys=keys,
        )
        for entity in entities
        for block in entity.blocks
    ]


def excluded_lines(lines: frozenset[int] | None) -> np.ndarray | None:
    """Return lines to leave out as a task takes them."""
    return np.array(sorted(lines), np.int64) if lines else None


def join_excluded(first: Excluded, second: Excluded) -> Excluded:
    """Return the lines that either leaves out."""
    return {
        path: first.get(path, frozenset()) | second.get(path, frozenset())
        for path in {**first, **second}
    }


def quarantined_rows(
    runner: TaskRunner, entities: Iterable[PlannedEntity], excluded: Excluded
) -> dict[str, list[tuple[str, int, list[str]]]]:
    """Return the raw cells of the rows left out, as (file, line, cells) by entity."""
    concerned = [
        each for each in tasks_of(entities, excluded=excluded) if each.excluded is not None
    ]
    found: dict[str, list[tuple[str, int, list[str]]]] = {}
    for task, result in zip(concerned, runner.run(run_raw, concerned), strict=True):
        rows = [(task.block.file.label, row["line"], row["cells"]) for row in result["rows"]]
        found.setdefault(task.spec.entity, []).extend(rows)
    return found
