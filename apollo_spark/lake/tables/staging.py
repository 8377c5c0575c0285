"""A folder beside the files of a table that Spark writes into, where tasks cannot write themselves.

Spark's own commit lets only files of successful attempts appear there; they are named anew and
moved beside the others, and the folder goes.
"""

import shutil
from pathlib import Path
from types import TracebackType
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from typing_extensions import Self

from apollo_spark.workers.files.parquet import WrittenFile, finish_file


class Staging:
    """Takes what Spark writes; a context that removes what was not taken.

    Args:
        folder: That of the table.
    """

    def __init__(self, folder: str) -> None:
        self._table = Path(folder)
        self._folder = self._table / f"_staging-{uuid4()}"

    def __enter__(self) -> Self:
        """Begin without a folder: Spark makes it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def uri(self) -> str:
        """Where Spark writes."""
        return self._folder.as_uri()

    def names(self) -> list[str]:
        """Return the files that are there, sorted."""
        return sorted(each.name for each in self._folder.glob("*.parquet"))

    def take(self, name: str, prefix: str, schema: pa.Schema) -> WrittenFile | None:
        """Move a file to the table, and describe it as tasks describe theirs; None without rows.

        Args:
            name: The file.
            prefix: How its new name begins.
            schema: The columns of the table.
        """
        path = self._folder / name
        footer = pq.read_metadata(path)
        if footer.num_rows == 0:
            return None
        moved = path.rename(self._table / f"{prefix}-{uuid4()}.parquet")
        return finish_file(moved, schema, footer)
