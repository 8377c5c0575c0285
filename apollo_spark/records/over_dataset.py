"""What records over a version of a dataset say of it."""

from typing import Any

from apollo_spark.model.dataset import DatasetRecord


def said_of(dataset: DatasetRecord) -> dict[str, Any]:
    """Return what a record over a version of a dataset says of it, by the names of its fields."""
    parts = dataset.all_parts
    del parts[dataset.receipt]
    return {
        "dataset": str(dataset),
        "dataset_id": dataset.id,
        "main_entity": dataset.main_entity,
        "kept": tuple(pin for rule in dataset.rules for pin in rule.pins),
        "parts": tuple(sorted(parts.items())),
        "hides": dataset.hides,
    }
