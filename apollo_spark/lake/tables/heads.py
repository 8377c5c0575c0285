"""Bring the newest version of a table back to a base: what a crash left after it goes away."""

from pathlib import Path
from typing import Any

from deltalake import DeltaTable

from apollo_spark.errors import BrokenPinError, StorageRefusedError
from apollo_spark.lake.tables.commits import RETENTION, compare_and_set, one_try
from apollo_spark.lake.tables.contents import file_names, missing_version, schema_hash
from apollo_spark.lake.tables.log_cache import TABLES
from apollo_spark.model.pin import TablePin


def restore_head(folder: Path, head: DeltaTable | None, base: TablePin, load_id: str) -> int:
    """Bring a table back to a pinned version, unless it is there, and return its version.

    Raises:
        BrokenPinError: The pinned version is not there, or some of its files are gone.
        CommitRaceError: Somebody else committed meanwhile.
        StorageRefusedError: The storage refused.
    """
    wanted = TABLES.version(folder, base.version)
    if head is None or wanted is None or str(wanted.metadata().id) != base.table_id:
        raise missing_version(base.table, base.version, folder)
    found = head.version()
    if found == base.version or contents_of(head) == contents_of(wanted):
        return found
    _require_files(folder, wanted, base)
    with compare_and_set(folder, based_on=found):
        head.restore(base.version, commit_properties=one_try(load_id))
    return found + 1


def empty_head(folder: Path, head: DeltaTable, load_id: str) -> int:
    """Take the rows out of a table that no newest record reads; older ones may pin its past.

    Raises:
        CommitRaceError: Somebody else committed meanwhile.
        StorageRefusedError: The storage refused, or the table was not made by this lake.
    """
    properties = head.metadata().configuration
    if any(properties.get(name) != value for name, value in RETENTION.items()):
        raise StorageRefusedError(
            f"The table {folder} was not made by this lake.",
            why="It lacks the properties that keep old versions readable.",
            fix="Move it out of the lake.",
        )
    found = head.version()
    if not file_names(head):
        return found
    with compare_and_set(folder, based_on=found):
        head.create_write_transaction(
            [], "overwrite", head.schema(), commit_properties=one_try(load_id)
        )
    return found + 1


def _require_files(folder: Path, wanted: DeltaTable, base: TablePin) -> None:
    names = file_names(wanted)
    missing = [name for name in names if not (folder / name).exists()]
    if missing:
        raise BrokenPinError(
            f"The table {base.table!r} cannot be brought back to version {base.version}.",
            why=f"{len(missing)} of its {len(names)} files are missing.",
            fix="apollo verify says which; bring them back from a copy of the lake.",
        )


def contents_of(table: DeltaTable) -> tuple[Any, ...]:
    """Return what a reader of the newest version would notice, and what keeps pins readable."""
    properties = sorted(table.metadata().configuration.items())
    return file_names(table), schema_hash(table), properties
