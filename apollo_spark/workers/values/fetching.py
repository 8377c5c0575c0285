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
        places: The places of the fields among all that are shown.
    """

    paths: tuple[str, ...]
    rows: int
    schema: pa.Schema
    key: str
    columns: tuple[str, ...]
    places: tuple[int, ...]

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
        tables: The fields that are read, each with the number of the column that holds the keys.
        own: The places of the fields that came with the keys, in the first columns.
        schema: All fields as they are stored.
        decoder: Shows the stored values.
    """

    def __init__(
        self,
        tables: Sequence[tuple[KeyedFields, int]],
        own: Sequence[int],
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
            for each, column in self._tables:
                for piece in _pieces(each, asked.column(column)):
                    kept.add(piece, step)
            yield from self._shown(asked, kept, step)

    def _shown(self, asked: pa.RecordBatch, kept: "_Kept", step: int) -> Iterator[pa.RecordBatch]:
        order = [*self._own, *(place for each, _ in self._tables for place in each.places)]
        for number, start in enumerate(range(0, asked.num_rows, step)):
            own = asked.columns[: len(self._own)]
            columns = [each.slice(start, step) for each in own] + kept.read(number)
            placed = dict(zip(order, columns, strict=True))
            arrays = [_cast(placed[place], type_) for place, type_ in enumerate(self._schema.types)]
            yield self._decoder.decode(pa.RecordBatch.from_arrays(arrays, schema=self._schema))


def _cast(values: pa.Array, type_: pa.DataType) -> pa.Array:
    return values if values.type == type_ else values.cast(type_)


def _pieces(table: KeyedFields, keys: pa.Array) -> Iterator[pa.RecordBatch]:
    """Yield some columns after others of the rows of some keys; what is not there is missing."""
    step = max(CELLS_READ // max(table.rows, len(keys)), 1)
    places = None
    for start in range(0, len(table.columns), step):
        some = table.columns[start : start + step]
        found = table.read(some if places is not None else [*some, table.key])
        if places is None:
            stored = found.column(table.key).combine_chunks()
            places = pc.index_in(keys.cast(stored.type), value_set=stored)
        rows = found.select(some).take(places).combine_chunks()
        yield from rows.to_batches()


class _Kept:
    """Columns in a temporary file, compressed, of which some rows of all are read at a time.

    Args:
        file: A file that is empty.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._end = 0
        self._pieces: list[tuple[pa.Schema, list[tuple[int, int, int]]]] = []

    def add(self, piece: pa.RecordBatch, step: int) -> None:
        """Keep the columns of all rows, cut into steps."""
        codec = pa.Codec(_CODEC)
        places = []
        for start in range(0, piece.num_rows, step):
            plain = piece.slice(start, step).serialize()
            packed = codec.compress(plain)
            self._file.write(packed)
            places.append((self._end, packed.size, plain.size))
            self._end += packed.size
        self._pieces.append((piece.schema, places))

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
