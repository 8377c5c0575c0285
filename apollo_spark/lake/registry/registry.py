"""The registry: one Delta table with a row per published record.

A record is published by the commit that appends its row. Commits are by compare-and-set on the
version of the whole table, so that whoever publishes has seen everything published before. Rows
never change: a version is retired by another row, which names it.
"""

import contextlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
from deltalake import DeltaTable

from apollo_spark.errors import (
    ApolloError,
    BrokenPinError,
    CommitRaceError,
    broken_file,
)
from apollo_spark.lake.registry.row_table import (
    commit_rows,
    read_rows,
    require_own_files,
    to_dicts,
)
from apollo_spark.lake.registry.rows import (
    LISTED,
    PROPERTIES,
    SCHEMA,
    TEXTS_AT_ONCE,
    StoredRecord,
    as_row,
    entries_of,
    fold_files,
    is_of_its_text,
    read_stored,
)
from apollo_spark.lake.registry.snapshot import RecordEntry, RegistrySnapshot
from apollo_spark.lake.storage.root import LakeRoot
from apollo_spark.lake.tables.commits import (
    NO_TABLE,
    open_head,
    race,
    version_of,
)
from apollo_spark.lake.tables.log_cache import TABLES
from apollo_spark.lake.tables.log_faults import LOG, commit_name
from apollo_spark.model.base import sha256_text
from apollo_spark.model.disclosure import GUARD
from apollo_spark.model.withdrawal import WITHDRAWAL, WithdrawalRecord
from apollo_spark.workers.files.checksums import has_checksums

if TYPE_CHECKING:
    from apollo_spark.model.record import PublishedRecord


R = TypeVar("R", bound="PublishedRecord")


class Registry:
    """The table `registry/records` of a lake.

    Args:
        root: The lake.
        reached: Tells the version that was reached by who published last, from another place.
    """

    def __init__(self, root: LakeRoot, *, reached: Callable[[], int] = lambda: NO_TABLE) -> None:
        self._root = root
        self.folder = root.place("registry", "records")
        self._reached = reached
        self._least: int | None = None
        self._last: tuple[tuple[str, int], RegistrySnapshot] | None = None

    def snapshot(self) -> RegistrySnapshot:
        """Read what is published, without the JSON of the records.

        Raises:
            BrokenPinError: A file of the registry is missing or damaged.
            StorageRefusedError: The storage refused.
        """
        table = self.open()
        if table is None:
            return RegistrySnapshot(version=NO_TABLE)
        # A version of a table never changes, and most verbs ask several times.
        version = (str(table.metadata().id), table.version())
        if self._last is None or self._last[0] != version:
            self._last = (version, self._read_snapshot(table))
        return self._last[1]

    def open(self) -> DeltaTable | None:
        """Open the newest version, which must be none before those that are known of.

        Raises:
            BrokenPinError: A file of the log is missing or damaged.
            StorageRefusedError: The storage refused.
        """
        if self._least is None:
            # Asked before the registry is opened: who publishes meanwhile makes it only longer.
            self._least = self._least_known()
        table = TABLES.head(self.folder)
        version = version_of(table)
        if version < self._least:
            lost = self.folder / LOG / commit_name(version + 1)
            raise broken_file(str(lost), "it is missing, and it was published")
        self._least = version
        return table

    def _least_known(self) -> int:
        try:
            return self._reached()
        except ApolloError:
            # What is read does not depend on it; apollo verify and doctor mention it.
            return NO_TABLE

    def _read_snapshot(self, table: DeltaTable) -> RegistrySnapshot:
        require_own_files(self.folder, table)
        rows = self._listed(table)
        return RegistrySnapshot(
            version=table.version(),
            entries=tuple(sorted(entries_of(rows), key=RecordEntry.order)),
            withdrawals=_beside(rows, WITHDRAWAL),
            guards=_beside(rows, GUARD),
        )

    def _listed(self, table: DeltaTable) -> list[dict[str, Any]]:
        """Read what a list shows; where a file has no checksums, the texts say the same."""
        checked = read_rows(table, self.folder, LISTED, only=has_checksums)
        rows = [row for group in checked for row in to_dicts(group)]
        others = read_rows(
            table, self.folder, SCHEMA.names, only=lambda name: not has_checksums(name)
        )
        for group in others:
            for row in to_dicts(group):
                if not is_of_its_text(row):
                    raise self._changed_row(row)
                rows.append({name: row[name] for name in LISTED})
        return rows

    def _changed_row(self, row: Mapping[str, Any]) -> BrokenPinError:
        return BrokenPinError(
            f"A row of the registry, {row['name']}@{row['version']}, is not as it was published.",
            fix=f"Bring {self.folder} back from a copy of the lake.",
        )

    def read_json(self, entry: RecordEntry) -> str:
        """Read the JSON of one record.

        Raises:
            BrokenPinError: The row is gone, or its text is not the one that was published.
            StorageRefusedError: The storage refused.
        """
        return next(text for _, text in self.read_texts([entry]))

    def read_texts(self, entries: Collection[RecordEntry]) -> Iterator[tuple[RecordEntry, str]]:
        """Read the JSON of many records in one pass, in any order.

        Raises:
            BrokenPinError: One is gone, or is not as it was published.
            StorageRefusedError: The storage refused.
        """
        wanted = {each.id: each for each in entries}
        hashes = {each.hash for each in entries}
        table = self.open()
        if table is not None and wanted:
            for group in read_rows(
                table,
                self.folder,
                ["id", "json"],
                where=lambda keys: [each in hashes for each in keys["hash"].to_pylist()],
                keys=["hash"],
            ):
                for batch in group.to_batches(TEXTS_AT_ONCE):
                    for row in batch.to_pylist():
                        entry = wanted.get(row["id"])
                        if entry is not None and sha256_text(row["json"]) == entry.hash:
                            del wanted[row["id"]]
                            yield entry, row["json"]
                if not wanted:
                    return
        for entry in wanted.values():
            raise self._changed(entry)

    def children_of(
        self, entry: RecordEntry, among: Collection[RecordEntry]
    ) -> tuple[RecordEntry, ...]:
        """Return which of some records name a record as their parent, in their order."""
        table = self.open()
        if table is None:
            return ()
        # Only the few rows that mention it anywhere are read as JSON.
        groups = read_rows(
            table,
            self.folder,
            ["id", "json"],
            where=lambda keys: [f'"{entry}"' in (each or "") for each in keys["json"].to_pylist()],
            keys=["json"],
        )
        found = {
            row["id"]
            for group in groups
            for row in group.to_pylist()
            if str(entry) in json.loads(row["json"]).get("lineage", {}).get("parents", ())
        }
        return tuple(each for each in among if each.id in found)

    def _changed(self, entry: RecordEntry) -> BrokenPinError:
        return BrokenPinError(
            f"The record {entry} is not as it was published.",
            fix=f"Bring {self.folder} back from a copy of the lake.",
        )

    def read_record(self, entry: RecordEntry, model: "type[R]") -> "R":
        """Read one record.

        Args:
            entry: The record.
            model: The class of the kind that is asked for; `PublishedRecord` takes every kind.

        Raises:
            NotFoundError: The record is of another kind.
            BrokenPinError: The row is gone, or its text is not the one that was published.
            EnvironmentProblemError: The record is of a newer format.
        """
        return read_stored(entry, self.read_json(entry), model)

    def read_all(self, entries: Iterable[RecordEntry], model: "type[R]") -> "Iterator[R]":
        """Read those of some records that are of a kind, in one pass and in any order.

        Kinds that only a newer version knows are passed over.

        Raises:
            BrokenPinError: One is gone, or is not as it was published.
            EnvironmentProblemError: One is of a newer format.
        """
        from apollo_spark.model.record import is_kind

        wanted = [each for each in entries if is_kind(each.kind, model)]
        for entry, text in self.read_texts(wanted):
            yield read_stored(entry, text, model)

    def append(self, records: Iterable[StoredRecord], *, based_on: int) -> int:
        """Publish records, all or none, and return the registry's new version.

        Args:
            records: The records.
            based_on: The version of the snapshot in which everything was checked.

        Raises:
            CommitRaceError: Somebody published meanwhile: read and check again.
            StorageRefusedError: The storage refused.
        """
        rows = pa.Table.from_pylist([as_row(each) for each in records], SCHEMA)
        self._commit(rows, based_on=based_on)
        fold_files(self.folder)
        return based_on + 1

    def fence(self) -> None:
        """Commit nothing, so that whoever read the registry before must read and check it again.

        Raises:
            StorageRefusedError: The storage refused.
        """
        while True:
            based_on = version_of(open_head(self.folder))
            with contextlib.suppress(CommitRaceError):
                return self._commit(SCHEMA.empty_table(), based_on=based_on)

    def _commit(self, rows: pa.Table, *, based_on: int) -> None:
        self._root.make_folder("registry", "records")
        table = open_head(self.folder)
        if version_of(table) != based_on:
            raise race(self.folder)
        commit_rows(self.folder, table, rows, mode="append", configuration=PROPERTIES)


def _beside(rows: Iterable[Mapping[str, Any]], kind: str) -> tuple[RecordEntry, ...]:
    found = (RecordEntry(**row) for row in rows if row["kind"] == kind)
    return tuple(sorted(found, key=RecordEntry.order))


def read_withdrawals(
    registry: Registry, snapshot: RegistrySnapshot
) -> tuple[WithdrawalRecord, ...]:
    """Return the newest withdrawal of each entity of each dataset."""
    if not snapshot.withdrawals:
        return ()
    texts = registry.read_texts(snapshot.withdrawals)
    records = [WithdrawalRecord.model_validate_json(text) for _, text in texts]
    newest = {each.location: each for each in sorted(records, key=lambda each: each.version)}
    return tuple(newest.values())
