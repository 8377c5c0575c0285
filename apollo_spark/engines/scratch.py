"""Tables that are not published, for questions beside those that are: files of rows, by name."""

from collections.abc import Sequence

import pyarrow as pa

from apollo_spark.engines.base import TableFiles
from apollo_spark.model.pin import TablePin


class ScratchFiles:
    """Knows the files of published tables, and of others that are made up for some questions.

    Args:
        files: Where the pinned tables are.
    """

    def __init__(self, files: TableFiles) -> None:
        self._files = files
        self._scratch: dict[str, tuple[tuple[str, ...], pa.Schema]] = {}

    def add(self, name: str, files: Sequence[str], schema: pa.Schema) -> TablePin:
        """Make files of rows a table, and return what stands for its pin.

        Args:
            name: The name that questions use; one that is taken is taken over.
            files: Full paths.
            schema: The columns.
        """
        self._scratch[name] = (tuple(files), schema)
        nothing = {"table_id": "", "schema_hash": "", "files_digest": "", "content_hash": ""}
        return TablePin(table=name, location=name, version=0, rows=0, is_ours=False, **nothing)

    def files(self, pin: TablePin) -> Sequence[str]:
        """Return the full paths of the data files of a table."""
        return self._scratch[pin.table][0] if self._is_scratch(pin) else self._files.files(pin)

    def schema(self, pin: TablePin) -> pa.Schema:
        """Return the columns of a table."""
        return self._scratch[pin.table][1] if self._is_scratch(pin) else self._files.schema(pin)

    def _is_scratch(self, pin: TablePin) -> bool:
        return not pin.table_id and pin.table in self._scratch
