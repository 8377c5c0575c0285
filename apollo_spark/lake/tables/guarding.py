"""Check what a pinned version of a table is read from, before its rows are shown.

Cheap checks are made at every reading: the log tells of the files and columns that the record
pins, and each file is there, has its size and ends as it was written. A small file is checked as
a whole. What a reader reads of larger ones it checks by their checksums. Files of lakes of version
0.1.0 have none: where such a table is small, its rows are hashed and compared with the pin.
"""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from apollo_spark.errors import broken_file
from apollo_spark.lake.tables.commits import file_sizes, reading_file, require_size
from apollo_spark.lake.tables.contents import arrow_schema, file_names, files_digest, schema_hash
from apollo_spark.lake.tables.log_faults import broken_log
from apollo_spark.model.pin import TablePin
from apollo_spark.workers.files.checksums import check_chunks, has_checksums, read_checksums

if TYPE_CHECKING:
    from apollo_spark.workers.values.hashing import ContentHash

SMALL_BYTES = 1 << 20
"""A file below this is checked as a whole: keys, links, most tables of a study."""
HASHED_BYTES = 4 << 20
"""A table without checksums below this is hashed at its first reading in a process."""
TILES = {"feature", "block", "values"}
"""Columns of the only tables of such old lakes whose content hash is not that of their rows."""


def require_own_log(folder: Path, opened: DeltaTable, pin: TablePin) -> None:
    """Require that a log tells of the files and columns that a pin names.

    Raises:
        BrokenPinError: It does not.
    """
    if files_digest(file_names(opened)) != pin.files_digest:
        why = "it or a commit before it names other files than were published"
        raise broken_log(folder, pin.version, why)
    if schema_hash(opened) != pin.schema_hash:
        why = "it or a commit before it names other columns than were published"
        raise broken_log(folder, pin.version, why)


def check_files(folder: Path, opened: DeltaTable, pin: TablePin) -> tuple[str, ...]:
    """Return the full paths of the files of a version, sorted, after the cheap checks.

    Raises:
        BrokenPinError: A file is missing or damaged.
        StorageRefusedError: The storage refused.
    """
    sizes = file_sizes(opened)
    for name, size in sorted(sizes.items()):
        with reading_file(folder / name):
            require_size(folder / name, size)
            if size <= SMALL_BYTES:
                check_chunks(str(folder / name))
            else:
                read_checksums(str(folder / name))
    paths = tuple(str(folder / name) for name in sorted(sizes))
    if not all(map(has_checksums, paths)) and sum(sizes.values()) <= HASHED_BYTES:
        _require_rows(paths, arrow_schema(opened), pin)
    return paths


def _require_rows(paths: tuple[str, ...], schema: pa.Schema, pin: TablePin) -> None:
    # What hashes rows loads pyarrow.compute, and few tables need it here.
    from apollo_spark.workers.values.hashing import STORED, ContentHash

    if set(schema.names) >= TILES or STORED.match(pin.content_hash) is None:
        return
    total = ContentHash()
    for path in paths:
        with reading_file(Path(path)):
            state = Path(path).stat()
            total += _rows_hash(path, schema, state.st_mtime_ns, state.st_ino)
    if total.hex() != pin.content_hash:
        where = paths[0] if len(paths) == 1 else f"{Path(paths[0]).parent}/*.parquet"
        raise broken_file(where, "its rows are not those that were published")


@lru_cache(maxsize=1024)
def _rows_hash(path: str, schema: pa.Schema, changed_ns: int, inode: int) -> "ContentHash":  # noqa: ARG001
    # What tells one state of a file from another is the key.
    from apollo_spark.workers.values.hashing import hash_table

    with pq.ParquetFile(path) as file:
        found = file.read()
    columns = [
        found[each.name].cast(each.type)
        if each.name in found.column_names
        else pa.nulls(found.num_rows, each.type)
        for each in schema
    ]
    return hash_table(pa.table(columns, schema=schema))
