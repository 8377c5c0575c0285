"""Pins: the exact version of a table that a record reads, and whose table it is.

A lake keeps a table of a dataset at the location `tables/DATASET/TABLE`. Only this module puts
locations together and takes them apart.
"""

from pydantic import Field

from apollo_spark.model.base import Record

TABLES = "tables"


def table_location(dataset: str, table: str) -> str:
    """Return where a lake keeps a dataset's own table."""
    return f"{TABLES}/{dataset}/{table}"


def owner_of(location: str) -> str | None:
    """Return the dataset in whose folder a location lies, or None for every other place.

    >>> owner_of("tables/study/patient"), owner_of("/data/tables/patient")
    ('study', None)
    """
    steps = location.split("/")
    return steps[1] if len(steps) == 3 and steps[0] == TABLES and all(steps) else None


class TablePin(Record):
    """One version of one Delta table: reading it twice gives the same rows.

    `location` is relative to the lake's root for the lake's own tables, so that a lake can be
    moved. `files_digest` is the SHA-256 of the sorted list of data files; `content_hash` does not
    depend on the order of rows, columns or files.

    `read_by` is never stored: it is the view through which the table is read now, where messages
    may name nothing else.
    """

    table: str
    table_id: str
    location: str
    version: int
    schema_hash: str
    rows: int
    files_digest: str
    content_hash: str
    is_ours: bool = True
    read_by: str | None = Field(default=None, exclude=True)

    @property
    def owner(self) -> str | None:
        """The dataset in whose folder the table lies; None for a table outside of the lake."""
        return owner_of(self.location) if self.is_ours else None

    @property
    def folder_name(self) -> str:
        """The name of the table's folder; records may call the table otherwise."""
        return self.location.rpartition("/")[2]

    def is_of(self, dataset: str) -> bool:
        """Return whether the table is a dataset's own, so that its next version may write it."""
        return self.owner == dataset

    def __str__(self) -> str:
        """Return `table@version`."""
        return f"{self.table}@{self.version}"
