"""What is known about the samples of an assay: their own fields, and those of their row."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from apollo_spark.assays.expression.assay import ExpressionAssay
from apollo_spark.assays.expression.read.matrix import SAMPLE_ID
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.query.assay_scope import sample_rows
from apollo_spark.query.sql import column
from apollo_spark.records.changes.sample_entity import find_sample_entity, own_fields
from apollo_spark.records.content import content_of


def read_sample_fields(lake: Lake, opened: OpenDataset, assay: ExpressionAssay) -> pa.Table:
    """Return what is known about samples, with the sample's id first.

    First come the fields of the entity that they belong to, then their own where these are an
    entity of their own: under its name (`sample.sex`) where the former has the name already.
    """
    record = assay.as_record()
    entity = opened.dictionary.find_entity(assay.entity)
    names = [each.name for each in entity.fields] if entity else [assay.field]
    if assay.link is None:
        names.remove(assay.field)
    tree = sample_rows(opened.scope, record, names)
    engine = EmbeddedEngine(lake.tables)
    rows = engine.run(tree, opened.pins).read_all().rename_columns([SAMPLE_ID, *names])
    content = content_of(opened.record, opened.dictionary)
    own = find_sample_entity(content, record)
    if own is None or own.name == assay.entity:
        return rows
    fields = own_fields(content, record, own)
    asked = [str(own.primary_key), *fields]
    shown = exp.select(*(column(own.name, each) for each in asked))
    shown = shown.from_(opened.scope.source(own.name, asked), copy=False)
    found = engine.run(shown, opened.pins).read_all()
    taken = {each.casefold() for each in rows.column_names}
    titles = {each: f"{own.name}.{each}" if each.casefold() in taken else each for each in fields}
    return _side_by_side(rows, found.rename_columns([SAMPLE_ID, *fields]), titles)


def _side_by_side(first: pa.Table, second: pa.Table, titles: Mapping[str, str]) -> pa.Table:
    """Return the samples of both tables, each once, with the columns of both."""
    samples = [_texts(each) for each in (first, second)]
    ids = pc.unique(pa.chunked_array([*samples[0].chunks, *samples[1].chunks], pa.string()))
    columns = {SAMPLE_ID: ids}
    for table, known, names in (
        (first, samples[0], first.column_names[1:]),
        (second, samples[1], second.column_names[1:]),
    ):
        places = pc.index_in(ids, value_set=known.combine_chunks())
        is_own = table is second
        for each in names:
            columns[titles[each] if is_own else each] = table.column(each).take(places)
    return pa.table(columns)


def _texts(table: pa.Table) -> pa.ChunkedArray:
    return table.column(SAMPLE_ID).cast(pa.string())
