"""A writer of Parquet files that a full disk fails once, and only where it is used."""

import contextlib
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


class ParquetWriter(pq.ParquetWriter):  # type: ignore[misc]
    """`pyarrow.parquet.ParquetWriter`, but closing that failed is over.

    The original tries again when it is thrown away, and prints a trace of that which nobody can
    catch.
    """

    def close(self) -> Any:
        """Finish the file.

        Raises:
            OSError: The storage refused.
        """
        try:
            return super().close()
        except BaseException:
            self.is_open = False
            if self.file_handle is not None:
                with contextlib.suppress(OSError):
                    self.file_handle.close()
            raise

    def abandon(self) -> None:
        """Close a file that cannot be finished; why it cannot is known already."""
        with contextlib.suppress(OSError, RuntimeError, pa.ArrowException):
            self.close()

    def __exit__(self, *error: Any) -> None:
        """Finish the file; after an error, only close it."""
        if error and error[0] is not None:
            self.abandon()
        else:
            self.close()
