"""What lies in the folders of a lake. Links are not followed."""

from collections.abc import Collection, Iterator
from pathlib import Path

from apollo_spark.errors import ApolloError
from apollo_spark.lake.registry.reach import Reach
from apollo_spark.lake.storage.disk import list_files, list_folders
from apollo_spark.lake.storage.root import REPORTS, LakeRoot
from apollo_spark.lake.sweep.sweeping import PinnedVersion, StoredTable
from apollo_spark.lake.tables.contents import file_names
from apollo_spark.lake.tables.heads import contents_of
from apollo_spark.lake.tables.log_cache import TABLES as LOGS
from apollo_spark.lake.tables.store import TableStore
from apollo_spark.model.pin import TABLES, TablePin, table_location


def list_tables(
    root: LakeRoot, tables: TableStore, reach: Reach, *, only: Collection[str] | None = None
) -> Iterator[StoredTable]:
    """Yield the tables of a lake, with what records reach of them.

    Args:
        root: The lake.
        tables: Its tables.
        reach: What is read.
        only: The locations that are wanted; None are all.

    Raises:
        StorageRefusedError: The storage refused.
    """
    foreign = {Path(pin.location).resolve() for pin in reach.pins if not pin.is_ours}
    ours: dict[str, list[TablePin]] = {}
    for pin in reach.pins:
        if pin.is_ours:
            ours.setdefault(pin.location, []).append(pin)
    for dataset in list_folders(root.place(TABLES)):
        for folder in list_folders(dataset):
            location = table_location(dataset.name, folder.name)
            if only is not None and location not in only:
                continue
            if folder.resolve() in foreign:
                yield _stored(folder, location, fault="it was adopted and is not the lake's own")
            elif not root.is_location(location):
                yield _stored(folder, location, fault="no lake gives such a name to a table")
            else:
                yield _look_into(folder, location, ours.get(location, []), tables)


def list_report_folders(root: LakeRoot) -> tuple[str, ...]:
    """Return the names under which reports lie in a lake."""
    return tuple(each.name for each in list_folders(root.place(REPORTS)))


def _look_into(
    folder: Path, location: str, pins: list[TablePin], tables: TableStore
) -> StoredTable:
    if not pins:
        return _stored(folder, location)
    try:
        found = {pin.version: frozenset(file_names(tables.open(pin))) for pin in pins}
        newest = tables.open(max(pins, key=lambda pin: pin.version))
        head = LOGS.head(folder)
    except ApolloError as broken:
        return _stored(folder, location, fault=f"a pin of it is broken: {broken}")
    stored = _stored(
        folder,
        location,
        pinned=tuple(PinnedVersion(version=v, names=names) for v, names in sorted(found.items())),
        head_is_pinned=head is not None and contents_of(head) == contents_of(newest),
    )
    there = {each.name for each in stored.files}
    missing = {name for names in found.values() for name in names} - there
    if missing:
        fault = f"{len(missing)} files of pinned versions are missing; apollo verify names them"
        return stored.model_copy(update={"fault": fault})
    return stored


def _stored(
    folder: Path,
    location: str,
    *,
    pinned: tuple[PinnedVersion, ...] = (),
    head_is_pinned: bool = True,
    fault: str = "",
) -> StoredTable:
    everything = tuple(list_files(folder))
    data = tuple(each for each in everything if is_data(each.name))
    return StoredTable(
        location=location,
        files=data,
        rest=tuple(each for each in everything if not is_data(each.name)),
        changed_ns=max((each.changed_ns for each in everything), default=folder.stat().st_mtime_ns),
        pinned=pinned,
        head_is_pinned=head_is_pinned,
        fault=fault,
    )


def is_data(name: str) -> bool:
    """Whether a file in the folder of a table holds rows."""
    return name.endswith(".parquet") and not name.startswith("_delta_log/")
