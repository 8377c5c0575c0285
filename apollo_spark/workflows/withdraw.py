"""Take people out of a dataset and of everything that stands on it: plan, then apply."""

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from apollo_spark.errors import InputFileError, NotFoundError, UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.lake.withdrawing import WithdrawnFrom, alike
from apollo_spark.model.base import Record
from apollo_spark.model.dataset import DatasetRecord, EntityEntry
from apollo_spark.model.names import RecordReference, require_dataset_name
from apollo_spark.model.pin import TablePin
from apollo_spark.workers.convert import ARROW_TYPES, Converted, convert
from apollo_spark.workflows.tools import actor, now_utc


class WithdrawRequest(Record):
    """What a person asks for: the options of `apollo withdraw`."""

    file: str
    of: str
    apply: bool = False


class WithdrawReceipt(Record):
    """The counts of a withdrawal.

    Attributes:
        keys: Different keys in the file.
        already: Those that are out already.
        withdrawn: Those that go out now.
        unmatched: Those that no version has: they refuse the withdrawal.
        records: Unretired versions, of any name, from which rows go.
    """

    operation: str = "withdraw"
    dataset: str
    entity: str
    keys: int
    already: int
    withdrawn: int
    unmatched: int
    records: tuple[str, ...]


def withdraw(lake: Lake, request: WithdrawRequest, *, on_step: OnStep = no_step) -> WithdrawReceipt:
    """Say what a withdrawal takes out and, where that is asked for, do it.

    Raises:
        NotFoundError: The dataset or the entity is not there, or keys that no version has.
        UsageError: The entity has no primary key, or is read from another dataset.
        InputFileError: The file of keys cannot be read.
    """
    versions = _versions(lake, request.of)
    entity = versions[-1][1]
    if entity.primary_key is None:
        raise UsageError(f"{request.of} has no primary key by which rows could be named.")
    newest, _ = versions[-1]
    of = WithdrawnFrom(
        dataset=newest.name,
        entity=entity.name,
        field=entity.primary_key,
        location=_own_location(lake, newest, entity),
    )
    known = _known_keys(lake, versions, of)
    texts = _read_keys(request.file, of.field)
    keys, unmatched = _matched(texts, known, request.file)
    receipt = _receipt(lake, of, keys, unmatched)
    if receipt.unmatched:
        raise NotFoundError(
            f"{receipt.unmatched:,} of {receipt.keys:,} keys are in no version of {of.dataset}.",
            why="Nothing was withdrawn.",
            fix="Take them out of the file, or correct them.",
        )
    if request.apply:
        lake.withdrawing.withdraw(of, keys, actor=actor(), time=now_utc(), on_step=on_step)
    return receipt


def _versions(lake: Lake, of: str) -> list[tuple[DatasetRecord, EntityEntry]]:
    """Return the unretired versions of the dataset that have the entity, newest last."""
    name, _, entity = of.partition(".")
    require_dataset_name(name)
    snapshot = lake.registry.snapshot()
    snapshot.get(RecordReference(name=name))
    found = []
    for each in snapshot.versions_of(name):
        if each.retired is None and each.kind == "dataset":
            record = lake.registry.read_record(each)
            if (entry := record.find_entity(entity)) is not None:
                found.append((record, entry))
    if not found:
        raise NotFoundError(f"No version of {name} has an entity {entity!r}.")
    return found


def _own_location(lake: Lake, record: DatasetRecord, entity: EntityEntry) -> str:
    location = record.pin_of(entity.slices[0].table).location
    own = lake.tables.location(record.name, "")
    if not location.startswith(own):
        owner = location.split("/")[1]
        raise UsageError(
            f"The rows of {record.name}.{entity.name} are those of {owner}.",
            fix=f"Withdraw from {owner}: what stands on it follows.",
        )
    return location


def _known_keys(
    lake: Lake, versions: list[tuple[DatasetRecord, EntityEntry]], of: WithdrawnFrom
) -> dict[pa.DataType, pa.Array]:
    """Return every key of any version, by type; a file that versions share is read once."""
    files: dict[tuple[str, pa.DataType], set[str]] = {}
    for record, entity in versions:
        first = entity.slices[0]
        pin: TablePin = record.pin_of(first.table)
        if pin.location == of.location and entity.primary_key is not None:
            column = first.column_of(entity.primary_key)
            type_ = lake.tables.schema(pin).field(column).type
            files.setdefault((column, type_), set()).update(lake.tables.files(pin))
    found: dict[pa.DataType, list[pa.Array]] = {}
    for (column, type_), paths in files.items():
        values = pa.array([], type_)
        if paths:
            rows = ds.dataset(sorted(paths), format="parquet").to_table(columns=[column])
            values = rows.column(0).cast(type_).combine_chunks()
        found.setdefault(type_, []).append(values)
    return {type_: pa.concat_arrays(each).unique() for type_, each in found.items()}


def _read_keys(path: str, field: str) -> list[str]:
    """Read the column of a csv file that is named as the key.

    Raises:
        InputFileError: It cannot be read, or has no such column.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            header = next(rows, [])
            if field not in header:
                raise InputFileError(f"The file {path} has no column {field!r}.")
            place = header.index(field)
            cells = [row[place] if place < len(row) else "" for row in rows if row]
    except (OSError, UnicodeDecodeError, csv.Error):
        raise InputFileError(f"The file of keys {path} cannot be read as csv.") from None
    empty = sum(not each for each in cells)
    if empty:
        raise InputFileError(f"{empty:,} rows of {path} have no key.")
    return list(dict.fromkeys(cells))


def _matched(
    keys: list[str], known: dict[pa.DataType, pa.Array], path: str
) -> tuple[pa.Array, int]:
    """Return keys as a load reads them, and how many of them no version has.

    They stay texts where the key was retyped: each version reads them as it reads its own.
    """
    texts = pa.array(keys, pa.string())
    typed = {type_: _typed(texts, type_) for type_ in known}
    found = np.zeros(len(texts), bool)
    for type_, each in typed.items():
        found |= pc.is_in(each.values, value_set=known[type_]).to_numpy(zero_copy_only=False)
    if len(typed) > 1:
        return texts, int((~found).sum())
    ((type_, only),) = typed.items()
    if only.bad.any():
        raise InputFileError(f"Keys in {path} are not of the type {type_}.")
    return only.values.unique(), len(only.values.filter(pa.array(~found)).unique())


def _typed(texts: pa.Array, type_: pa.DataType) -> Converted:
    """Read texts as a load does: blanks around them count in texts only."""
    kind = next(kind for kind, each in ARROW_TYPES.items() if each == type_)
    return convert(texts, kind, ())


def _receipt(lake: Lake, of: WithdrawnFrom, keys: pa.Array, unmatched: int) -> WithdrawReceipt:
    standing = [each for each in lake.withdrawals() if each.location == of.location]
    out = lake.withdrawing.read_keys(standing[0]) if standing else keys.slice(0, 0)
    given, out = alike(keys, out)
    already = pc.sum(pc.is_in(given, value_set=out)).as_py() or 0
    return WithdrawReceipt(
        dataset=of.dataset,
        entity=of.entity,
        keys=len(keys),
        already=already,
        withdrawn=len(keys) - already,
        unmatched=unmatched,
        records=_records_that_read(lake, of.location),
    )


def _records_that_read(lake: Lake, location: str) -> tuple[str, ...]:
    entries = [each for each in lake.registry.snapshot().unretired() if each.kind == "dataset"]
    mark = f'"{location}"'
    found = {each.id for each, text in lake.registry.read_texts(entries) if mark in text}
    return tuple(str(each) for each in entries if each.id in found)
