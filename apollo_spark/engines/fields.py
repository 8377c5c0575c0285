"""Answers to questions for fields: values as they are asked for, and any number of fields.

A question for many fields asks an engine for the keys of the rows alone; the fields are read from
the files of their tables (`engines/fetching.py`). Where a key occurs twice, because a policy
allowed it, or an entity has none, its fields are part of what the engine is asked for.
"""

from collections.abc import Iterator, Mapping

import pyarrow as pa

from apollo_spark.engines.base import Engine
from apollo_spark.engines.fetching import FEWEST_FETCHED, damage_as_broken_pin, fetch_fields
from apollo_spark.engines.packing import ask_packed
from apollo_spark.export.decoding import decoder_of
from apollo_spark.model.pin import TablePin
from apollo_spark.query.extract import ExtractPlan


def answer_fields(
    engine: Engine, plan: ExtractPlan, pins: Mapping[str, TablePin]
) -> pa.RecordBatchReader:
    """Answer a question for fields as a stream of batches; the columns are those asked for.

    Args:
        engine: Who answers.
        plan: The question.
        pins: Pin by table name.

    Raises:
        BrokenPinError: A pinned table cannot be read.
        EnvironmentProblemError: The answer does not fit into memory and temporary space.
    """
    if fetched := fetch_fields(engine.files, plan.question, pins):
        tree, task = fetched
        batches = _told(task(engine.run(tree, pins)), pins)
        return pa.RecordBatchReader.from_batches(task.schema, batches)
    if engine.packs_fields and len(plan.question.asked) >= FEWEST_FETCHED:
        reader = ask_packed(engine, plan.question, pins)
    else:
        reader = engine.run(plan.question.stored(), pins)
    decoder = decoder_of(plan.question)
    shown = (decoder.decode(each) for each in reader)
    return pa.RecordBatchReader.from_batches(decoder.schema(reader.schema), shown)


def _told(
    batches: Iterator[pa.RecordBatch], pins: Mapping[str, TablePin]
) -> Iterator[pa.RecordBatch]:
    with damage_as_broken_pin(pins):
        yield from batches
