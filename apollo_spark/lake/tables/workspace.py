"""Files beside those of tables that no version names yet, and perhaps none ever will."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import TypeVar
from uuid import uuid4

import pyarrow as pa
from typing_extensions import Self

from apollo_spark.workers.files.parquet_writer import ParquetWriter

Opened = TypeVar("Opened")


class Workspace:
    """The files that an extension writes; those that are not kept are removed at its end."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        """Begin without files."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove what is left; a file that cannot be removed is in no version all the same."""
        self._opened.close()
        for path in self._files:
            with suppress(OSError):
                Path(path).unlink(missing_ok=True)

    def open(self, context: AbstractContextManager[Opened]) -> Opened:
        """Enter what is left when the extension ends."""
        return self._opened.enter_context(context)

    def add(self, path: str) -> str:
        """Take a file in, and return it."""
        self._files.add(path)
        return path

    def keep(self, paths: Iterable[str]) -> None:
        """Leave files where they are: a version names them."""
        self._files -= set(paths)

    def open_patch(self, folder: str, schema: pa.Schema) -> tuple[str, ParquetWriter]:
        """Begin a file that tells tasks what changes in another, and return its path and writer."""
        path = self.add(f"{folder}/patch-{uuid4()}.parquet")
        return path, ParquetWriter(path, schema, compression="zstd")
