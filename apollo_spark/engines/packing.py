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
from apollo_spark.engines.shipping import ship_package
from apollo_spark.engines.spark import spark_columns
from apollo_spark.export.decoding import decoder_of
from apollo_spark.model.pin import TablePin
from apollo_spark.query.extract import ExtractPlan
from apollo_spark.query.joined import FieldsQuestion, PackedQuestion
from apollo_spark.query.pieces import PIECE_FIELDS
from apollo_spark.query.sql import name
from apollo_spark.tables.layout import arrow_type
from apollo_spark.workers.values.unpacking import Unpacking, UnpackingTask

MOST_SENT_CELLS = 1_000_000
"""Most cells of an answer whose tables Spark may send to every worker."""

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from apollo_spark.engines.spark import SparkEngine


def ask_packed(
    engine: Engine,
    question: FieldsQuestion,
    places: Sequence[int],
    pins: Mapping[str, TablePin],
    *,
    with_order: bool = False,
) -> pa.RecordBatchReader:
    """Answer `FieldsQuestion.stored` by packs: the same rows, columns and types."""
    packed = question.packed(places, with_order=with_order)
    unpacking = _unpacking(question, packed, places)
    reader = engine.run(_joined_for(packed.tree, rows_of(question, pins) * len(places)), pins)

    def batches() -> Iterator[pa.RecordBatch]:
        yield unpacking.unpack(pa.RecordBatch.from_pylist([], schema=reader.schema))
        yield from map(unpacking.unpack, reader)

    found = batches()
    return normalize(next(found).schema, found)


def rows_of(question: FieldsQuestion, pins: Mapping[str, TablePin]) -> int:
    """Return the rows of the largest table that is asked for."""
    entities = {entity.name for entity, _ in question.asked}
    tables = (each.table for entity in entities for each in question.scope.tables_of(entity))
    return max((pins[each].rows for each in tables), default=0)


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
    if len(plan.columns) <= PIECE_FIELDS:
        return engine.frame(plan.tree, pins).toDF(*names)
    tree, task, shown = unpacking_task(plan)
    cells = rows_of(plan.question, pins) * len(plan.columns)
    frame = engine.frame(_joined_for(tree, cells), pins)
    ship_package(frame.sparkSession)
    return frame.mapInArrow(task, spark_columns(zip(names, shown.types, strict=True)))


def unpacking_task(plan: ExtractPlan) -> tuple[exp.Select, UnpackingTask, pa.Schema]:
    """Return a statement, what tasks make of its rows, and the columns that result."""
    question, places = plan.question, range(len(plan.columns))
    packed = question.packed(places)
    stored = _stored_schema(question, places)
    decoder = decoder_of([spec for _, spec in question.asked], question.codes, question.mode)
    task = UnpackingTask(_unpacking(question, packed, places), decoder)
    return packed.tree, task, decoder.schema(stored)


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


def _unpacking(
    question: FieldsQuestion, packed: PackedQuestion, places: Sequence[int]
) -> Unpacking:
    return Unpacking(packed.packs, packed.parts, _stored_schema(question, places))


def _stored_schema(question: FieldsQuestion, places: Sequence[int]) -> pa.Schema:
    asked = [question.asked[each] for each in places]
    return pa.schema(
        [pa.field(f"{entity.name}.{spec.name}", arrow_type(spec)) for entity, spec in asked]
    )
