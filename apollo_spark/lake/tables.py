"""The data tables: brought back to a pinned version, committed to, checked, pinned, read.

The newest version of a table is scratch: readers go by pins. Writing rests on three steps:
`prepare` brings the head back to the base, `commit` tags every commit with the id of its load,
and `check_chain` proves that nobody else committed in between.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from deltalake import DeltaTable, Schema
from deltalake.transaction import AddAction, create_table_with_add_actions

from apollo_spark.errors import BrokenPinError, StorageRefusedError
from apollo_spark.lake.commits import (
    LOAD_KEY,
    NO_TABLE,
    RETENTION,
    compare_and_set,
    one_try,
    open_head,
    open_version,
    race,
    version_of,
)
from apollo_spark.lake.storage import LakeRoot, storage_access
from apollo_spark.model.base import canonical_json, sha256_text
from apollo_spark.model.pin import TablePin
from apollo_spark.workers.parquet import WrittenFile

WriteMode = Literal["overwrite", "append"]


class TableStore:
    """The tables of a lake, each named by its location: `tables/DATASET/TABLE`."""

    def __init__(self, root: LakeRoot) -> None:
        self._root = root

    def location(self, dataset: str, table: str) -> str:
        """Return where a dataset's own table lies."""
        return f"tables/{dataset}/{table}"

    def folder(self, location: str) -> Path:
        """Return the path of a table of this lake."""
        return self._root.locate(location)

    def folder_of(self, pin: TablePin) -> Path:
        """Return the path of a pinned table, which need not lie in this lake."""
        return self.folder(pin.location) if pin.is_ours else Path(pin.location)

    def prepare(self, location: str, base: TablePin | None, load_id: str) -> int:
        """Bring the head of a table to its base, and make its folder.

        Contents are compared, not numbers: going back makes a new number.

        Args:
            location: The table.
            base: The version to write on; None is a table without rows.
            load_id: The load that this belongs to.

        Returns:
            The version after which every commit must carry the id of the load.

        Raises:
            BrokenPinError: The base cannot be brought back.
            CommitRaceError: Somebody else committed meanwhile.
            StorageRefusedError: The storage refused.
        """
        self._root.make_folder(*location.split("/"))
        folder = self.folder(location)
        head = open_head(folder)
        if base is not None:
            return _restore(folder, head, base, load_id)
        if head is None:
            return NO_TABLE
        return _empty(folder, head, load_id)

    def commit(
        self,
        location: str,
        files: Iterable[WrittenFile],
        schema: pa.Schema,
        *,
        mode: WriteMode,
        load_id: str,
    ) -> int:
        """Commit files that lie in the table's folder, and return the new version.

        Args:
            location: The table; it is made, with its properties, by its first commit.
            files: What was written.
            schema: The columns; only `overwrite` may change them.
            mode: Whether the files replace the rows or add to them.
            load_id: The load that the commit belongs to.

        Raises:
            CommitRaceError: Somebody else committed meanwhile.
            StorageRefusedError: The storage refused.
        """
        folder = self.folder(location)
        head = open_head(folder)
        based_on = version_of(head)
        columns = Schema.from_arrow(schema)
        added = [_add_action(folder, each) for each in files]
        tag = one_try(load_id)
        if head is None:
            with compare_and_set(folder, based_on=based_on):
                create_table_with_add_actions(
                    str(folder), columns, added, configuration=RETENTION, commit_properties=tag
                )
            return based_on + 1
        if mode == "append" and schema_hash(head) != sha256_text(_canonical(columns)):
            raise StorageRefusedError(
                f"Rows with other columns cannot be added to {location}.",
                why="Only a commit that replaces all rows can change the columns.",
            )
        with compare_and_set(folder, based_on=based_on):
            head.create_write_transaction([*added], mode, columns, commit_properties=tag)
        return based_on + 1

    def check_chain(self, location: str, *, after: int, load_id: str) -> int:
        """Check that every commit after a version belongs to a load, and return the newest.

        Raises:
            CommitRaceError: Somebody else committed, or the table was made anew.
            StorageRefusedError: The storage refused.
        """
        folder = self.folder(location)
        head = open_head(folder)
        newest = version_of(head)
        if head is None or newest <= after:
            if newest == after:
                return newest
            raise race(folder)
        commits = head.history(newest - after)
        if [each["version"] for each in commits if each.get(LOAD_KEY) == load_id] != list(
            range(newest, after, -1)
        ):
            raise race(folder)
        return newest

    def pin(self, table: str, location: str, version: int, *, content_hash: str) -> TablePin:
        """Pin a version of a table of this lake.

        Args:
            table: The table's name in the record.
            location: The table.
            version: The version.
            content_hash: The hash of its rows, as the writer computed it.

        Raises:
            BrokenPinError: There is no such version.
        """
        opened = open_version(self.folder(location), version)
        if opened is None:
            raise missing_version(table, version)
        rows = pa.table(opened.get_add_actions()).column("num_records").to_pylist()
        return TablePin(
            table=table,
            table_id=str(opened.metadata().id),
            location=location,
            version=version,
            schema_hash=schema_hash(opened),
            rows=sum(rows),
            files_digest=files_digest(file_names(opened)),
            content_hash=content_hash,
        )

    def files(self, pin: TablePin) -> tuple[str, ...]:
        """Return the absolute paths of the files of a pinned version, sorted.

        Raises:
            BrokenPinError: The version cannot be opened, or is of another table.
        """
        folder = self.folder_of(pin)
        return tuple(str(folder / name) for name in file_names(self.open(pin)))

    def schema(self, pin: TablePin) -> pa.Schema:
        """Return the columns of a pinned version.

        Raises:
            BrokenPinError: The version cannot be opened, or is of another table.
        """
        return arrow_schema(self.open(pin))

    def open(self, pin: TablePin) -> DeltaTable:
        """Open a pinned version.

        Raises:
            BrokenPinError: The version cannot be opened, or is of another table.
        """
        opened = open_version(self.folder_of(pin), pin.version)
        if opened is None or str(opened.metadata().id) != pin.table_id:
            raise missing_version(pin.table, pin.version)
        return opened


def missing_version(table: str, version: int) -> BrokenPinError:
    """Return the error for a version that is not there."""
    return BrokenPinError(
        f"Version {version} of the table {table!r} cannot be opened.",
        why="The table or its log is gone, or was made anew.",
        fix="apollo verify says what can still be read; bring the table back from a copy.",
    )


def file_names(table: DeltaTable) -> tuple[str, ...]:
    """Return the names of the files of a version inside the table's folder, sorted."""
    return tuple(sorted(pa.table(table.get_add_actions()).column("path").to_pylist()))


def files_digest(names: Sequence[str]) -> str:
    """Return the SHA-256 of sorted file names."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def schema_hash(table: DeltaTable) -> str:
    """Return the SHA-256 of a version's columns."""
    return sha256_text(_canonical(table.schema()))


def arrow_schema(table: DeltaTable) -> pa.Schema:
    """Return a version's columns."""
    return pa.schema(table.schema().to_arrow())


def _canonical(schema: Schema) -> str:
    return canonical_json(json.loads(schema.to_json()))


def _contents(table: DeltaTable) -> tuple[Any, ...]:
    """Return what a reader of the newest version would notice, and what keeps pins readable."""
    properties = sorted(table.metadata().configuration.items())
    return file_names(table), schema_hash(table), properties


def _restore(folder: Path, head: DeltaTable | None, base: TablePin, load_id: str) -> int:
    wanted = open_version(folder, base.version)
    if head is None or wanted is None or str(wanted.metadata().id) != base.table_id:
        raise missing_version(base.table, base.version)
    found = head.version()
    if found == base.version or _contents(head) == _contents(wanted):
        return found
    _require_files(folder, wanted, base)
    with compare_and_set(folder, based_on=found):
        head.restore(base.version, commit_properties=one_try(load_id))
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


def _empty(folder: Path, head: DeltaTable, load_id: str) -> int:
    """Take the rows out of a table that no newest record reads; older ones may pin its past."""
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


def _add_action(folder: Path, file: WrittenFile) -> AddAction:
    with storage_access(f"Cannot find the written file {file.path} in {folder}."):
        modified = (folder / file.path).stat().st_mtime
    return AddAction(file.path, file.size, {}, int(modified * 1000), True, file.stats)
