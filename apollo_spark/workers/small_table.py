"""Write a table that fits into memory as one file."""

from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.workers.parquet import WrittenFile, finish_file
from apollo_spark.workers.parquet_writer import ParquetWriter


def write_small_table(
    folder: Path, table: pa.Table, *, group_rows: int | None = None
) -> WrittenFile:
    """Write a table that fits into memory as one file, as the Delta log names it.

    Args:
        folder: Where it is written.
        table: The rows.
        group_rows: Rows of a row group; None leaves it to Arrow.
    """
    name = f"part-00000-{uuid4()}.parquet"
    collected: list[pq.FileMetaData] = []
    try:
        with ParquetWriter(
            folder / name,
            table.schema,
            compression="zstd",
            store_schema=False,
            write_page_checksum=True,
            metadata_collector=collected,
        ) as writer:
            writer.write_table(table, row_group_size=group_rows)
    except BaseException:
        (folder / name).unlink(missing_ok=True)
        raise
    return finish_file(folder / name, table.schema, collected[0])
