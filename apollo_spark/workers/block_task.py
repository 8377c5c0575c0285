"""One block of one entity as a task takes it, and what can be done with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from apollo_spark.workers.tasks import collect_block, raw_rows, write_block
from apollo_spark.workers.values.spec import Block, EntitySpec


@dataclass(frozen=True)
class BlockTask:
    """One block of one entity, with all that its task needs."""

    spec: EntitySpec
    block: Block
    folder: str = ""
    excluded: np.ndarray | None = None
    keys: Mapping[str, tuple[str, pa.Array]] | None = None


def run_write(task: BlockTask) -> dict[str, Any]:
    """Write one block (runs in a task)."""
    return write_block(task.spec, task.block, task.folder, excluded_lines=task.excluded)


def run_collect(task: BlockTask, *, limit: int) -> dict[str, Any]:
    """Collect the places of one block (runs in a task)."""
    found = collect_block(
        task.spec, task.block, limit=limit, keys=task.keys, excluded_lines=task.excluded
    )
    return {"found": found}


def run_raw(task: BlockTask) -> dict[str, Any]:
    """Return the raw cells of the rows to leave out (runs in a task)."""
    lines = task.excluded if task.excluded is not None else np.array([], np.int64)
    return {"rows": raw_rows(task.block, lines)}
