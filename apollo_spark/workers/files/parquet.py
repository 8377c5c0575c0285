"""Write the rows of one block to one Parquet file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.workers.files.checksums import add_checksums
from apollo_spark.workers.files.lines import LineRuns
from apollo_spark.workers.files.parquet_writer import ParquetWriter
from apollo_spark.workers.values.spec import Block
from apollo_spark.workers.values.stats import delta_stats

SOURCE_KEY = "apollo.source"
LINES_KEY = "apollo.lines"
# A row group smaller than this costs readers more than it saves.
GROUP_BYTES = 4 << 20
SAMPLE_ROWS = 10_000
# A dictionary pays only where values repeat; a failed attempt costs time and space.
SAMPLE_DISTINCT = 1_000


@dataclass(frozen=True)
class WrittenFile:
    """A Parquet file in the table's folder, as the Delta log names it."""

    path: str
    size: int
    rows: int
    stats: str


def finish_file(path: Path, schema: pa.Schema, footer: pq.FileMetaData) -> WrittenFile:
    """Put checksums into a file that was written to the end, and describe it.

    Args:
        path: The file; its name changes.
        schema: The columns of its table.
        footer: What its footer says.
    """
    named = add_checksums(path, footer)
    return WrittenFile(
        path=named.name,
        size=named.stat().st_size,
        rows=footer.num_rows,
        stats=delta_stats(schema, footer),
    )


class FileWriter:
    """Writes rows as they come into one file; without rows there is no file.

    Args:
        folder: The table's folder.
        number: Is part of the name of the file.
        texts: What the file says of its rows beside their lines.
    """

    def __init__(self, folder: str, number: int, texts: Mapping[str, str]) -> None:
        self._folder = Path(folder)
        self._name = f"part-{number:05d}-{uuid4()}.parquet"
        self._texts = dict(texts)
        self._lines = LineRuns()
        self._waiting: list[pa.Table] = []
        self._writer: ParquetWriter | None = None
        self._collected: list[pq.FileMetaData] = []
        self.written: WrittenFile | None = None

    def add(self, table: pa.Table, lines: np.ndarray | None) -> None:
        """Write rows, or keep them until they are enough for a row group.

        Args:
            table: The rows.
            lines: The physical line of each; None where they are not known.
        """
        if table.num_rows == 0:
            return
        if lines is not None:
            self._lines.add(lines)
        if self._is_enough() and table.nbytes >= GROUP_BYTES // 4:
            self._flush()
        self._waiting.append(table)

    def _is_enough(self) -> bool:
        return sum(int(each.nbytes) for each in self._waiting) >= GROUP_BYTES

    def _flush(self) -> None:
        if not self._waiting:
            return
        table = pa.concat_tables(self._waiting)
        self._waiting = []
        if self._writer is None:
            self._writer = open_writer(self._folder / self._name, table, self._collected)
        self._writer.write_table(table, row_group_size=table.num_rows)

    def __enter__(self) -> "FileWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file; after an error, remove it."""
        try:
            if error is None:
                self._finish()
        except BaseException:
            self._remove()
            raise
        if error is not None:
            self._remove()

    def _remove(self) -> None:
        """Remove what is written: a full disk has room again for what is written of it."""
        if self._writer is not None:
            self._writer.abandon()
            (self._folder / self._name).unlink(missing_ok=True)

    def _finish(self) -> None:
        self._flush()
        if self._writer is None:
            return
        path = self._folder / self._name
        texts = (
            self._texts if self._lines.is_empty else self._texts | {LINES_KEY: self._lines.dump()}
        )
        self._writer.add_key_value_metadata(texts)
        self._writer.close()
        file = self._collected[0]
        self.written = finish_file(path, self._writer.schema, file)


class BlockWriter(FileWriter):
    """Writes the rows of a block of an input file."""

    def __init__(self, folder: str, block: Block) -> None:
        source = json.dumps({"file": block.file.label, "sha256": block.file.sha256})
        super().__init__(folder, block.index, {SOURCE_KEY: source})


def open_writer(path: Path, sample: pa.Table, collected: list[pq.FileMetaData]) -> ParquetWriter:
    """Open a file for tables like the sample; its metadata is collected when it is closed."""
    return ParquetWriter(
        path,
        sample.schema,
        compression="zstd",
        use_dictionary=repeating_columns(sample),
        store_schema=False,
        write_page_checksum=True,
        metadata_collector=collected,
    )


def repeating_columns(sample: pa.Table) -> list[str]:
    """Name the leaf columns whose values repeat in the first rows."""
    # Who only asks loads this module too, and never writes.
    import pyarrow.compute as pc

    paths = []
    for name, column in zip(sample.column_names, sample.slice(0, SAMPLE_ROWS).columns, strict=True):
        is_list = pa.types.is_list(column.type)
        values = pc.list_flatten(column) if is_list else column
        if pc.count_distinct(values).as_py() <= min(SAMPLE_DISTINCT, len(values) // 2):
            paths.append(f"{name}.list.element" if is_list else name)
    return paths
