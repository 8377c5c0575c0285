"""The keys of a withdrawal: read from their file, and put beside those of all versions."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.errors import InputFileError
from apollo_spark.ingest.lookalikes import LOOK, odd_ones, without
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.withdrawing import WithdrawnFrom
from apollo_spark.model.dataset import DatasetRecord, EntityEntry
from apollo_spark.model.pin import TablePin
from apollo_spark.sources.regular_files import UNREADABLE, read_bounded_text, say_unreadable
from apollo_spark.sources.text_options import find_other, name_delimiter
from apollo_spark.workers.values.convert import ARROW_TYPES, Converted, convert
from apollo_spark.workers.values.tidying import tidy_name
from apollo_spark.workers.values.unseen import MAYBE_ODD, without_unseen


def read_keys(path: str, field: str) -> list[str]:
    """Read the column of a csv file that is named as the key.

    Raises:
        InputFileError: It cannot be read, or has no such column.
    """
    try:
        rows = csv.reader(io.StringIO(read_bounded_text(Path(path)), newline=""))
        header = [tidy_name(each) for each in next(rows, [])]
        if field not in header:
            other = find_other(",".join(header), [field], ",")
            raise InputFileError(
                f"The file {path} has no column {field!r}.",
                fix=""
                if other is None
                else f"Its cells are separated by {name_delimiter(other)}: part them by commas.",
            )
        place = header.index(field)
        cells = [row[place] if place < len(row) else "" for row in rows if row]
    except (*UNREADABLE, csv.Error) as error:
        raise InputFileError(
            f"The file of keys {path} cannot be read as csv.", why=say_unreadable(error)
        ) from None
    looks = without_unseen(pa.array(cells, pa.string())).to_pylist()
    empty = sum(not each for each in looks)
    if empty:
        raise InputFileError(f"{empty:,} rows of {path} have no key.")
    return list(dict.fromkeys(cells))


def known_keys(
    lake: Lake, versions: Iterable[tuple[DatasetRecord, EntityEntry]], of: WithdrawnFrom
) -> dict[pa.DataType, pa.Array]:
    """Return every key of any version, by type; a file that versions share is read once."""
    pins: dict[pa.Field, list[TablePin]] = {}
    for record, entity in versions:
        first = entity.slices[0]
        pin: TablePin = record.pin_of(first.table)
        if pin.location == of.location and entity.primary_key is not None:
            stored = lake.tables.schema(pin).field(first.column_of(entity.primary_key))
            pins.setdefault(pa.field(stored.name, stored.type), []).append(pin)
    found: dict[pa.DataType, list[pa.Array]] = {}
    for column, some in pins.items():
        found.setdefault(column.type, []).append(lake.tables.read_versions(some, column))
    return {type_: pa.concat_arrays(each).unique() for type_, each in found.items()}


def match_keys(
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


def lookalikes_of(texts: list[str], known: Mapping[pa.DataType, pa.Array]) -> pa.Array:
    """Return the keys of rows that look like one in the file, and are not in it."""
    keys = known.get(pa.string(), pa.array([], pa.string()))
    given = pa.array(texts, pa.string())
    looks = without_unseen(given).unique()
    odd = odd_ones(keys.filter(pc.match_substring_regex(keys, MAYBE_ODD)))
    found = odd.filter(pc.is_in(odd.column(LOOK), value_set=looks)).column(0).combine_chunks()
    plain = keys.filter(pc.is_in(keys, value_set=looks))
    alike = pa.concat_arrays([found, plain.filter(pc.equal(plain, without_unseen(plain)))])
    return without(alike.unique(), given)


def describe_meant(texts: list[str], known: Mapping[pa.DataType, pa.Array]) -> str:
    """Say how many keys of rows look like one in the file, where there are any."""
    meant = len(lookalikes_of(texts, known))
    if not meant:
        return ""
    return (
        f"{meant:,} keys of rows look like keys in the file, and differ by blanks or characters "
        "not seen (key_lookalike). "
    )


def _typed(texts: pa.Array, type_: pa.DataType) -> Converted:
    """Read texts as a load does: blanks around them count in texts only."""
    kind = next(kind for kind, each in ARROW_TYPES.items() if each == type_)
    return convert(texts, kind, ())
