"""The samples of an assay in the order in which they came."""

from apollo_spark.assays.expression.read.select import find_assay
from apollo_spark.lake.lake import Lake
from apollo_spark.model.dataset import DatasetRecord


def list_samples(lake: Lake, record: DatasetRecord, assay: str) -> list[str]:
    """Return the ids of the samples of an assay, those that came last behind all others.

    Raises:
        NotFoundError: The version has no assay of that name.
        BrokenPinError: The table of its samples cannot be read.
    """
    pin = record.pin_of(find_assay(record.assays, assay, str(record)).samples_table)
    rows = lake.tables.read(pin, ["sample", "sample_id"])
    return [str(each) for each in rows.sort_by("sample")["sample_id"].to_pylist()]
