"""The data tables: brought back to a pinned version, committed to, checked, pinned, read.

The newest version of a table is scratch: readers go by pins. Writing rests on three steps:
`prepare` brings the head back to the base, `commit` tags every commit with the id of its load,
and `check_chain` proves that nobody else committed in between.
"""

import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Literal

import pyarrow as pa
from deltalake import DeltaTable, Schema
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from apollo_spark.errors import StorageRefusedError
from apollo_spark.lake.storage.root import storage_access
from apollo_spark.lake.tables.commits import (
    LOAD_KEY,
    NO_TABLE,
    RETENTION,
    add_actions,
    compare_and_set,
    file_sizes,
    one_try,
    open_head,
    race,
    version_of,
)
from apollo_spark.lake.tables.contents import (
    file_names,
    files_digest,
    missing_version,
    schema_hash,
    schema_text,
)
from apollo_spark.lake.tables.heads import empty_head, restore_head
from apollo_spark.lake.tables.log_cache import TABLES
from apollo_spark.lake.tables.pinned import PinnedTables
from apollo_spark.model.base import sha256_text
from apollo_spark.model.pin import TablePin, table_location
from apollo_spark.workers.files.parquet import WrittenFile

WriteMode = Literal["overwrite", "append"]


class TableStore(PinnedTables):
    """The tables of a lake, each named by its location: `tables/DATASET/TABLE`."""

    def location(self, dataset: str, table: str) -> str:
        """Return where a dataset's own table lies."""
        return table_location(dataset, table)

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
        self._root.make_located(location)
        folder = self.folder(location)
        head = open_head(folder)
        if base is not None:
            return restore_head(folder, head, base, load_id)
        if head is None:
            return NO_TABLE
        return empty_head(folder, head, load_id)

    def commit(
        self,
        location: str,
        files: Iterable[WrittenFile],
        schema: pa.Schema,
        *,
        mode: WriteMode,
        load_id: str,
        removed: Collection[str] = (),
    ) -> int:
        """Commit files that lie in the table's folder, and return the new version.

        With `append` and `removed`, some files take the place of others in one commit: what
        upserts, deletes and compaction do. Files that are not named stay, and are not touched.

        Args:
            location: The table; it is made, with its properties, by its first commit.
            files: What was written.
            schema: The columns; only `overwrite` may change them.
            mode: Whether the files replace the rows or add to them.
            load_id: The load that the commit belongs to.
            removed: Names of files whose rows go, only with `append`.

        Raises:
            CommitRaceError: Somebody else committed meanwhile, or a file to remove is not there.
            StorageRefusedError: The storage refused.
        """
        folder = self.folder(location)
        head = open_head(folder)
        based_on = version_of(head)
        columns = Schema.from_arrow(schema)
        added = [_add_action(folder, each) for each in files]
        gone = _remove_actions(folder, head, removed)
        tag = one_try(load_id)
        if head is None:
            with compare_and_set(folder, based_on=based_on):
                create_table_with_add_actions(
                    str(folder), columns, added, configuration=RETENTION, commit_properties=tag
                )
            return based_on + 1
        if mode == "append" and schema_hash(head) != sha256_text(schema_text(columns)):
            raise StorageRefusedError(
                f"Rows with other columns cannot be added to {location}.",
                why="Only a commit that replaces all rows can change the columns.",
            )
        with compare_and_set(folder, based_on=based_on):
            head.create_write_transaction([*gone, *added], mode, columns, commit_properties=tag)
        TABLES.keep_committed(folder, head)
        return based_on + 1

    def check_chain(self, location: str, *, after: int, load_id: str) -> int:
        """Check that every commit after a version belongs to a load, and return the newest.

        Raises:
            CommitRaceError: Somebody else committed, or the table was made anew.
            StorageRefusedError: The storage refused.
        """
        folder = self.folder(location)
        head = TABLES.head(folder)
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
        opened = TABLES.version(self.folder(location), version)
        if opened is None:
            raise missing_version(table, version, self.folder(location))
        rows = add_actions(opened).column("num_records").to_pylist()
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


def _add_action(folder: Path, file: WrittenFile) -> AddAction:
    with storage_access(f"Cannot find the written file {file.path} in {folder}."):
        modified = (folder / file.path).stat().st_mtime
    return AddAction(file.path, file.size, {}, int(modified * 1000), True, file.stats)


def _remove_actions(
    folder: Path, head: DeltaTable | None, names: Collection[str]
) -> list[RemoveAction]:
    """Return the removal of files; delta-rs itself lets those pass that are not in the table."""
    if not names:
        return []
    known = {} if head is None else file_sizes(head)
    if not known.keys() >= set(names):
        raise race(folder)
    now = int(time.time() * 1000)
    return [RemoveAction(name, True, now, known[name], {}) for name in sorted(names)]
