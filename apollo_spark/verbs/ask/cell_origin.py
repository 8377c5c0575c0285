"""Which version brought a value, and from which line of which raw file.

The Parquet file of a row says from which lines of a raw file its rows came. An extension writes
rows anew of which its own file gives some values only, and keeps what the file before said of
others. So a file is followed back to the version that had it first. Where that one loaded the raw
file, the line is right; where it extended, the version before is asked for the value. A version
that folded tables had the values of all fields but its own from tables of the version before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import Path
from typing import Any

import pyarrow as pa

from apollo_spark.errors import BrokenPinError, NotFoundError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.tables.contents import file_names
from apollo_spark.lake.tables.locating import (
    RowPlace,
    SourceLine,
    find_rows,
    read_cell,
    source_line,
)
from apollo_spark.model.change import Extension
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import parse_reference
from apollo_spark.model.pin import TablePin
from apollo_spark.model.record import InputFile


@dataclass(frozen=True)
class Cell:
    """A value in a table: the column and value of the key of its row, its column, and itself."""

    key_column: str
    key: Any
    column: str
    value: Any


@dataclass(frozen=True)
class Origin:
    """The version that brought a value, with the table and column; None where one is not known."""

    maker: DatasetRecord | None
    source: SourceLine | None
    location: str
    column: str


class _Before(Enum):
    OTHER = auto()
    """The version before has another value there, or no such row."""
    UNKNOWN = auto()
    """The version before can no longer be read."""


@dataclass(frozen=True)
class _Step:
    pin: TablePin
    record: DatasetRecord


def find_origin(lake: Lake, pin: TablePin, place: RowPlace, cell: Cell) -> Origin:
    """Return where a value came from.

    Args:
        lake: The lake.
        pin: The table and version in which it is read.
        place: The Parquet file and row.
        cell: The value.
    """
    steps = _steps(lake, pin)
    while steps:
        steps = _back_to_first(lake, steps, Path(place.path).name)
        maker, told = steps[-1].record, source_line(place)
        is_own = told is not None and told.sha256 in {x.sha256 for x in maker.lineage.inputs}
        if is_own and maker.change is None:
            return Origin(maker, told, pin.location, cell.column)
        before = _before(lake, steps[:-1], cell)
        if isinstance(before, RowPlace):
            steps, place = steps[:-1], before
            continue
        unfolded = None if told is not None else _unfold(lake, maker, cell)
        if unfolded is None:
            is_certain = is_own and before is _Before.OTHER
            return Origin(maker, told if is_certain else None, pin.location, cell.column)
        pin, place, cell = unfolded
        steps = _steps(lake, pin)
    return Origin(None, source_line(place), pin.location, cell.column)


def _unfold(lake: Lake, maker: DatasetRecord, cell: Cell) -> tuple[TablePin, RowPlace, Cell] | None:
    """Return where the version before had a value that a folded table holds."""
    change = maker.change
    if not isinstance(change, Extension) or change.mode != "fields":
        return None
    try:
        base = lake.load_record(parse_reference(change.base))
        entity = base.find_entity(change.member or "")
        tables = entity.slices if entity else ()
        home = next((each for each in tables if cell.column in (each.fields or ())), None)
        if home is None:
            return None
        pin = base.pin_of(home.table)
        found = replace(
            cell, key_column=home.key or cell.key_column, column=home.column_of(cell.column)
        )
        place = next(find_rows(lake.tables.checked_files(pin), found.key_column, found.key), None)
    except (BrokenPinError, NotFoundError, OSError, pa.ArrowException):
        # It was retired, and its files swept.
        return None
    return None if place is None else (pin, place, found)


def inputs_of(maker: DatasetRecord, location: str) -> tuple[InputFile, ...]:
    """Return the raw files that a version read for a table, or all where it does not say which."""
    tables = {each.table for each in maker.pins if each.location == location}
    entities = {
        each.name for each in maker.entities if tables & {found.table for found in each.slices}
    }
    found = tuple(each for each in maker.lineage.inputs if each.role in entities)
    return found or maker.lineage.inputs


def column_of_origin(lake: Lake, maker: DatasetRecord, location: str, column: str) -> str | None:
    """Return the header that a column of a table had in the raw file; None if it is not known."""
    try:
        dictionary = lake.load_dictionary(maker)
    except BrokenPinError:
        # The parts of a retired version may be swept.
        return None
    tables = {each.table for each in maker.pins if each.location == location}
    for entry, entity in zip(maker.entities, dictionary.entities, strict=True):
        for found in entry.slices:
            if found.table in tables:
                for spec in entity.fields:
                    if found.column_of(spec.name) == column:
                        return spec.header
    return None


def _steps(lake: Lake, pin: TablePin) -> list[_Step]:
    """Return the versions of a table that its own dataset pinned up to one, retired ones too."""
    if pin.owner is None:
        return []
    entries = lake.registry.snapshot().versions_of(pin.owner)
    found_records = lake.registry.read_all(entries, DatasetRecord)
    records = sorted(found_records, key=lambda each: each.version)
    found: dict[int, _Step] = {}
    for record in records:
        for each in record.pins:
            if each.location == pin.location and each.version <= pin.version:
                found.setdefault(each.version, _Step(each, record))
    return [found[version] for version in sorted(found)]


def _back_to_first(lake: Lake, steps: Sequence[_Step], file: str) -> list[_Step]:
    """Return the steps up to the first that has a file, of those that have it without a gap."""
    last = len(steps)
    while last > 1 and _has_file(lake, steps[last - 2].pin, file):
        last -= 1
    return list(steps[:last])


def _has_file(lake: Lake, pin: TablePin, file: str) -> bool:
    try:
        return file in file_names(lake.tables.open(pin))
    except BrokenPinError:
        return False


def _before(lake: Lake, steps: Sequence[_Step], cell: Cell) -> RowPlace | _Before:
    """Return where the version before has the value, or why that is nowhere."""
    if not steps:
        return _Before.OTHER
    try:
        files = lake.tables.checked_files(steps[-1].pin)
        place = next(find_rows(files, cell.key_column, cell.key), None)
        is_same = place is not None and _is_same(read_cell(place, cell.column), cell.value)
    except (BrokenPinError, OSError, KeyError, pa.ArrowException):
        # Its files were swept after it was retired, say.
        return _Before.UNKNOWN
    return place if place is not None and is_same else _Before.OTHER


def _is_same(one: Any, other: Any) -> bool:
    return bool(one == other or (one != one and other != other))  # noqa: PLR0124 not a number
