"""What a version of a table holds: its files, columns and digests, and whether they are as pinned.

Cheap checks are made at every reading: the log names the files and columns that the record
pins, and each file is there, has its size and ends as it was written. A small file is checked as
a whole. What a reader reads of larger ones it checks by their checksums. Files of lakes of version
0.1.0 have none: where such a table is small, its rows are hashed and compared with the pin.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, Schema

from apollo_spark.errors import BrokenPinError, broken_file
from apollo_spark.lake.tables.commits import add_actions, file_sizes, reading_file, require_size
from apollo_spark.lake.tables.log_faults import LOG, broken_log, find_log_fault
from apollo_spark.model.base import canonical_json, sha256_text
from apollo_spark.model.pin import TablePin
from apollo_spark.workers.files.checksums import check_chunks, has_checksums, read_checksums

if TYPE_CHECKING:
    from apollo_spark.workers.values.hashing import ContentHash


BATCH_ROWS = 1 << 16


@dataclass(frozen=True)
class StoredFile:
    """A file of a version, as the log says.

    Attributes:
        path: Its name inside the table's folder.
        size: Bytes.
        rows: Rows.
        least: The least value of each column for which the log has one.
        largest: The largest value of the same columns.
        nulls: How many values of each column are missing.
    """

    path: str
    size: int
    rows: int
    least: Mapping[str, Any]
    largest: Mapping[str, Any]
    nulls: Mapping[str, int]


def stored_files(table: DeltaTable) -> tuple[StoredFile, ...]:
    """Return what the log says of the files of a version, sorted by name."""
    actions = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    found = [
        StoredFile(
            path=each["path"],
            size=each["size_bytes"],
            rows=each["num_records"],
            least=_bounds(each, "min."),
            largest=_bounds(each, "max."),
            nulls=_bounds(each, "null_count."),
        )
        for each in actions
    ]
    return tuple(sorted(found, key=lambda each: each.path))


def _bounds(action: Mapping[str, Any], beginning: str) -> dict[str, Any]:
    return {
        name.removeprefix(beginning): value
        for name, value in action.items()
        if name.startswith(beginning) and value is not None
    }


def file_names(table: DeltaTable) -> tuple[str, ...]:
    """Return the names of the files of a version inside the table's folder, sorted."""
    return tuple(sorted(add_actions(table).column("path").to_pylist()))


def files_digest(names: Sequence[str]) -> str:
    """Return the SHA-256 of sorted file names."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def schema_hash(table: DeltaTable) -> str:
    """Return the SHA-256 of a version's columns."""
    return sha256_text(schema_text(table.schema()))


def stored_schema(table: DeltaTable) -> pa.Schema:
    """Return a version's columns."""
    return pa.schema(table.schema().to_arrow())


def schema_text(schema: Schema) -> str:
    """Return columns as a text that is the same for equal columns."""
    return canonical_json(json.loads(schema.to_json()))


def missing_version(table: str, version: int, folder: Path) -> BrokenPinError:
    """Return the error for a version that is not there."""
    file, why = find_log_fault(folder, version)
    return BrokenPinError(
        f"Version {version} of the table {table!r} cannot be opened.",
        why=f"The file {folder / LOG / file}: {why or 'it is of another table'}.",
        fix="apollo verify says what can still be read; bring the table back from a copy.",
    )


def content_hash(files: list[str], schema: pa.Schema) -> str:
    """Hash the rows of Parquet files, read as the columns of a table.

    Raises:
        OSError: A file cannot be read.
        pyarrow.ArrowException: A file is damaged.
    """
    import pyarrow.dataset as ds

    from apollo_spark.workers.values.hashing import ContentHash, hash_table

    total = ContentHash()
    if files:
        rows = ds.dataset(files, schema=schema, format="parquet")
        for batch in rows.to_batches(batch_size=BATCH_ROWS, batch_readahead=2):
            total += hash_table(batch)
    return total.hex()


SMALL_BYTES = 1 << 20
"""A file below this is checked as a whole: keys, links, most tables of a study."""
HASHED_BYTES = 4 << 20
"""A table without checksums below this is hashed at its first reading in a process."""
TILES = {"feature", "block", "values"}
"""Columns of the only tables of such old lakes whose content hash is not that of their rows."""


def require_own_log(folder: Path, opened: DeltaTable, pin: TablePin) -> None:
    """Require that a log names the files and columns that a pin names.

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
        _require_rows(paths, stored_schema(opened), pin)
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
