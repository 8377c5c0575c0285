"""Rows as they come, in files of bounded size."""

from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.workers.files.parquet import WrittenFile, finish_file, open_writer
from apollo_spark.workers.values.hashing import ContentHash, hash_table

FILE_ROWS = 5_000_000
GROUP_ROWS = 100_000


def write_row_files(
    folder: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema
) -> tuple[list[WrittenFile], ContentHash]:
    """Write rows as they come, in files of at most FILE_ROWS rows and one batch more.

    Args:
        folder: Where they are written.
        batches: The rows, with the columns of the schema.
        schema: The columns of the table.

    Returns:
        The files, none for no rows, and the hash of all rows.
    """
    files: list[WrittenFile] = []
    content = ContentHash()
    coming = iter(batches)
    batch = next(coming, None)
    while batch is not None:
        path = folder / f"part-{len(files):05d}-{uuid4()}.parquet"
        collected: list[pq.FileMetaData] = []
        rows = 0
        with open_writer(path, pa.Table.from_batches([batch]), collected) as writer:
            while batch is not None and rows < FILE_ROWS:
                writer.write_batch(batch, row_group_size=GROUP_ROWS)
                content += hash_table(batch)
                rows += batch.num_rows
                batch = next(coming, None)
        files.append(finish_file(path, schema, collected[0]))
    return files, content
