"""Write what changes in the tables of an entity: new files beside the old ones.

A file of rows given is stored as it is where all of them are new. Stored files are written
anew only where a row of theirs changes or goes: without that row. A row that changes moves to the
file of the rows given, and so has its lines there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.engines.tasks import TaskRunner
from apollo_spark.lake.tables.commits import require_intact
from apollo_spark.lake.tables.workspace import Workspace
from apollo_spark.query.row_changes import FILE, dropped_rows, patched_rows
from apollo_spark.verbs.extend.rows.comparing import RowComparison
from apollo_spark.verbs.extend.rows.tables import RowTable
from apollo_spark.workers.files.parquet import WrittenFile
from apollo_spark.workers.files.parquet_writer import ParquetWriter
from apollo_spark.workers.files.patching import PatchTask, run_patch
from apollo_spark.workers.values.hashing import ContentHash


@dataclass(frozen=True)
class ChangedFiles:
    """What a table becomes.

    Attributes:
        added: Files that come.
        removed: Names of files that go.
        content: The hash of all its rows then.
    """

    added: tuple[WrittenFile, ...]
    removed: tuple[str, ...]
    content: ContentHash

    @property
    def is_nothing(self) -> bool:
        """Whether the table stays as it is."""
        return not (self.added or self.removed)


@dataclass(frozen=True)
class RowWriter:
    """Writes the files of one extension.

    Attributes:
        compared: The rows given beside the stored ones.
        runner: Writes files anew.
        workspace: Has every file that is written.
    """

    compared: RowComparison
    runner: TaskRunner
    workspace: Workspace

    def write(self, table: RowTable, folder: str) -> ChangedFiles:
        """Write what changes in a table of the dataset's own."""
        old = ContentHash.from_hex(table.pin.content_hash)
        removed, kept = self._drop(table, folder)
        added = self._settle(table, folder)
        return ChangedFiles(
            added=(*kept.files, *added.files),
            removed=removed,
            content=old + kept.change + added.change,
        )

    def _drop(self, table: RowTable, folder: str) -> "tuple[tuple[str, ...], _Patched]":
        """Write stored files anew without the rows that change or go."""
        compared = self.compared
        given = table.changed if self._has_rows(table) else None
        if table.key is None or not compared.matched[table.number]:
            return (), _Patched()
        tree = dropped_rows(given, table.old, table.key, deletes=compared.deletes)
        patches = self._write_patches(compared.run(tree), folder)
        done = self._patch(patches, table.key, folder)
        return tuple(Path(path).name for path in patches), done

    def _settle(self, table: RowTable, folder: str) -> "_Patched":
        """Take the files of rows given, without rows that change nothing, completed by others."""
        if not self._has_rows(table):
            return _Patched()
        staged = self.compared.staged
        assert staged is not None
        place = [each for each in self.compared.tables if each.takes_rows].index(table)
        patches: dict[str, str] = {}
        if table.changed is not None:
            tree = patched_rows(table.changed)
            patches = self._write_patches(self.compared.run(tree), folder)
        done = self._patch(patches, str(table.key), folder)
        pairs = zip(staged.paths[place], staged.files[place], strict=True)
        as_they_stand = tuple(file for path, file in pairs if path not in patches)
        return _Patched((*as_they_stand, *done.files), staged.hashes[place] + done.change)

    def _has_rows(self, table: RowTable) -> bool:
        return self.compared.staged is not None and table.takes_rows

    def _patch(self, patches: dict[str, str], key: str, folder: str) -> "_Patched":
        """Write files anew, one task each."""
        tasks = [
            PatchTask(path=path, key=key, patch=patch, folder=folder, number=number)
            for number, (path, patch) in enumerate(patches.items())
        ]
        require_intact(patches)
        files: list[WrittenFile] = []
        change = ContentHash()
        for result in self.runner.run(run_patch, tasks):
            change = change + ContentHash(**result["after"]) - ContentHash(**result["before"])
            if result["file"] is not None:
                files.append(WrittenFile(**result["file"]))
                self.workspace.add(f"{folder}/{files[-1].path}")
        return _Patched(tuple(files), change)

    def _write_patches(self, rows: pa.RecordBatchReader, folder: str) -> dict[str, str]:
        """Write the rows that come file by file as one patch for each file."""
        patches: dict[str, str] = {}
        writer: ParquetWriter | None = None
        try:
            for batch in rows:
                found = pa.Table.from_batches([batch])
                for path in _in_order(found[FILE]):
                    if path not in patches:
                        if writer is not None:
                            writer.close()
                        schema = found.drop_columns([FILE]).schema
                        patches[path], writer = self.workspace.open_patch(folder, schema)
                    assert writer is not None
                    own = found.filter(pc.equal(found[FILE], path))
                    writer.write_table(own.drop_columns([FILE]))
        finally:
            if writer is not None:
                writer.close()
        return patches


@dataclass(frozen=True)
class _Patched:
    """Files that were written, and how the hash of their table's rows changes by them."""

    files: tuple[WrittenFile, ...] = ()
    change: ContentHash = field(default_factory=ContentHash)


def _in_order(files: pa.ChunkedArray) -> Sequence[str]:
    """Return the files of some rows, each once, in the order of the rows."""
    found: list[str] = files.unique().to_pylist()
    return found
