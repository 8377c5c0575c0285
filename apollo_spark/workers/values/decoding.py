"""Stored values as they are shown, batch by batch: codes by their meanings, or without codes.

It costs the same for any number of fields: fields that share a coding and a type are looked up
together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.workers.values.texts import format_column


@dataclass(frozen=True)
class CodedFields:
    """Fields that share a coding and a type.

    Attributes:
        codes: The codes, as values of the type.
        meanings: The meaning of each.
        is_list: Whether a value is a list of codes.
        places: The columns of the fields.
        label: What the name of a column of its own for meanings ends with; None where there is
            none. Then codes are left out of the values, whatever becomes of other fields.
    """

    codes: tuple[Any, ...]
    meanings: tuple[str, ...]
    is_list: bool
    places: tuple[int, ...]
    label: str | None = None


class ValueDecoder:
    """Shows the values of coded fields.

    Args:
        groups: The fields whose codes change what is shown.
        decodes: Whether meanings stand for codes; otherwise codes are left out.
    """

    def __init__(self, groups: Sequence[CodedFields], *, decodes: bool) -> None:
        self._groups = tuple(groups)
        self._decodes = decodes
        self._tables: dict[int, _CodeTable] = {}

    def schema(self, stored: pa.Schema) -> pa.Schema:
        """Return the columns that are shown for stored ones."""
        return self.decode(pa.RecordBatch.from_pylist([], schema=stored)).schema

    def decode(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return rows as they are shown; columns beyond those of the fields stay."""
        columns = [[each] for each in batch.columns]
        names = [[each] for each in batch.schema.names]
        for key, group in enumerate(self._groups):
            values = pa.concat_arrays([batch.column(each) for each in group.places])
            shown = self._show_group(key, group, values)
            for number, place in enumerate(group.places):
                start = number * batch.num_rows
                columns[place] = [each.slice(start, batch.num_rows) for each in shown]
                if group.label is not None:
                    names[place].append(f"{names[place][0]}.{group.label}")
        return pa.RecordBatch.from_arrays([*chain(*columns)], names=[*chain(*names)])

    def _show_group(self, key: int, group: CodedFields, values: pa.Array) -> list[pa.Array]:
        codes = self._table(key, values.type.value_type if group.is_list else values.type)
        show = _show_lists if group.is_list else _show
        if group.label is None:
            return [show(codes, values, decodes=self._decodes)]
        label = _label_lists(codes, values) if group.is_list else codes.label(values)
        return [show(codes, values, decodes=False), label]

    def _table(self, group: int, type_: pa.DataType) -> "_CodeTable":
        if group not in self._tables:
            self._tables[group] = _CodeTable(self._groups[group], type_)
        return self._tables[group]


class _CodeTable:
    """The codes of a coding in the type of the values, and their meanings."""

    def __init__(self, fields: CodedFields, type_: pa.DataType) -> None:
        self._values = _without_minus_zero(pa.array(fields.codes, type_))
        self.meanings = pa.array(fields.meanings, pa.string())

    def find(self, values: pa.Array) -> pa.Array:
        """Return the number of the code that each value is, missing where it is none."""
        found = pc.index_in(_without_minus_zero(values), value_set=self._values)
        return pc.if_else(pc.is_valid(values), found, pa.scalar(None, found.type))

    def label(self, values: pa.Array) -> pa.Array:
        """Return the meaning of each value that is a code."""
        return self.meanings.take(self.find(values))


def _show(codes: _CodeTable, values: pa.Array, *, decodes: bool) -> pa.Array:
    found = codes.find(values)
    if not decodes:
        return pc.if_else(pc.is_valid(found), pa.scalar(None, values.type), values)
    others = pc.if_else(pc.is_valid(found), pa.scalar(None, values.type), values)
    texts = pc.cast(format_column(_without_minus_zero(others)), pa.string())
    return pc.coalesce(codes.meanings.take(found), texts)


def _show_lists(codes: _CodeTable, values: pa.Array, *, decodes: bool) -> pa.Array:
    items = values.flatten()
    if decodes:
        return _lists(values, _show(codes, items, decodes=True), _lengths(values))
    stays = pc.and_(pc.is_null(codes.find(items)), pc.is_valid(items))
    return _some_items(values, items, stays)


def _label_lists(codes: _CodeTable, values: pa.Array) -> pa.Array:
    """Return the meanings of the items that are codes; missing where none is."""
    labels = codes.label(values.flatten())
    return _some_items(values, labels, pc.is_valid(labels))


def _some_items(values: pa.Array, items: pa.Array, stays: pa.Array) -> pa.Array:
    """Return arrays of those items that stay; missing where none does."""
    ends = np.concatenate([[0], np.cumsum(stays.to_numpy(zero_copy_only=False))])
    borders = np.concatenate([[0], np.cumsum(_lengths(values))])
    lengths = np.diff(ends[borders])
    return _lists(values, items.filter(stays), lengths, is_missing=lengths == 0)


def _without_minus_zero(values: pa.Array) -> pa.Array:
    """Return floats with one zero, as the engines compare and write them."""
    return pc.add(values, 0.0) if pa.types.is_floating(values.type) else values


def _lengths(values: pa.Array) -> np.ndarray:
    lengths = pc.fill_null(pc.list_value_length(values), 0)
    return np.asarray(lengths.to_numpy(zero_copy_only=False))


def _lists(
    values: pa.Array, items: pa.Array, lengths: np.ndarray, is_missing: np.ndarray | None = None
) -> pa.Array:
    """Return arrays of other items, missing where the values or these are."""
    missing = pc.is_null(values).to_numpy(zero_copy_only=False)
    if is_missing is not None:
        missing = missing | is_missing
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    offsets = pa.array(starts, mask=np.append(missing, False))
    element = pa.field("element", items.type)
    return pa.ListArray.from_arrays(offsets, items, type=pa.list_(element))
