"""Very many fields asked of Spark: the fields of a table travel as one column.

What Spark plans grows faster than the columns of a statement, and the joins of several tables
repeat it. Packed, thousands of fields are some columns to all of its planning; they become
columns again in Arrow, in this process or, for a DataFrame, in the tasks.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlglot import exp

from apollo_spark.engines.base import Engine, normalize
from apollo_spark.engines.fetching import FEWEST_FETCHED, fetch_fields, stored_schema
from apollo_spark.engines.shipping import ship_package
from apollo_spark.engines.spark import spark_columns
from apollo_spark.export.decoding import decoder_of
from apollo_spark.model.pin import TablePin
from apollo_spark.query.extract import ExtractPlan
from apollo_spark.query.joined import FieldsQuestion
from apollo_spark.query.sql import name
from apollo_spark.workers.values.unpacking import Unpacking, UnpackingTask

MOST_SENT_CELLS = 1_000_000
"""Most cells of an answer whose tables Spark may send to every worker."""

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from apollo_spark.engines.spark import SparkEngine


def ask_packed(
    engine: Engine, question: FieldsQuestion, pins: Mapping[str, TablePin]
) -> pa.RecordBatchReader:
    """Answer `FieldsQuestion.stored` by packs: the same rows, columns and types."""
    tree, unpacking = _packed(question, pins)
    reader = engine.run(tree, pins)

    def batches() -> Iterator[pa.RecordBatch]:
        yield unpacking.unpack(pa.RecordBatch.from_pylist([], schema=reader.schema))
        yield from map(unpacking.unpack, reader)

    found = batches()
    return normalize(next(found).schema, found)


def _cells_of(question: FieldsQuestion, pins: Mapping[str, TablePin]) -> int:
    """Return the rows of the largest table that is asked for, times the fields."""
    entities = {entity.name for entity, _ in question.asked}
    tables = (each.table for entity in entities for each in question.scope.tables_of(entity))
    return max((pins[each].rows for each in tables), default=0) * len(question.asked)


def frame_of_fields(
    engine: "SparkEngine",
    plan: ExtractPlan,
    pins: Mapping[str, TablePin],
    names: Sequence[str],
) -> "DataFrame":
    """Return the answer to a question for fields as a DataFrame, computed when it is used.

    Args:
        engine: Who answers.
        plan: The question.
        pins: Pin by table name.
        names: The names of the columns.

    Raises:
        BrokenPinError: A pinned version is gone, or a file of it is missing or damaged.
        EnvironmentProblemError: Datetimes become text, and the session's zone is not UTC.
    """
    question = plan.question
    if len(question.asked) < FEWEST_FETCHED:
        return engine.frame(plan.tree, pins).toDF(*names)
    files = engine.files if engine.runs_here else None
    tree, task = fetch_fields(files, question, pins) or unpacking_task(question, pins)
    frame = engine.frame(tree, pins)
    # Spark takes a dot in the name of a column for a part of it; tasks count columns.
    frame = frame.toDF(*(f"column {number}" for number in range(len(frame.columns))))
    ship_package(frame.sparkSession)
    types = task.schema.types
    return frame.mapInArrow(task, spark_columns(zip(names, types, strict=True)))


def unpacking_task(
    question: FieldsQuestion, pins: Mapping[str, TablePin]
) -> tuple[exp.Select, UnpackingTask]:
    """Return a statement, and what tasks make of its rows."""
    tree, unpacking = _packed(question, pins)
    return tree, UnpackingTask(unpacking, decoder_of(question))


def _packed(question: FieldsQuestion, pins: Mapping[str, TablePin]) -> tuple[exp.Select, Unpacking]:
    packed = question.packed()
    tree = _joined_for(packed.tree, _cells_of(question, pins))
    return tree, Unpacking(packed.packs, packed.parts, stored_schema(question))


def _joined_for(tree: exp.Select, cells: int) -> exp.Select:
    """Have large tables joined by sorting: Spark takes an array for one value.

    Left to itself it sends each table as a whole to every worker.
    """
    if cells > MOST_SENT_CELLS:
        for select in tree.find_all(exp.Select):
            names = [name(each.alias_or_name) for each in select.args.get("joins") or ()]
            if names:
                merge = exp.Anonymous(this="MERGE", expressions=names)
                select.set("hint", exp.Hint(expressions=[merge]))
    return tree
