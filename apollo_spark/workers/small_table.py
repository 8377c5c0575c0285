"""Write a table that fits into memory as one file."""

from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.workers.parquet import WrittenFile
from apollo_spark.workers.stats import delta_stats


def write_small_table(folder: Path, table: pa.Table) -> WrittenFile:
    """Write a table that fits into memory as one file, as the Delta log names it."""
    name = f"part-00000-{uuid4()}.parquet"
    collected: list[pq.FileMetaData] = []
    with pq.ParquetWriter(
        folder / name,
        table.schema,
        compression="zstd",
        store_schema=False,
        metadata_collector=collected,
    ) as writer:
        writer.write_table(table)
    written = collected[0]
    return WrittenFile(
        path=name,
        size=(folder / name).stat().st_size,
        rows=written.num_rows,
        stats=delta_stats(table.schema, written),
    )
