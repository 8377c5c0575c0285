"""Fold small files of rows into one; nothing of the rows changes."""

from dataclasses import dataclass

import pyarrow.parquet as pq

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import Publication
from apollo_spark.lake.tables.contents import StoredFile
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.pin import TablePin
from apollo_spark.workers.files.parquet import SOURCE_KEY

SMALL_BYTES = 16 << 20
"""Files below this are small."""
MOST_FILES = 8
"""So many small files of a table are left as they are: opening them costs little."""


@dataclass(frozen=True)
class RowFolding:
    """The small files of one table.

    Attributes:
        lake: Where it lies.
        pin: The table.
        files: Its small files that may be folded.
        all_files: All its files.
    """

    lake: Lake
    pin: TablePin
    files: tuple[StoredFile, ...]
    all_files: tuple[StoredFile, ...]

    @property
    def is_needed(self) -> bool:
        """Whether there are enough of them to be folded."""
        return len(self.files) > MOST_FILES

    def write(self, publication: Publication) -> TablePin:
        """Write and commit one file in the place of the small ones."""
        names = [each.path for each in self.files]
        rows = self.lake.tables.read_files(self.pin, names)
        draft = publication.table(self.pin.table)
        draft.write(rows, mode="append", removed=names)
        return draft.pin(content_hash=self.pin.content_hash)


def plan_row_folding(lake: Lake, record: DatasetRecord, table: str) -> RowFolding:
    """Return the small files of a table.

    A file that was written from a source file says from which lines its rows came; it stays as it
    is, so that every cell can be traced.
    """
    pin = record.pin_of(table)
    files = lake.tables.stored_files(pin)
    small = [each for each in files if each.size < SMALL_BYTES]
    # Footers are read only where there may be enough files.
    if len(small) > MOST_FILES:
        footers = lake.tables.footers(pin, [each.path for each in small])
        small = [each for each in small if not _has_lines(footers[each.path])]
    return RowFolding(lake, pin, tuple(small), files)


def _has_lines(footer: pq.FileMetaData) -> bool:
    return SOURCE_KEY.encode() in (footer.metadata or {})
