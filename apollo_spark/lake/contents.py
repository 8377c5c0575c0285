"""What a version of a table holds: its files and columns, and digests of them for pins."""

import hashlib
import json
from collections.abc import Sequence

import pyarrow as pa
from deltalake import DeltaTable, Schema

from apollo_spark.errors import BrokenPinError
from apollo_spark.lake.commits import add_actions
from apollo_spark.model.base import canonical_json, sha256_text


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


def missing_version(table: str, version: int) -> BrokenPinError:
    """Return the error for a version that is not there."""
    return BrokenPinError(
        f"Version {version} of the table {table!r} cannot be opened.",
        why="The table or its log is gone, or was made anew.",
        fix="apollo verify says what can still be read; bring the table back from a copy.",
    )
