"""What a version of a table holds: its files and columns, and digests of them for pins."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, Schema

from apollo_spark.errors import BrokenPinError
from apollo_spark.lake.tables.commits import add_actions
from apollo_spark.lake.tables.log_faults import LOG, find_log_fault
from apollo_spark.model.base import canonical_json, sha256_text

BATCH_ROWS = 1 << 16


@dataclass(frozen=True)
class StoredFile:
    """A file of a version, as the log tells.

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


def arrow_schema(table: DeltaTable) -> pa.Schema:
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
