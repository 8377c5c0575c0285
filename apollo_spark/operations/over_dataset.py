"""What `show` says of every record that is over a dataset: a cohort, a dashboard."""

import json
from typing import Any

from apollo_spark.lake.lake import Lake
from apollo_spark.model.over_dataset import OverDataset


def describe_over_dataset(lake: Lake, record: OverDataset, own: dict[str, Any]) -> dict[str, Any]:
    """Return a record as JSON.

    Args:
        lake: Where it is published.
        record: The record.
        own: What records of its kind alone say.
    """
    return {
        "name": record.name,
        "version": record.version,
        "id": record.id,
        "kind": record.kind,
        "title": record.title,
        "description": record.description,
        "published": record.lineage.time.isoformat(),
        "dataset": record.dataset,
        "main_entity": record.main_entity,
        **own,
        "codings": dict(record.codings),
        "parents": list(record.lineage.parents),
        "withdrawn": {} if record.hides else lake.withdrawn_from(record),
        "inputs": [each.model_dump(mode="json") for each in record.lineage.inputs],
        "receipt": json.loads(lake.parts.get(record.receipt)),
    }
