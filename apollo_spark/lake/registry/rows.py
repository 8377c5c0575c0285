"""Rows of the registry: a record, its end or a withdrawal; how each is listed and read.

Every publication adds a file of one row; small files are folded, since few are listed more quickly.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from pydantic import ValidationError

from apollo_spark.errors import ApolloError, EnvironmentProblemError
from apollo_spark.lake.registry.row_table import commit_rows, read_rows
from apollo_spark.lake.registry.snapshot import RecordEntry, Retirement
from apollo_spark.lake.storage.space import has_space
from apollo_spark.lake.tables.commits import RETENTION, file_sizes, open_head
from apollo_spark.lake.tables.log_cache import TABLES
from apollo_spark.model.base import sha256_text
from apollo_spark.model.disclosure import GUARD
from apollo_spark.model.retirement import RETIREMENT, RetirementRecord
from apollo_spark.model.withdrawal import WITHDRAWAL, WithdrawalRecord
from apollo_spark.workers.files.checksums import has_checksums

if TYPE_CHECKING:
    from apollo_spark.model.disclosure import GuardRecord
    from apollo_spark.model.record import PublishedRecord


R = TypeVar("R", bound="PublishedRecord")

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


class StoredRecord(RecordEntry):
    """A record as the registry stores it: what the list shows, and its JSON."""

    json_text: str


def stored_form(record: "PublishedRecord") -> StoredRecord:
    """Return the row of a record."""
    return _stored(record, actor=record.lineage.actor, time=record.lineage.time)


def stored_retirement(record: RetirementRecord) -> StoredRecord:
    """Return the row that ends a version."""
    return _stored(record, actor=record.actor, time=record.time)


def stored_withdrawal(record: WithdrawalRecord) -> StoredRecord:
    """Return the row of a withdrawal."""
    return _stored(record, actor=record.actor, time=record.time)


def stored_guard(record: "GuardRecord") -> StoredRecord:
    """Return the row of what is said of a guard."""
    return _stored(record, actor=record.actor, time=record.time)


def _stored(
    record: "PublishedRecord | RetirementRecord | WithdrawalRecord | GuardRecord",
    *,
    actor: str,
    time: datetime,
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


def read_stored(entry: RecordEntry, text: str, model: "type[R]") -> "R":
    """Return the record that a text holds.

    Args:
        entry: The record as it is listed.
        text: Its JSON.
        model: The class of the kind that is asked for; `PublishedRecord` takes every kind.

    Raises:
        NotFoundError: The record is of another kind.
        EnvironmentProblemError: The record is of a newer format, or of a kind of a newer version.
    """
    # A list of records reads none of them.
    from apollo_spark.model.record import RECORD_KINDS, PublishedRecord, require_kind

    if model is not PublishedRecord:
        require_kind(entry, entry.kind, model)
    try:
        found: R = RECORD_KINDS[entry.kind].load_model().model_validate_json(text)  # type: ignore[assignment]
    except (KeyError, ValidationError) as error:
        raise EnvironmentProblemError(
            f"The record {entry} has a form that this version does not know.",
            fix="Use the version of apollo_spark that published it, or a newer one.",
        ) from error
    return found


def is_of_its_text(row: Mapping[str, Any]) -> bool:
    """Whether a row and the JSON in it say the same."""
    text = row["json"]
    if text is None or sha256_text(text) != row["hash"]:
        return False
    told = json.loads(text)
    made = told.get("lineage", told)
    same = all(row[name] == told.get(name) for name in ("kind", "name", "version", "id"))
    return same and row["actor"] == made["actor"] and row["time"] == _moment(made["time"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def entries_of(rows: list[dict[str, Any]]) -> Iterator[RecordEntry]:
    """Yield the records, each with the row that ended it, if there is one."""
    ended = {
        (row["name"], row["version"]): Retirement(actor=row["actor"], time=row["time"])
        for row in rows
        if row["kind"] == RETIREMENT
    }
    for row in rows:
        if row["kind"] not in (RETIREMENT, WITHDRAWAL, GUARD):
            yield RecordEntry(**row, retired=ended.get((row["name"], row["version"])))


def as_row(record: StoredRecord) -> dict[str, str | int | datetime]:
    """Return what is stored of a record, by column."""
    row = record.model_dump(exclude={"retired"})
    return {**row, "json": row.pop("json_text")}


MOST_FILES = 12
FOLDED_BYTES = 1 << 20
# Opening a table reads all commits after its last checkpoint, and the registry is opened often.
PROPERTIES = {**RETENTION, "delta.checkpointInterval": "20"}
# A record of a wide dataset takes some 100 kB.
TEXTS_AT_ONCE = 256

logger = logging.getLogger(__name__)


def fold_files(folder: Path) -> None:
    """Fold small files into a larger one when there are many, and those without checksums.

    Args:
        folder: That of the registry.
    """
    try:
        table = TABLES.head(folder)
        if table is None or not (_to_fold(table) and has_space(folder, 2 * FOLDED_BYTES)):
            return
        table = open_head(folder)
        if table is not None and (names := _to_fold(table)):
            groups = read_rows(table, folder, SCHEMA.names, only=names.__contains__)
            rows = pa.concat_tables(groups).select(SCHEMA.names).cast(SCHEMA)
            commit_rows(
                folder, table, rows, mode="append", configuration=PROPERTIES,
                removed=names, group_rows=TEXTS_AT_ONCE,
            )  # fmt: skip
    except (ApolloError, DeltaError, OSError):
        # Somebody else folds the same files, say. What was published is published.
        logger.warning("the files of the registry were not folded")


def _is_old(name: str) -> bool:
    return not has_checksums(name)


def _to_fold(table: DeltaTable) -> tuple[str, ...]:
    """Return the files that are worth folding, if it is worth it."""
    sizes = file_sizes(table)
    small = {name for name, size in sizes.items() if size < FOLDED_BYTES // 2}
    old = set(filter(_is_old, sizes))
    return tuple(sorted(small | old)) if old or len(small) > MOST_FILES else ()
