"""The registry: one Delta table with a row per published record.

A record is published by the commit that appends its row. Commits are by compare-and-set on the
version of the whole table, so that whoever publishes has seen everything published before.
"""

import logging
from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import write_deltalake
from deltalake.exceptions import DeltaError
from pydantic import ValidationError

from apollo_spark.errors import ApolloError, BrokenPinError, EnvironmentProblemError
from apollo_spark.lake.commits import (
    NO_TABLE,
    RETENTION,
    compare_and_set,
    one_try,
    open_head,
    race,
    rows_of,
    version_of,
)
from apollo_spark.lake.snapshot import RecordEntry, RegistrySnapshot
from apollo_spark.lake.storage import LakeRoot
from apollo_spark.model.base import sha256_text
from apollo_spark.model.dataset import DatasetRecord

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
MOST_FILES = 32
FOLDED_BYTES = 1 << 20

logger = logging.getLogger(__name__)


class StoredRecord(RecordEntry):
    """A record as the registry stores it: what the list shows, and its JSON."""

    json_text: str


def stored_form(record: DatasetRecord) -> StoredRecord:
    """Return the row of a record."""
    text = record.to_json()
    return StoredRecord(
        kind=record.kind,
        name=record.name,
        version=record.version,
        id=record.id,
        hash=sha256_text(text),
        actor=record.lineage.actor,
        time=record.lineage.time,
        json_text=text,
    )


class Registry:
    """The table `registry/records` of a lake."""

    def __init__(self, root: LakeRoot) -> None:
        self._root = root
        self._folder = root.place("registry", "records")

    def snapshot(self) -> RegistrySnapshot:
        """Read what is published, without the JSON of the records.

        Raises:
            StorageRefusedError: The storage refused.
        """
        table = open_head(self._folder)
        if table is None:
            return RegistrySnapshot(version=NO_TABLE)
        rows = rows_of(table, self._folder).to_table(columns=LISTED).to_pylist()
        entries = sorted((RecordEntry(**row) for row in rows), key=RecordEntry.order)
        return RegistrySnapshot(version=table.version(), entries=tuple(entries))

    def read_json(self, entry: RecordEntry) -> str:
        """Read the JSON of one record.

        Raises:
            BrokenPinError: The row is gone, or its text is not the one that was published.
            StorageRefusedError: The storage refused.
        """
        table = open_head(self._folder)
        is_wanted = (pc.field("name") == entry.name) & (pc.field("version") == entry.version)
        rows = (
            []
            if table is None
            else rows_of(table, self._folder).to_table(["json"], filter=is_wanted).to_pylist()
        )
        found = [each["json"] for each in rows if sha256_text(each["json"]) == entry.hash]
        if not found:
            raise BrokenPinError(
                f"The record {entry} is not as it was published.",
                fix=f"Bring {self._folder} back from a copy of the lake.",
            )
        return str(found[0])

    def read_record(self, entry: RecordEntry) -> DatasetRecord:
        """Read one dataset record.

        Raises:
            BrokenPinError: The row is gone, or its text is not the one that was published.
            EnvironmentProblemError: The record is of a newer format.
        """
        text = self.read_json(entry)
        try:
            return DatasetRecord.model_validate_json(text)
        except ValidationError as error:
            raise EnvironmentProblemError(
                f"The record {entry} has a form that this version does not know.",
                fix="Use the version of apollo_spark that published it, or a newer one.",
            ) from error

    def append(self, records: Iterable[StoredRecord], *, based_on: int) -> int:
        """Publish records, all or none, and return the registry's new version.

        Args:
            records: The records.
            based_on: The version of the snapshot in which everything was checked.

        Raises:
            CommitRaceError: Somebody published meanwhile: read and check again.
            StorageRefusedError: The storage refused.
        """
        self._root.make_folder("registry", "records")
        rows = pa.Table.from_pylist([_as_row(each) for each in records], SCHEMA)
        table = open_head(self._folder)
        if version_of(table) != based_on:
            raise race(self._folder)
        with compare_and_set(self._folder, based_on=based_on):
            if table is None:
                write_deltalake(
                    str(self._folder), rows, configuration=RETENTION, commit_properties=one_try()
                )
            else:
                write_deltalake(table, rows, mode="append", commit_properties=one_try())
        self._fold()
        return based_on + 1

    def _fold(self) -> None:
        """Fold small files into larger ones when there are many."""
        try:
            table = open_head(self._folder)
            if table is not None and len(table.file_uris()) > MOST_FILES:
                table.optimize.compact(target_size=FOLDED_BYTES)
        except (ApolloError, DeltaError):
            # Somebody else folds the same files, say. What was published is published.
            logger.warning("the files of the registry were not folded")


def _as_row(record: StoredRecord) -> dict[str, str | int | datetime]:
    row = record.model_dump()
    return {**row, "json": row.pop("json_text")}
