"""Read the rows of a block as the tables of an entity hold them, before it is known which are new.

A file of rows that are all new is a file of the table as it is. Columns that the input file
lacks hold no value.
"""

from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from apollo_spark.workers.chunks import CHUNK_BYTES
from apollo_spark.workers.files.parquet import BlockWriter
from apollo_spark.workers.source import InputProblemError
from apollo_spark.workers.tasks import checked_rows, count_faults, odd_columns
from apollo_spark.workers.values.cells import CheckedColumn
from apollo_spark.workers.values.hashing import ContentHash, hash_table
from apollo_spark.workers.values.spec import Block, EntitySpec


@dataclass(frozen=True)
class StageTarget:
    """One table that rows are written for.

    Attributes:
        folder: Where its file is written.
        schema: The columns of the table.
        sources: The column of the entity's specification that each column is taken from; None
            where the input file has none.
    """

    folder: str
    schema: pa.Schema
    sources: tuple[str | None, ...]

    def table_of(self, columns: dict[str, pa.Array], rows: int) -> pa.Table:
        """Return rows as the table holds them."""
        arrays = [
            pa.nulls(rows, field.type) if source is None else columns[source].cast(field.type)
            for field, source in zip(self.schema, self.sources, strict=True)
        ]
        return pa.Table.from_arrays(arrays, schema=self.schema)


@dataclass(frozen=True)
class StageTask:
    """One block of an input file, and the tables that its rows are written for."""

    spec: EntitySpec
    block: Block
    targets: tuple[StageTarget, ...]
    excluded: np.ndarray | None = None


def run_stage(task: StageTask, *, chunk_bytes: int = CHUNK_BYTES) -> dict[str, Any]:
    """Check the rows of a block and write them for each table (runs in a task).

    Returns:
        A value for JSON: `rows`; for each table `files` (path, size, rows and stats, None without
        rows) and `hashes` (rows, lo, hi); `counts`, `problems` and `odd` as `write_block` gives
        them.
    """
    counts: Counter[tuple[str, str | None]] = Counter()
    problems: list[list[Any]] = []
    hashes = [ContentHash() for _ in task.targets]
    rows_read, odd = 0, set[str]()
    with ExitStack() as opened:
        writers = [
            opened.enter_context(BlockWriter(each.folder, task.block)) for each in task.targets
        ]
        try:
            for rows, checked in checked_rows(task.spec, task.block, task.excluded, chunk_bytes):
                count_faults(counts, task.spec, rows, checked)
                odd |= odd_columns(task.spec, checked)
                columns = _by_name(task.spec, checked)
                rows_read += len(rows.lines)
                for number, target in enumerate(task.targets):
                    table = target.table_of(columns, len(rows.lines))
                    hashes[number] += hash_table(table)
                    writers[number].add(table, rows.lines)
        except InputProblemError as problem:
            problems.append([problem.rule, problem.line])
    return {
        "rows": rows_read,
        "files": [None if each.written is None else asdict(each.written) for each in writers],
        "hashes": [asdict(each) for each in hashes],
        "counts": [[rule, column, number] for (rule, column), number in counts.items()],
        "problems": problems,
        "odd": sorted(odd),
    }


def _by_name(spec: EntitySpec, checked: list[CheckedColumn]) -> dict[str, pa.Array]:
    names = (column.name for column in spec.columns)
    return {name: each.values for name, each in zip(names, checked, strict=True)}
