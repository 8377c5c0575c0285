"""Tables that fit into memory: written as one file, read as a whole."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.workers.files.parquet import WrittenFile, finish_file
from apollo_spark.workers.files.parquet_writer import ParquetWriter


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


def read_small_table(paths: Iterable[str], schema: pa.Schema) -> pa.Table:
    """Read files, one after the other, as one table with the columns of a schema.

    `pyarrow.dataset` would do so too, and loads pandas, which takes longer than small tables.

    Args:
        paths: The files; what is to be checked of them was checked.
        schema: The columns; one that a file lacks is missing in its rows. Texts may be asked for
            as a dictionary.

    Raises:
        OSError: A file cannot be read.
        pyarrow.ArrowException: A file is damaged, or has values of another type.
    """
    tables = [_read(each, schema) for each in paths]
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _read(path: str, schema: pa.Schema) -> pa.Table:
    with _open(path, [each.name for each in schema if pa.types.is_dictionary(each.type)]) as file:
        present = set(file.schema_arrow.names)
        found = file.read([each for each in schema.names if each in present])
        rows = file.metadata.num_rows
    if present.issuperset(schema.names):
        found = found.select(schema.names)
        # Thousands of columns one by one take their time where nothing is to be done.
        if found.schema.types == schema.types:
            return pa.table(found.columns, schema=schema)
    columns = [
        found[each.name] if each.name in present else pa.nulls(rows, each.type) for each in schema
    ]
    columns = [each.cast(type_) for each, type_ in zip(columns, schema.types, strict=True)]
    return pa.table(columns, schema=schema)


def _open(path: str, encoded: Sequence[str]) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, read_dictionary=encoded)
    except KeyError:
        # The file lacks one of them.
        with pq.ParquetFile(path) as file:
            present = set(file.schema_arrow.names)
        return pq.ParquetFile(path, read_dictionary=[each for each in encoded if each in present])
