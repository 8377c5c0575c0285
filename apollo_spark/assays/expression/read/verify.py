"""Hash what an assay measured, whatever the blocks that hold it."""

from apollo_spark.assays.expression.assay import LayerRecord
from apollo_spark.assays.expression.tasks.tiles.reread import hash_tiles
from apollo_spark.lake.tables.store import TableStore
from apollo_spark.model.pin import TablePin


def hash_layer(tables: TableStore, samples: TablePin, layer: LayerRecord, files: list[str]) -> str:
    """Return the content hash of the tiles of a layer: it does not depend on their blocks.

    Args:
        tables: Where the samples are read.
        samples: The table of the assay's samples.
        layer: The layer.
        files: The files of its tiles.
    """
    return hash_tiles(files, _samples_by_block(samples, tables), scale=layer.scale).hex()


def _samples_by_block(pin: TablePin, tables: TableStore) -> dict[int, list[str]]:
    """Return the sample ids of each block, by position."""
    columns = ["block", "position", "sample_id"]
    rows = tables.read(pin, columns).to_pylist()
    found: dict[int, list[str]] = {}
    for row in sorted(rows, key=lambda row: (row["block"], row["position"])):
        found.setdefault(row["block"], []).append(row["sample_id"])
    return found
