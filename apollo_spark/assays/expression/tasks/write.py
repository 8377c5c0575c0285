"""The entry points of expression tasks, whatever their kind."""

from typing import Any

from apollo_spark.assays.expression.tasks.long_rows import collect_long, write_long
from apollo_spark.assays.expression.tasks.long_tiles import collect_long_tiles, write_long_tiles
from apollo_spark.assays.expression.tasks.matrix import collect_matrix, write_matrix_tiles
from apollo_spark.assays.expression.tasks.sample_files import (
    collect_sample_files,
    write_sample_files,
)
from apollo_spark.assays.expression.tasks.sample_rows import collect_sample_rows, write_sample_rows
from apollo_spark.assays.expression.tasks.tiles.spec import (
    ExpressionTask,
    LongParseTask,
    MatrixTask,
    SampleFilesTask,
    SampleRowsTask,
)


def run_expression_task(task: ExpressionTask) -> dict[str, Any]:
    """Check and write what a task names, in a task; `write_matrix_tiles` says what it answers."""
    if isinstance(task, MatrixTask):
        return write_matrix_tiles(task)
    if isinstance(task, SampleRowsTask):
        return write_sample_rows(task)
    if isinstance(task, SampleFilesTask):
        return write_sample_files(task)
    if isinstance(task, LongParseTask):
        return write_long(task)
    return write_long_tiles(task)


def collect_expression(task: ExpressionTask, limit: int) -> dict[str, Any]:
    """Collect where a task's input is wrong (runs in a task).

    Returns:
        `found`: one value per rule and file with `rule`, `file`, `count` and `places`, the first so
        many, each [line or None, column or None, text of the cell or None]; a column is its
        number, from 1, since its name may be the id of a sample.
    """
    if isinstance(task, MatrixTask):
        return {"found": collect_matrix(task, limit)}
    if isinstance(task, SampleRowsTask):
        return {"found": collect_sample_rows(task, limit)}
    if isinstance(task, SampleFilesTask):
        return {"found": collect_sample_files(task, limit)}
    if isinstance(task, LongParseTask):
        return {"found": collect_long(task, limit)}
    return {"found": collect_long_tiles(task, limit)}
