"""Prove that the pins of a record can be read as they were published. No JVM is needed."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from apollo_spark.errors import BrokenPinError, EnvironmentProblemError, StorageRefusedError
from apollo_spark.lake.storage.parts import PartStore
from apollo_spark.lake.tables.commits import RETENTION, add_actions, require_size
from apollo_spark.lake.tables.contents import (
    SMALL_BYTES,
    check_files,
    content_hash,
    file_names,
    files_digest,
    schema_hash,
    stored_schema,
)
from apollo_spark.lake.tables.log_cache import TABLES
from apollo_spark.lake.tables.log_faults import commit_name, find_log_fault
from apollo_spark.lake.tables.log_statistics import require_statistics
from apollo_spark.lake.tables.store import TableStore
from apollo_spark.model.base import Record
from apollo_spark.model.dataset import DatasetRecord, RowRule
from apollo_spark.model.pin import TablePin
from apollo_spark.model.record import PublishedRecord
from apollo_spark.workers.files.checksums import check_chunks, has_checksums, read_checksums

NAMED_FILES = 3
PLAIN = (1, 2)
"""The versions of reader and writer that a table of a lake asks for."""
SeenPin = tuple[TablePin, str | None, bool]
"""A pin, the dataset that it was looked at for alone, and whether its rows were hashed."""
HashSpecial = Callable[[TablePin, list[str]], str | None]
"""Returns the content hash of a table's files, None where it is the sum over its rows."""


class VerifyProblem(Record):
    """Something that is not as it was published.

    `is_broken` is False for what may break a pin later, and for what could not be compared, where
    `is_unproven` is True. `table` and `version` are None for a part or the record; `readable` says
    what can still be read. `is_kept` is True where a view does not say what it is.
    """

    record: str
    table: str | None
    version: int | None
    what: str
    readable: str
    is_broken: bool = True
    is_kept: bool = False
    is_unproven: bool = False

    def __str__(self) -> str:
        """Return the problem as a line."""
        if self.is_kept:
            return f"{self.record}: {self.what}; {self.readable}"
        place = f"{self.table}@{self.version}" if self.table else "registry"
        return f"{self.record}, {place}: {self.what}; {self.readable}"


@dataclass
class Seen:
    """What was looked at already, where several records are verified: they share most of it.

    Attributes:
        parts: Which parts are as they were stored.
        pins: What is wrong with pins. A table of an assay means something together with the others
            of its dataset, and is looked at for each of them.
    """

    parts: dict[str, bool] = field(default_factory=dict)
    pins: dict[SeenPin, list[VerifyProblem]] = field(default_factory=dict)


def verify_record(
    record: PublishedRecord,
    *,
    tables: TableStore,
    parts: PartStore,
    withdrawn: Iterable[TablePin] = (),
    deep: bool = False,
    seen: Seen | None = None,
    hash_special: HashSpecial = lambda _pin, _files: None,
    dataset: DatasetRecord | None = None,
) -> tuple[VerifyProblem, ...]:
    """Check what a record names: parts; of each pin log, schema, files, sizes, rows, properties.

    Args:
        record: The record.
        tables: The tables of its lake.
        parts: The parts of its lake.
        withdrawn: The tables of keys that are taken out of what it reads.
        deep: Also hash all rows.
        seen: What was looked at already, to which this is added.
        hash_special: Hashes what does not depend on how a table cuts it into rows.
        dataset: The dataset whose tables the record reads; by default the record, if it is one.

    Returns:
        Everything that is wrong, tables in the order of the record.
    """
    pins = {(pin.location, pin.version): pin for pin in (*withdrawn, *record.all_pins)}
    seen = seen or Seen()
    if dataset is None and isinstance(record, DatasetRecord):
        dataset = record
    read: list[DatasetRecord | RowRule] = [dataset, *dataset.rules] if dataset else []
    of_assays = {table for one in read for each in one.assays for table in each.all_tables}
    found: list[VerifyProblem] = []
    for pin in pins.values():
        key = (pin, str(dataset) if pin.table in of_assays else None, deep)
        if key not in seen.pins:
            seen.pins[key] = _Pin(record, pin, tables, hash_special).check(deep)
        found += [each.model_copy(update={"record": str(record)}) for each in seen.pins[key]]
    found += _check_parts(record, parts, seen.parts)
    return tuple(found)


class _Pin:
    """One pin of one record, looked at."""

    def __init__(
        self, record: PublishedRecord, pin: TablePin, tables: TableStore, special: HashSpecial
    ) -> None:
        self._record = record
        self._pin = pin
        self._tables = tables
        self._special = special
        self._folder = tables.folder_of(pin)

    def check(self, deep: bool) -> list[VerifyProblem]:
        opened = TABLES.version(self._folder, self._pin.version)
        if opened is None:
            file, why = find_log_fault(self._folder, self._pin.version)
            what = f"the version is not in the table's log ({file}: {why or 'it cannot be read'})"
            return [self._problem(what, self._other_versions())]
        if str(opened.metadata().id) != self._pin.table_id:
            return [self._problem("another table lies in its place", "nothing of it can be read")]
        found = self._check_log(opened) + self._check_files(opened)
        found = found or self._check_as_readers(opened)
        if deep and not found:
            found = self._check_content(opened)
        now = "what can be read is listed above" if found else "all its rows can be read now"
        return found + [self._problem(each, now, is_broken=False) for each in self._risks()]

    def _check_log(self, opened: DeltaTable) -> list[VerifyProblem]:
        log = f"as its log up to {commit_name(self._pin.version)} tells"
        changed = []
        if schema_hash(opened) != self._pin.schema_hash:
            changed.append(f"its columns are others, {log}")
        if files_digest(file_names(opened)) != self._pin.files_digest:
            changed.append(f"its list of files is another, {log}")
        return [self._problem(each, "nothing of it is shown") for each in changed]

    def _check_files(self, opened: DeltaTable) -> list[VerifyProblem]:
        files = add_actions(opened).select(["path", "size_bytes"]).to_pylist()
        rows = {each["path"]: self._rows_of(each["path"], each["size_bytes"]) for each in files}
        bad = [name for name, count in rows.items() if count is None]
        good = sum(count for count in rows.values() if count is not None)
        readable = f"{good:,} of {self._pin.rows:,} rows can be read"
        if bad:
            return [self._problem(_missing_or_damaged(bad, len(files)), readable)]
        if good != self._pin.rows:
            return [self._problem(f"it has {good:,} rows instead of {self._pin.rows:,}", readable)]
        return []

    def _check_as_readers(self, opened: DeltaTable) -> list[VerifyProblem]:
        try:
            check_files(self._folder, opened, self._pin)
            if self._pin.is_ours:
                require_statistics(self._folder, opened)
        except BrokenPinError as error:
            return [self._problem(str(error), "nothing of it is shown")]
        return []

    def _rows_of(self, name: str, size: int) -> int | None:
        """Return the rows that a file's footer counts, None if the file is not as it was."""
        file = self._folder / name
        try:
            require_size(file, size)
            if size <= SMALL_BYTES:
                check_chunks(str(file))
            read_checksums(str(file))
            return int(pq.read_metadata(file).num_rows)
        except (OSError, pa.ArrowException):
            return None

    def _check_content(self, opened: DeltaTable) -> list[VerifyProblem]:
        names = file_names(opened)
        bad = [name for name in names if not self._is_intact(name)]
        if bad:
            what = _missing_or_damaged(bad, len(names))
            return [self._problem(what, "rows of the others can be read")]
        files = [str(self._folder / name) for name in names]
        try:
            is_equal = self._content_hash(files, opened) == self._pin.content_hash
        except (OSError, pa.ArrowException, BrokenPinError):
            return [self._problem("its files are damaged inside", "some rows can be read")]
        except EnvironmentProblemError as unknown:
            what = f"its content was not compared: {str(unknown).rstrip('.')}"
            found = self._problem(what, "its files are whole", is_broken=False)
            return [found.model_copy(update={"is_unproven": True})]
        if is_equal:
            return []
        return [self._problem("its rows are not those that were published", "rows can be read")]

    def _is_intact(self, name: str) -> bool:
        """Whether all of a file can be read, and is as its checksums say."""
        try:
            check_chunks(str(self._folder / name))
            if not has_checksums(name):
                with pq.ParquetFile(self._folder / name) as file:
                    file.read()
        except (OSError, pa.ArrowException):
            return False
        return True

    def _content_hash(self, files: list[str], opened: DeltaTable) -> str:
        return self._special(self._pin, files) or content_hash(files, stored_schema(opened))

    def _risks(self) -> Iterator[str]:
        """Yield what may break the pin later: somebody else wrote to the table."""
        head = self._open_head()
        if head is None:
            yield "the newest version of the table cannot be opened, so that nothing can be added"
            return
        properties = head.metadata().configuration
        lacking = [name for name, value in RETENTION.items() if properties.get(name) != value]
        if lacking:
            yield f"the table lacks {', '.join(lacking)}, so that VACUUM may break the pin"
        protocol = head.protocol()
        reader, writer = protocol.min_reader_version, protocol.min_writer_version
        if self._pin.is_ours and (reader > PLAIN[0] or writer > PLAIN[1]):
            yield (
                f"the table was upgraded to reader version {reader} and writer version {writer}, "
                "so that some readers refuse it"
            )

    def _open_head(self) -> DeltaTable | None:
        try:
            return TABLES.head(self._folder)
        except (BrokenPinError, StorageRefusedError):
            # Pinned versions do not need it.
            return None

    def _other_versions(self) -> str:
        """Say which versions can be opened."""
        head = self._open_head()
        if head is not None:
            newest = head.version()
            # A log is cut off from its old end: what can be opened is newer than what cannot.
            oldest = bisect_left(range(newest), True, key=self._can_open)
            return f"versions {oldest} to {newest} are there"
        if not self._can_open(0):
            return "nothing of the table can be read"
        # A commit that cannot be read takes those after it along.
        count = len(list((self._folder / "_delta_log").glob("*.json")))
        newest = bisect_left(range(1, count), True, key=lambda each: not self._can_open(each))
        return f"versions 0 to {newest} are there"

    def _can_open(self, version: int) -> bool:
        return TABLES.version(self._folder, version) is not None

    def _problem(self, what: str, readable: str, *, is_broken: bool = True) -> VerifyProblem:
        return VerifyProblem(
            record=str(self._record),
            table=self._pin.table,
            version=self._pin.version,
            what=what,
            readable=readable,
            is_broken=is_broken,
        )


def _missing_or_damaged(bad: list[str], count: int) -> str:
    shown = ", ".join(sorted(bad)[:NAMED_FILES]) + (", ..." if len(bad) > NAMED_FILES else "")
    return f"{len(bad)} of {count} files are missing or damaged ({shown})"


def _check_parts(
    record: PublishedRecord, parts: PartStore, known: dict[str, bool]
) -> list[VerifyProblem]:
    named = record.all_parts
    known |= {each: parts.is_readable(each) for each in named.keys() - known.keys()}
    return [
        VerifyProblem(
            record=str(record),
            table=None,
            version=None,
            what=f"the part of the {name} ({digest}.gz) is missing or damaged",
            readable="the rows are not touched by it",
        )
        for digest, name in named.items()
        if not known[digest]
    ]
