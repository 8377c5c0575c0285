"""The data tables as pins read them."""

from collections.abc import Collection, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from apollo_spark.errors import naming_only
from apollo_spark.lake.storage.root import LakeRoot
from apollo_spark.lake.tables.commits import reading_file, require_intact
from apollo_spark.lake.tables.contents import (
    StoredFile,
    check_files,
    missing_version,
    require_own_log,
    stored_files,
    stored_schema,
)
from apollo_spark.lake.tables.log_cache import TABLES
from apollo_spark.lake.tables.log_statistics import require_statistics
from apollo_spark.model.pin import TablePin
from apollo_spark.runtime.questions import NO_LIMITS, QuestionLimits
from apollo_spark.workers.files.checksums import check_chunks
from apollo_spark.workers.files.small_table import read_small_table


class PinnedTables:
    """Reads versions of tables: their files, rows, footers and logs.

    Args:
        root: Where they lie.
        limits: What a question about them may use where who asks says nothing.
    """

    def __init__(self, root: LakeRoot, limits: QuestionLimits = NO_LIMITS) -> None:
        self._root = root
        self.limits = limits

    def folder(self, location: str) -> Path:
        """Return the path of a table of this lake."""
        return self._root.locate(location)

    def folder_of(self, pin: TablePin) -> Path:
        """Return the path of a pinned table, which need not lie in this lake."""
        return self.folder(pin.location) if pin.is_ours else Path(pin.location)

    def files(self, pin: TablePin) -> tuple[str, ...]:
        """Return the absolute paths of the files of a pinned version, sorted.

        Each is there, has its size, and ends as it was written; small ones are checked as a
        whole. Who reads a larger one checks what is read: `check_chunks`, or `checked_files`.

        Raises:
            BrokenPinError: The version cannot be opened, is of another table, or a file of it is
                not as it was published.
        """
        with naming_only(pin.read_by):
            opened = self.open(pin)
            return check_files(self.folder_of(pin), opened, pin)

    def checked_files(
        self, pin: TablePin, columns: Collection[str] | None = None
    ) -> tuple[str, ...]:
        """Return what `files` does, when all rows of some columns were found as published.

        Args:
            pin: The version.
            columns: The columns that will be read; None is all of them.

        Raises:
            BrokenPinError: As `files`.
        """
        paths = self.files(pin)
        with naming_only(pin.read_by):
            for path in paths:
                with reading_file(Path(path)):
                    check_chunks(path, columns)
        return paths

    def read(self, pin: TablePin, columns: Collection[str] | None = None) -> pa.Table:
        """Read some columns, or all, of a small table into memory, all of it checked.

        Raises:
            BrokenPinError: As `files`.
        """
        schema = self.schema(pin)
        if columns is not None:
            schema = pa.schema([schema.field(each) for each in columns])
        return read_small_table(self.checked_files(pin, schema.names), schema)

    def read_files(self, pin: TablePin, names: Iterable[str]) -> pa.Table:
        """Read some files of a version into memory, one after the other, each checked as a whole.

        Raises:
            BrokenPinError: The version cannot be opened, or a file of it is damaged.
        """
        folder = self.folder_of(pin)
        paths = [str(folder / each) for each in names]
        require_intact(paths)
        return read_small_table(paths, self.schema(pin))

    def read_versions(self, pins: Iterable[TablePin], column: pa.Field) -> pa.Array:
        """Read a column of versions of a table that have it; a file that they share is read once.

        Raises:
            BrokenPinError: As `files`.
        """
        paths = {path for pin in pins for path in self.checked_files(pin, [column.name])}
        return read_small_table(sorted(paths), pa.schema([column])).column(0).combine_chunks()

    def footers(self, pin: TablePin, names: Iterable[str]) -> dict[str, pq.FileMetaData]:
        """Return what the footers of some files of a version say, by the names of the files.

        Raises:
            BrokenPinError: A file is missing or damaged.
        """
        folder = self.folder_of(pin)
        found = {}
        for each in names:
            with reading_file(folder / each):
                found[each] = pq.read_metadata(folder / each)
        return found

    def stored_files(self, pin: TablePin) -> tuple[StoredFile, ...]:
        """Return what the log says of the files of a pinned version, sorted by name.

        Raises:
            BrokenPinError: The version cannot be opened, or is of another table.
        """
        return stored_files(self.open(pin))

    def require_statistics(self, pin: TablePin, columns: Collection[str] | None = None) -> None:
        """Require that the log of a version of ours rules out no value (of some columns).

        Raises:
            BrokenPinError: As `stored_files`, or the log does.
        """
        if pin.is_ours:
            with naming_only(pin.read_by):
                require_statistics(self.folder_of(pin), self.open(pin), columns)

    def schema(self, pin: TablePin) -> pa.Schema:
        """Return the columns of a pinned version.

        Raises:
            BrokenPinError: The version cannot be opened, or is of another table.
        """
        return stored_schema(self.open(pin))

    def open(self, pin: TablePin) -> DeltaTable:
        """Open a pinned version.

        Raises:
            BrokenPinError: The version cannot be opened, or is of another table.
        """
        folder = self.folder_of(pin)
        with naming_only(pin.read_by):
            opened = TABLES.version(folder, pin.version)
            if opened is None or str(opened.metadata().id) != pin.table_id:
                raise missing_version(pin.table, pin.version, folder)
            require_own_log(folder, opened, pin)
        return opened
