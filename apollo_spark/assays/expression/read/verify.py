"""Hash what an assay measured, whatever the blocks that hold it."""

import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.assays.expression.assay import expression_assays
from apollo_spark.assays.expression.tasks.tiles.reread import hash_tiles
from apollo_spark.lake.tables.store import TableStore
from apollo_spark.lake.verifying import HashSpecial
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.pin import TablePin


def hash_layers(record: DatasetRecord, tables: TableStore) -> HashSpecial:
    """Return what hashes the tiles of a record's layers: it does not depend on their blocks."""
    layers = {
        each.table: (assay, each)
        for assay in expression_assays(record.assays)
        for each in assay.layers
    }

    def hash_special(pin: TablePin, files: list[str]) -> str | None:
        if pin.table not in layers:
            return None
        assay, layer = layers[pin.table]
        samples = _samples_by_block(record.pin_of(assay.samples_table), tables)
        return hash_tiles(files, samples, scale=layer.scale).hex()

    return hash_special


def _samples_by_block(pin: TablePin, tables: TableStore) -> dict[int, list[str]]:
    """Return the sample ids of each block, by position."""
    columns = ["block", "position", "sample_id"]
    files = tables.checked_files(pin, columns)
    rows = pa.concat_tables(pq.read_table(x, columns=columns) for x in files).to_pylist()
    found: dict[int, list[str]] = {}
    for row in sorted(rows, key=lambda row: (row["block"], row["position"])):
        found.setdefault(row["block"], []).append(row["sample_id"])
    return found
