"""What is known about the samples of an assay: the fields of the entity that they belong to."""

import pyarrow as pa

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.export.matrix import SAMPLE_ID
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.assay import AssayRecord
from apollo_spark.query.assay_scope import sample_rows


def read_sample_fields(lake: Lake, opened: OpenDataset, assay: AssayRecord) -> pa.Table:
    """Return the fields of the entity of an assay's samples, with the sample's id first."""
    entity = opened.dictionary.find_entity(assay.entity)
    names = [each.name for each in entity.fields] if entity else [assay.field]
    if assay.link is None:
        names.remove(assay.field)
    tree = sample_rows(opened.scope, assay, names)
    table = EmbeddedEngine(lake.tables).run(tree, opened.pins).read_all()
    return table.rename_columns([SAMPLE_ID, *names])
