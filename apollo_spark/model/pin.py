"""Pins: the exact version of a table that a record reads."""

from pydantic import Field

from apollo_spark.model.base import Record


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

    def __str__(self) -> str:
        """Return `table@version`."""
        return f"{self.table}@{self.version}"
