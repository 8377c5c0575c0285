"""A table that is being written: its files come from here, or from tasks that get its folder."""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from apollo_spark.lake.storage.root import storage_access
from apollo_spark.lake.tables.store import TableStore, WriteMode
from apollo_spark.model.pin import TablePin
from apollo_spark.workers.files.parquet import FileWriter, WrittenFile
from apollo_spark.workers.files.small_table import read_small_table, write_small_table

if TYPE_CHECKING:
    from apollo_spark.workers.values.hashing import ContentHash


class TableDraft:
    """A table that is being written: what is committed here nobody sees before it is published.

    Attributes:
        base: The pin that it is based on, or None for a table without rows.
        folder: Where tasks write its files; nobody else opens, lists or removes any there.
        pinned: Location and version of what was pinned here.
        rows, files: What the last commit wrote.
    """

    def __init__(
        self,
        tables: TableStore,
        table: str,
        *,
        location: str,
        base: TablePin | None,
        after: int,
        load_id: str,
        step: Callable[[str], None],
    ) -> None:
        self._tables = tables
        self._table = table
        self._location = location
        self._after = after
        self._load_id = load_id
        self._step = step
        self.base = base
        self.folder = str(tables.folder(location))
        self.pinned: set[tuple[str, int]] = set()
        self.rows = 0
        self.files = 0

    def add(self, table: pa.Table) -> WrittenFile:
        """Write rows that fit into memory as one file, for a commit."""
        return write_small_table(Path(self.folder), table)

    def add_rows(
        self, batches: Iterable[pa.RecordBatch], schema: pa.Schema
    ) -> "tuple[list[WrittenFile], ContentHash]":
        """Write rows as they come, in files of bounded size, for a commit."""
        # What publishes no rows waits for nothing that hashes them.
        from apollo_spark.workers.files.row_files import write_row_files

        return write_row_files(Path(self.folder), batches, schema)

    def open_file(self, number: int = 0) -> FileWriter:
        """Return what writes rows into one file, for a commit; without rows there is no file."""
        return FileWriter(self.folder, number, {})

    def read(self, files: Iterable[WrittenFile], schema: pa.Schema) -> pa.Table:
        """Read columns of files that were written here and are in no commit yet."""
        return read_small_table(self.paths(files), schema)

    def paths(self, files: Iterable[WrittenFile]) -> list[str]:
        """Return the full paths of files that were written here, for tasks."""
        return [f"{self.folder}/{each.path}" for each in files]

    def discard(self, files: Iterable[WrittenFile]) -> None:
        """Remove files that were written here and are in no commit.

        Raises:
            StorageRefusedError: One cannot be removed.
        """
        for each in self.paths(files):
            with storage_access(f"Cannot remove {each}."):
                Path(each).unlink()

    def write(
        self, table: pa.Table, *, mode: WriteMode = "overwrite", removed: Collection[str] = ()
    ) -> int:
        """Write rows that fit into memory as one file, and commit it."""
        return self.commit([self.add(table)], table.schema, mode=mode, removed=removed)

    def commit(
        self,
        files: Iterable[WrittenFile],
        schema: pa.Schema,
        *,
        mode: WriteMode = "overwrite",
        removed: Collection[str] = (),
    ) -> int:
        """Commit files that lie in the folder, and return the new version: `TableStore.commit`."""
        self._step(f"commit {self._table}")
        written = tuple(files)
        self.rows, self.files = sum(each.rows for each in written), len(written)
        return self._tables.commit(
            self._location,
            written,
            schema,
            mode=mode,
            load_id=self._load_id,
            removed=removed,
        )

    def pin(self, *, content_hash: str) -> TablePin:
        """Pin what is there, after checking that this load alone wrote it.

        Args:
            content_hash: The hash of all rows of the table.

        Raises:
            CommitRaceError: Somebody else committed to the table: begin again.
        """
        self._step(f"pin {self._table}")
        version = self._tables.check_chain(self._location, after=self._after, load_id=self._load_id)
        self.pinned.add((self._location, version))
        return self._tables.pin(self._table, self._location, version, content_hash=content_hash)
