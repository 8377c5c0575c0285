"""What the files of a damaged registry still say, and what an older lake does not pin."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.errors import ApolloError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.registry.row_table import require_own_files
from apollo_spark.lake.tables.commits import NO_TABLE, open_version
from apollo_spark.lake.tables.contents import file_names
from apollo_spark.model.record import RECORD_KINDS, PublishedRecord
from apollo_spark.workers.files.checksums import check_chunks, has_checksums

LISTED = ["kind", "name", "version"]


def records_in_files(folder: Path) -> tuple[str, ...]:
    """Return the records that the readable files of a registry mention, as `name@version`.

    The log is not asked: which of them are retired, or whose rows are withdrawn, is not known.
    """
    found: set[tuple[str, int]] = set()
    for path in sorted(folder.glob("*.parquet")):
        found |= _records_in(path)
    return tuple(f"{name}@{version}" for name, version in sorted(found))


def _records_in(path: Path) -> set[tuple[str, int]]:
    try:
        check_chunks(str(path))
        with pq.ParquetFile(path) as file:
            rows = file.read(columns=LISTED).to_pylist()
    except (OSError, ValueError, pa.ArrowException):
        return set()
    return {(each["name"], each["version"]) for each in rows if each["kind"] in RECORD_KINDS}


def unpinned(lake: Lake, records: tuple[PublishedRecord, ...]) -> tuple[str, ...]:
    """Return what nothing pins, because an earlier version of apollo_spark wrote it.

    Args:
        lake: The lake.
        records: Its records.

    Raises:
        BrokenPinError: The registry or the leases are damaged.
        StorageRefusedError: The storage refused.
    """
    found = []
    table = lake.registry.open()
    if table is not None:
        if lake.leases.reached() == NO_TABLE:
            found.append("how many commits the registry has")
        if not require_own_files(lake.registry.folder, table):
            found.append("which files the registry has")
    pins = {(pin.location, pin.version): pin for each in records for pin in each.all_pins}
    names = {
        (location, name)
        for (location, version), pin in pins.items()
        for name in _names(lake.tables.folder_of(pin), version)
    }
    if old := sum(not has_checksums(name) for _, name in names):
        found.append(f"the bytes of {old:,} of {len(names):,} files of tables")
    return tuple(found)


def _names(folder: Path, version: int) -> tuple[str, ...]:
    try:
        opened = open_version(folder, version)
        return () if opened is None else file_names(opened)
    except ApolloError:
        return ()
