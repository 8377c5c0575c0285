"""What is known about the samples of an assay: the fields of the entity that they belong to."""

import pyarrow as pa

from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.export.matrix import SAMPLE_ID
from apollo_spark.lake.lake import Lake
from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.query.extract import ExtractRequest
from apollo_spark.workflows.extract import build_plans, pins_of


def read_sample_fields(lake: Lake, record: DatasetRecord, assay: AssayRecord) -> pa.Table:
    """Return all fields of the entity of an assay's samples, the sample's id as `sample_id`."""
    dictionary = lake.load_dictionary(record)
    entity = dictionary.find_entity(assay.entity)
    names = [each.name for each in entity.fields] if entity else [assay.field]
    request = ExtractRequest(fields=tuple(f"{assay.entity}.{each}" for each in names))
    plan = build_plans(dictionary, record, request, per_entity=True)[assay.entity]
    table = EmbeddedEngine(lake.tables).run(plan.tree, pins_of(record)).read_all()
    return table.rename_columns([SAMPLE_ID if each == assay.field else each for each in names])
