"""Rows whose many fields came in few columns: each field is a column again, as it is shown."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.workers.values.decoding import ValueDecoder

CELLS_AT_ONCE = 2_000_000
"""Cells that are shown together; an engine's batch may have many more."""


class Unpacking:
    """Takes packs apart: arrays of the values of several fields.

    Args:
        packs: How many columns are packs; others follow them and stay, in their order.
        parts: For each field the number of its pack, and its place there.
        schema: The stored fields.
    """

    def __init__(self, packs: int, parts: Sequence[tuple[int, int]], schema: pa.Schema) -> None:
        self._packs = packs
        self._parts = tuple(parts)
        self.schema = schema

    def unpack(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return stored values, a column each, in the types of the schema."""
        packs = [_Pack(each) for each in batch.columns[: self._packs]]
        columns = [
            packs[pack].field(place, field.type)
            for (pack, place), field in zip(self._parts, self.schema, strict=True)
        ]
        names = [*self.schema.names, *batch.schema.names[self._packs :]]
        return pa.RecordBatch.from_arrays([*columns, *batch.columns[self._packs :]], names=names)


class _Pack:
    """An array of values for each row, all of one length; missing where a table lacks the row."""

    def __init__(self, arrays: pa.Array) -> None:
        self._values = arrays.flatten()
        is_there = arrays.is_valid()
        there = int(pc.sum(is_there).as_py() or 0)
        self._width = len(self._values) // max(there, 1)
        starts = pc.multiply(
            pc.subtract(pc.cumulative_sum(is_there.cast(pa.int64())), 1), self._width
        )
        self._starts = pc.if_else(is_there, starts, pa.scalar(None, pa.int64()))

    def field(self, place: int, type_: pa.DataType) -> pa.Array:
        return pc.cast(self._values.take(pc.add(self._starts, place)), type_)


class UnpackingTask:
    """A function for `mapInArrow`: packed rows in, rows as they are shown out.

    Args:
        unpacking: Takes the packs apart.
        decoder: Shows the stored values.
    """

    def __init__(self, unpacking: Unpacking, decoder: ValueDecoder) -> None:
        self._unpacking = unpacking
        self._decoder = decoder

    @property
    def schema(self) -> pa.Schema:
        """The fields as they are shown."""
        return self._decoder.schema(self._unpacking.schema)

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Show the rows, some at a time."""
        for batch in batches:
            step = max(CELLS_AT_ONCE // max(len(self._unpacking.schema), 1), 1)
            for start in range(0, batch.num_rows, step):
                some = self._unpacking.unpack(batch.slice(start, step))
                yield self._decoder.decode(some)
