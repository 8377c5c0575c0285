"""The registry: one Delta table with a row per published record.

A record is published by the commit that appends its row. Commits are by compare-and-set on the
version of the whole table, so that whoever publishes has seen everything published before. Rows
never change: a version is retired by another row, which names it.
"""

import contextlib
import json
import logging
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError
from pydantic import ValidationError

from apollo_spark.errors import (
    ApolloError,
    BrokenPinError,
    CommitRaceError,
    EnvironmentProblemError,
)
from apollo_spark.lake.commits import (
    NO_TABLE,
    RETENTION,
    add_actions,
    compare_and_set,
    one_try,
    open_head,
    race,
    read_rows,
    to_dicts,
    version_of,
)
from apollo_spark.lake.snapshot import RecordEntry, RegistrySnapshot, Retirement
from apollo_spark.lake.storage import LakeRoot
from apollo_spark.model.base import sha256_text
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.retirement import RETIREMENT, RetirementRecord
from apollo_spark.model.withdrawal import WITHDRAWAL, WithdrawalRecord

SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("name", pa.string()),
        ("version", pa.int64()),
        ("id", pa.string()),
        ("json", pa.string()),
        ("hash", pa.string()),
        ("actor", pa.string()),
        ("time", pa.timestamp("us", tz="UTC")),
    ]
)
LISTED = [name for name in SCHEMA.names if name != "json"]
# Every publication adds a small file; reading the list stays quick when they are folded.
MOST_FILES = 12
FOLDED_BYTES = 1 << 20
# Opening a table reads all commits after its last checkpoint, and the registry is opened often.
PROPERTIES = {**RETENTION, "delta.checkpointInterval": "20"}
# A record of a wide dataset takes some 100 kB.
TEXTS_AT_ONCE = 256

logger = logging.getLogger(__name__)


class StoredRecord(RecordEntry):
    """A record as the registry stores it: what the list shows, and its JSON."""

    json_text: str


def stored_form(record: DatasetRecord) -> StoredRecord:
    """Return the row of a record."""
    return _stored(record, actor=record.lineage.actor, time=record.lineage.time)


def stored_retirement(record: RetirementRecord) -> StoredRecord:
    """Return the row that ends a version."""
    return _stored(record, actor=record.actor, time=record.time)


def stored_withdrawal(record: WithdrawalRecord) -> StoredRecord:
    """Return the row of a withdrawal."""
    return _stored(record, actor=record.actor, time=record.time)


def _stored(
    record: DatasetRecord | RetirementRecord | WithdrawalRecord, *, actor: str, time: datetime
) -> StoredRecord:
    text = record.to_json()
    return StoredRecord(
        kind=record.kind,
        name=record.name,
        version=record.version,
        id=record.id,
        hash=sha256_text(text),
        actor=actor,
        time=time,
        json_text=text,
    )


class Registry:
    """The table `registry/records` of a lake."""

    def __init__(self, root: LakeRoot) -> None:
        self._root = root
        self._folder = root.place("registry", "records")
        self._last: tuple[tuple[str, int], RegistrySnapshot] | None = None

    def snapshot(self) -> RegistrySnapshot:
        """Read what is published, without the JSON of the records.

        Raises:
            StorageRefusedError: The storage refused.
        """
        table = open_head(self._folder)
        if table is None:
            return RegistrySnapshot(version=NO_TABLE)
        # A version of a table never changes, and most verbs ask several times.
        version = (str(table.metadata().id), table.version())
        if self._last is None or self._last[0] != version:
            self._last = (version, self._read_snapshot(table))
        return self._last[1]

    def _read_snapshot(self, table: DeltaTable) -> RegistrySnapshot:
        rows = [x for group in read_rows(table, self._folder, LISTED) for x in to_dicts(group)]
        withdrawals = [RecordEntry(**row) for row in rows if row["kind"] == WITHDRAWAL]
        return RegistrySnapshot(
            version=table.version(),
            entries=tuple(sorted(_entries(rows), key=RecordEntry.order)),
            withdrawals=tuple(sorted(withdrawals, key=RecordEntry.order)),
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
        hashes = pa.array([each.hash for each in entries], pa.string())
        table = open_head(self._folder)
        if table is not None and wanted:
            for group in read_rows(
                table,
                self._folder,
                ["id", "json"],
                where=lambda keys: pc.is_in(keys["hash"], hashes),
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
        table = open_head(self._folder)
        if table is None:
            return ()
        # Only the few rows that mention it anywhere are read as JSON.
        groups = read_rows(
            table,
            self._folder,
            ["id", "json"],
            where=lambda keys: pc.match_substring(keys["json"], f'"{entry}"'),
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
            fix=f"Bring {self._folder} back from a copy of the lake.",
        )

    def read_record(self, entry: RecordEntry) -> DatasetRecord:
        """Read one dataset record.

        Raises:
            BrokenPinError: The row is gone, or its text is not the one that was published.
            EnvironmentProblemError: The record is of a newer format.
        """
        return read_stored(entry, self.read_json(entry))

    def append(self, records: Iterable[StoredRecord], *, based_on: int) -> int:
        """Publish records, all or none, and return the registry's new version.

        Args:
            records: The records.
            based_on: The version of the snapshot in which everything was checked.

        Raises:
            CommitRaceError: Somebody published meanwhile: read and check again.
            StorageRefusedError: The storage refused.
        """
        rows = pa.Table.from_pylist([_as_row(each) for each in records], SCHEMA)
        self._commit(rows, based_on=based_on)
        self._fold()
        return based_on + 1

    def fence(self) -> None:
        """Commit nothing, so that whoever read the registry before must read and check it again.

        Raises:
            StorageRefusedError: The storage refused.
        """
        while True:
            based_on = version_of(open_head(self._folder))
            with contextlib.suppress(CommitRaceError):
                return self._commit(SCHEMA.empty_table(), based_on=based_on)

    def _commit(self, rows: pa.Table, *, based_on: int) -> None:
        self._root.make_folder("registry", "records")
        table = open_head(self._folder)
        if version_of(table) != based_on:
            raise race(self._folder)
        with compare_and_set(self._folder, based_on=based_on):
            if table is None:
                write_deltalake(
                    str(self._folder), rows, configuration=PROPERTIES, commit_properties=one_try()
                )
            else:
                write_deltalake(table, rows, mode="append", commit_properties=one_try())

    def _fold(self) -> None:
        """Fold small files into larger ones when there are many."""
        try:
            table = open_head(self._folder)
            if table is not None and _small_files(table) > MOST_FILES:
                table.optimize.compact(target_size=FOLDED_BYTES)
        except (ApolloError, DeltaError):
            # Somebody else folds the same files, say. What was published is published.
            logger.warning("the files of the registry were not folded")


def _small_files(table: DeltaTable) -> int:
    """Count the files that are worth folding."""
    return sum(size.as_py() < FOLDED_BYTES // 2 for size in add_actions(table)["size_bytes"])


def read_stored(entry: RecordEntry, text: str) -> DatasetRecord:
    """Return the dataset record that a text holds.

    Raises:
        EnvironmentProblemError: The record is of a newer format.
    """
    try:
        return DatasetRecord.model_validate_json(text)
    except ValidationError as error:
        raise EnvironmentProblemError(
            f"The record {entry} has a form that this version does not know.",
            fix="Use the version of apollo_spark that published it, or a newer one.",
        ) from error


def _entries(rows: list[dict[str, Any]]) -> Iterator[RecordEntry]:
    """Yield the records, each with the row that ended it, if there is one."""
    ended = {
        (row["name"], row["version"]): Retirement(actor=row["actor"], time=row["time"])
        for row in rows
        if row["kind"] == RETIREMENT
    }
    for row in rows:
        if row["kind"] not in (RETIREMENT, WITHDRAWAL):
            yield RecordEntry(**row, retired=ended.get((row["name"], row["version"])))


def _as_row(record: StoredRecord) -> dict[str, str | int | datetime]:
    row = record.model_dump(exclude={"retired"})
    return {**row, "json": row.pop("json_text")}
