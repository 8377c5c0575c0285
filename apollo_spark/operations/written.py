"""What an extraction answers: the files that it wrote, or the statement that it would answer."""

from typing import Any

from apollo_spark.model.base import Record


class Written(Record):
    """The files that were written.

    Attributes:
        rows: How many rows, by file.
    """

    rows: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return the files, how many rows each has, and all of them."""
        return {
            "written": list(self.rows),
            "rows": sum(self.rows.values()),
            "files": [{"path": path, "rows": count} for path, count in self.rows.items()],
        }


class Statement(Record):
    """Statements for Spark or a catalog, each ending with a semicolon."""

    sql: str
