"""Very many fields of rows whose keys are known: read from the files of their tables.

Rows come in any order and number. Some columns at a time are read and put into the order of the
rows in a temporary file, from which all columns are read side by side, some rows at a time, so
that memory does not grow with rows or fields.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.workers.files.checksums import DamagedFileError, check_chunks
from apollo_spark.workers.files.small_table import read_small_table
from apollo_spark.workers.values.decoding import ValueDecoder
from apollo_spark.workers.values.spreading import Held, Measures, OwnFields

CELLS_READ = 10_000_000
"""Cells of a table that are read together."""
CELLS_SHOWN = 2_000_000
"""Cells of all fields that are shown together."""
FEWEST_ROWS = 16

_CODEC = "lz4"


@dataclass(frozen=True)
class KeyedFields:
    """Fields of one table.

    Attributes:
        paths: The files of the table.
        rows: How many rows these have.
        schema: The columns that are read.
        key: The column that tells the rows apart.
        columns: The columns of the fields.
        places: Of each field its places among all that are shown: one, or one for each slot.
    """

    paths: tuple[str, ...]
    rows: int
    schema: pa.Schema
    key: str
    columns: tuple[str, ...]
    places: tuple[tuple[int, ...], ...]

    def read(self, columns: Iterable[str]) -> pa.Table:
        """Return columns of all rows.

        Raises:
            DamagedFileError: A file is missing or damaged.
        """
        schema = pa.schema([self.schema.field(each) for each in dict.fromkeys(columns)])
        try:
            for path in self.paths:
                check_chunks(path, schema.names)
            return read_small_table(self.paths, schema)
        except DamagedFileError:
            raise
        except (OSError, pa.ArrowException) as error:
            raise DamagedFileError(self.paths[0], "it is missing or damaged") from error


class FetchTask:
    """A function for `mapInArrow`: keys of rows in, rows as they are shown out.

    Args:
        tables: The fields that are read, each with where the keys are.
        own: The fields that came with the keys.
        schema: All fields as they are stored.
        decoder: Shows the stored values.
    """

    def __init__(
        self,
        tables: Sequence[tuple[KeyedFields, Held]],
        own: Sequence[OwnFields],
        schema: pa.Schema,
        decoder: ValueDecoder,
    ) -> None:
        self._tables = tuple(tables)
        self._own = tuple(own)
        self._schema = schema
        self._decoder = decoder

    @property
    def schema(self) -> pa.Schema:
        """The fields as they are shown."""
        return self._decoder.schema(self._schema)

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the rows, some at a time.

        Raises:
            DamagedFileError: A file is missing or damaged.
        """
        found = list(batches)
        rows = sum(each.num_rows for each in found)
        if not rows:
            return
        asked = pa.Table.from_batches(found).combine_chunks().to_batches()[0]
        step = max(CELLS_SHOWN // len(self._schema), FEWEST_ROWS)
        with tempfile.TemporaryFile(prefix="apollo-fields-") as file:
            kept = _Kept(file)
            for columns, places in self._columns(asked):
                kept.add(columns, places, step)
            yield from self._shown(asked, kept, step)

    def _columns(self, asked: pa.RecordBatch) -> Iterator["Placed"]:
        """Yield columns that are not in the rows as they came: fetched, or out of lists."""
        measures = {
            each: Measures(asked.column(each.column), each.slots)
            for each in dict.fromkeys(held.spread for held in self._held())
            if each is not None
        }
        for table, held in self._tables:
            keys = asked.column(held.column)
            yield from _pieces(table, keys, measures[held.spread] if held.spread else None)
        for own in self._own:
            if own.held.spread is not None:
                items = asked.column(own.held.column).flatten()
                yield from _spread([items], [own.places], measures[own.held.spread])

    def _held(self) -> Iterator[Held]:
        yield from (held for _, held in self._tables)
        yield from (each.held for each in self._own)

    def _shown(self, asked: pa.RecordBatch, kept: "_Kept", step: int) -> Iterator[pa.RecordBatch]:
        own = [each for each in self._own if each.held.spread is None]
        order = [*(place for each in own for place in each.places), *kept.places]
        for number, start in enumerate(range(0, asked.num_rows, step)):
            columns = [asked.column(each.held.column).slice(start, step) for each in own]
            placed = dict(zip(order, columns + kept.read(number), strict=True))
            arrays = [_cast(placed[place], type_) for place, type_ in enumerate(self._schema.types)]
            yield self._decoder.decode(pa.RecordBatch.from_arrays(arrays, schema=self._schema))


Placed = tuple[list[pa.Array], list[int]]
"""Columns of all rows, and their places among all that are shown."""


def _cast(values: pa.Array, type_: pa.DataType) -> pa.Array:
    return values if values.type == type_ else values.cast(type_)


def _pieces(table: KeyedFields, keys: pa.Array, measures: Measures | None) -> Iterator[Placed]:
    """Yield some columns after others of the rows of some keys; what is not there is missing."""
    looked_up = keys if measures is None else keys.flatten()
    step = max(CELLS_READ // max(table.rows, len(looked_up), 1), 1)
    at = None
    for start in range(0, len(table.columns), step):
        some = table.columns[start : start + step]
        found = table.read(some if at is not None else [*some, table.key])
        if at is None:
            stored = found.column(table.key).combine_chunks()
            at = pc.index_in(looked_up.cast(stored.type), value_set=stored)
        rows = found.select(some).take(at).combine_chunks()
        columns = [_whole(each) for each in rows.columns]
        places = table.places[start : start + step]
        if measures is None:
            yield columns, [each for its in places for each in its]
        else:
            yield from _spread(columns, places, measures)


def _spread(
    columns: Sequence[pa.Array], places: Sequence[Sequence[int]], measures: Measures
) -> Iterator[Placed]:
    """Yield the columns of slots, so many at a time as may be in memory."""
    step = max(CELLS_READ // max(measures.rows * len(columns), 1), 1)
    slots = len(places[0])
    for start in range(0, slots, step):
        numbers = range(start, min(start + step, slots))
        items = [measures.items(number) for number in numbers]
        yield (
            [each.take(its) for each in columns for its in items],
            [its[number] for its in places for number in numbers],
        )


def _whole(column: pa.ChunkedArray) -> pa.Array:
    found = column.combine_chunks()
    if isinstance(found, pa.ChunkedArray):
        return found.chunk(0) if found.num_chunks else pa.array([], found.type)
    return found


class _Kept:
    """Columns in a temporary file, compressed, of which some rows of all are read at a time.

    Args:
        file: A file that is empty.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._end = 0
        self._pieces: list[tuple[pa.Schema, list[tuple[int, int, int]]]] = []
        self.places: list[int] = []

    def add(self, columns: Sequence[pa.Array], places: Sequence[int], step: int) -> None:
        """Keep the columns of all rows, cut into steps."""
        self.places += places
        piece = pa.RecordBatch.from_arrays(columns, names=list(map(str, places)))
        codec = pa.Codec(_CODEC)
        found = []
        for start in range(0, piece.num_rows, step):
            plain = piece.slice(start, step).serialize()
            packed = codec.compress(plain)
            self._file.write(packed)
            found.append((self._end, packed.size, plain.size))
            self._end += packed.size
        self._pieces.append((piece.schema, found))

    def read(self, number: int) -> list[pa.Array]:
        """Return all columns of the rows of one step."""
        codec = pa.Codec(_CODEC)
        columns: list[pa.Array] = []
        for schema, places in self._pieces:
            start, size, plain = places[number]
            self._file.seek(start)
            content = codec.decompress(self._file.read(size), decompressed_size=plain)
            columns += pa.ipc.read_record_batch(content, schema).columns
        return columns
