"""Stored values as they are asked for, batch by batch: codes by their meanings, or without codes.

The rules are those of `query/values.py`, which writes them as SQL. Here they cost the same for any
number of fields: fields that share a coding and a type are looked up together.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.export.cells import format_column
from apollo_spark.model.field import FieldSpec
from apollo_spark.query.values import Codes, ValueMode


class FieldDecoder:
    """Shows the values of some fields.

    Args:
        specs: The fields, in the order of the columns.
        codes: The codes of each as values of its type; None where no code changes what is shown.
        mode: What is shown.
    """

    def __init__(
        self, specs: Sequence[FieldSpec], codes: Sequence[Codes | None], mode: ValueMode
    ) -> None:
        groups: dict[tuple[int, bool], list[int]] = {}
        for place, (spec, found) in enumerate(zip(specs, codes, strict=True)):
            if _changes(spec, found, mode):
                groups.setdefault((id(found), spec.is_multi_select), []).append(place)
        shared = {id(each): _CodeTable(each) for each in codes if each is not None}
        self._groups = [(shared[key], is_list, places) for (key, is_list), places in groups.items()]
        self._decodes = mode is ValueMode.DECODED

    def schema(self, stored: pa.Schema) -> pa.Schema:
        """Return the columns that are shown for stored ones."""
        return self.decode(pa.RecordBatch.from_pylist([], schema=stored)).schema

    def decode(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return rows as they are shown; columns beyond those of the fields stay."""
        columns = list(batch.columns)
        for codes, is_list, places in self._groups:
            values = pa.concat_arrays([columns[each] for each in places])
            shown = self._show_lists(codes, values) if is_list else self._show(codes, values)
            for number, place in enumerate(places):
                columns[place] = shown.slice(number * batch.num_rows, batch.num_rows)
        return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)

    def _show(self, codes: "_CodeTable", values: pa.Array) -> pa.Array:
        found = codes.find(values)
        if not self._decodes:
            return pc.if_else(pc.is_valid(found), pa.scalar(None, values.type), values)
        others = pc.if_else(pc.is_valid(found), pa.scalar(None, values.type), values)
        texts = pc.cast(format_column(_without_minus_zero(others)), pa.string())
        return pc.coalesce(codes.meanings.take(found), texts)

    def _show_lists(self, codes: "_CodeTable", values: pa.Array) -> pa.Array:
        items = values.flatten()
        if self._decodes:
            return _lists(values, self._show(codes, items), _lengths(values))
        stays = pc.and_(pc.is_null(codes.find(items)), pc.is_valid(items))
        ends = np.concatenate([[0], np.cumsum(stays.to_numpy(zero_copy_only=False))])
        borders = np.concatenate([[0], np.cumsum(_lengths(values))])
        lengths = np.diff(ends[borders])
        return _lists(values, items.filter(stays), lengths, is_missing=lengths == 0)


class _CodeTable:
    """The codes of a coding in the type of the values, and their meanings."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self._values: pa.Array | None = None

    @cached_property
    def meanings(self) -> pa.Array:
        return pa.array(self._codes.meanings.values(), pa.string())

    def find(self, values: pa.Array) -> pa.Array:
        """Return the number of the code that each value is, missing where it is none."""
        if self._values is None:
            listed = pa.array(self._codes.meanings, values.type)
            self._values = _without_minus_zero(listed)
        found = pc.index_in(_without_minus_zero(values), value_set=self._values)
        return pc.if_else(pc.is_valid(values), found, pa.scalar(None, found.type))


def _changes(spec: FieldSpec, codes: Codes | None, mode: ValueMode) -> bool:
    if codes is None or not codes.meanings:
        return False
    return mode is ValueMode.DECODED or (mode is ValueMode.EXCLUDE_SPARSE and spec.is_sparse)


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
