"""Answers to questions for fields: values as they are asked for, and any number of fields.

A question for many fields is answered in pieces of some hundred. The answer of a piece goes to a
temporary file; when all are there the files are read side by side, some rows at a time, so that
memory does not grow with rows or fields.

Pieces belong side by side where each has the same rows in the same order. All are ordered by the
same keys, and rows that keys tell apart are in the same place in each. Where keys occur twice,
because a policy allowed it or an entity has none, rows of equal keys may be in any order: that
does no harm while they differ in one piece at most. Otherwise the question is asked as one.
"""

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.engines.base import Engine
from apollo_spark.engines.packing import ask_packed, rows_of
from apollo_spark.export.cells import format_lines
from apollo_spark.export.decoding import decoder_of
from apollo_spark.model.pin import TablePin
from apollo_spark.query.extract import ExtractPlan
from apollo_spark.query.pieces import PIECE_FIELDS, cut_question
from apollo_spark.workers.values.decoding import ValueDecoder

CELLS_AT_ONCE = 2_000_000
"""Cells of all pieces that are in memory together."""
FEWEST_ROWS = 16
PACKED_CELLS = 10_000_000
"""Cells of a piece of an engine that gives a whole answer at once, and takes fields in packs."""

FEWEST_PACKED = 100
"""From so many fields on, packs are quicker."""

_SEPARATOR = "\x1f"


def answer_fields(
    engine: Engine,
    plan: ExtractPlan,
    pins: Mapping[str, TablePin],
    *,
    piece_fields: int | None = None,
) -> pa.RecordBatchReader:
    """Answer a question for fields as a stream of batches; the columns are those asked for.

    Args:
        engine: Who answers.
        plan: The question.
        pins: Pin by table name.
        piece_fields: Most fields of one statement; None leaves it to the engine.

    Raises:
        BrokenPinError: A pinned table cannot be read.
        EnvironmentProblemError: The answer does not fit into memory and temporary space.
    """
    pieces = cut_question(plan.question, piece_fields or _piece_fields(engine, plan, pins))
    if len(pieces) > 1 and plan.question.order:
        batches = _answer_pieces(engine, plan, pins, pieces)
        first = next(batches, None)
        if first is not None:
            return pa.RecordBatchReader.from_batches(first.schema, batches)
    return _answer_whole(engine, plan, pins)


def _piece_fields(engine: Engine, plan: ExtractPlan, pins: Mapping[str, TablePin]) -> int:
    """Return how many fields an engine answers together."""
    if not engine.packs_fields:
        return PIECE_FIELDS
    return max(PACKED_CELLS // max(rows_of(plan.question, pins), 1), PIECE_FIELDS)


def _ask(
    engine: Engine,
    plan: ExtractPlan,
    places: Sequence[int],
    pins: Mapping[str, TablePin],
    *,
    with_order: bool = False,
) -> pa.RecordBatchReader:
    """Ask for stored values, by packs where the engine is better at them."""
    if engine.packs_fields and len(places) > FEWEST_PACKED:
        return ask_packed(engine, plan.question, places, pins, with_order=with_order)
    return engine.run(plan.question.stored(places, with_order=with_order), pins)


def _answer_whole(
    engine: Engine, plan: ExtractPlan, pins: Mapping[str, TablePin]
) -> pa.RecordBatchReader:
    places = range(len(plan.columns))
    decoder = _decoder(plan, places)
    reader = _ask(engine, plan, places, pins)
    shown = (decoder.decode(each) for each in reader)
    return pa.RecordBatchReader.from_batches(decoder.schema(reader.schema), shown)


def _answer_pieces(
    engine: Engine,
    plan: ExtractPlan,
    pins: Mapping[str, TablePin],
    pieces: Sequence[Sequence[int]],
) -> Iterator[pa.RecordBatch]:
    """Yield an empty batch and then the rows; nothing where pieces do not belong side by side."""
    rows = max(CELLS_AT_ONCE // len(plan.columns), FEWEST_ROWS)
    stored: list[_StoredPiece] = []
    with tempfile.TemporaryDirectory(prefix="apollo-fields-") as folder:
        for number, places in enumerate(pieces):
            reader = _ask(engine, plan, places, pins, with_order=True)
            piece = _Piece(reader, _decoder(plan, places), len(places))
            stored.append(_store(piece, Path(folder) / f"{number}.arrow", rows))
            if stored[-1].keys != stored[0].keys or sum(each.varies for each in stored) > 1:
                return
        order = np.argsort(np.concatenate(pieces)).tolist()
        yield from _read_side_by_side(stored, order, plan.columns)


def _decoder(plan: ExtractPlan, places: Sequence[int]) -> ValueDecoder:
    question = plan.question
    specs = [question.asked[each][1] for each in places]
    return decoder_of(specs, [question.codes[each] for each in places], question.mode)


@dataclass(frozen=True)
class _StoredPiece:
    """The answer of a piece in a file; of the keys that ordered it, a digest.

    `varies` says whether rows of equal keys, which may be in any order, differ in it.
    """

    path: Path
    schema: pa.Schema
    keys: bytes
    varies: bool


class _Piece:
    """The rows of a piece as they are shown; what is reported of their keys is known at the end."""

    def __init__(self, reader: pa.RecordBatchReader, decoder: ValueDecoder, width: int) -> None:
        self._reader = reader
        self._decoder = decoder
        self._width = width
        self._last: pa.RecordBatch | None = None
        self._keys = hashlib.sha256()
        self.schema = decoder.schema(pa.schema(list(reader.schema)[:width]))
        self.varies = False

    @property
    def keys(self) -> bytes:
        """A digest of the keys of all rows, in their order."""
        return self._keys.digest()

    def rows(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows, without their keys."""
        for batch in self._reader:
            lines = format_lines(batch.columns[self._width :], _SEPARATOR)
            self._keys.update("".join(lines.to_pylist()).encode())
            self._look_for_ties(batch)
            fields = pa.RecordBatch.from_arrays(
                batch.columns[: self._width], names=batch.schema.names[: self._width]
            )
            yield self._decoder.decode(fields)

    def _look_for_ties(self, batch: pa.RecordBatch) -> None:
        """Look whether rows that follow each other with equal keys differ in their values."""
        if self.varies or not batch.num_rows:
            return
        before = [] if self._last is None else [self._last]
        table = pa.Table.from_batches([*before, batch]).combine_chunks()
        self._last = batch.slice(batch.num_rows - 1)
        keys = [each.combine_chunks() for each in table.columns[self._width :]]
        lines = format_lines(keys, _SEPARATOR)
        equal = pc.equal(lines.slice(1), lines.slice(0, len(lines) - 1))
        places = np.flatnonzero(equal.to_numpy(zero_copy_only=False))
        if len(places):
            values = table.columns[: self._width]
            self.varies = any(
                not each.take(pa.array(places)).equals(each.take(pa.array(places + 1)))
                for each in values
            )


def _store(piece: _Piece, path: Path, rows: int) -> _StoredPiece:
    """Write the rows of a piece to a file, in batches of a number of rows."""
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with (
        pa.OSFile(str(path), "wb") as file,
        pa.ipc.new_stream(file, piece.schema, options=options) as writer,
    ):
        for batch in _in_batches(piece.rows(), rows):
            writer.write_batch(batch)
    return _StoredPiece(path, piece.schema, piece.keys, piece.varies)


def _in_batches(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Yield rows in batches of one size, the last one smaller."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        if count >= rows:
            whole = pa.Table.from_batches(waiting).combine_chunks().to_batches()[0]
            cut = count - count % rows
            yield from (whole.slice(start, rows) for start in range(0, cut, rows))
            waiting, count = [whole.slice(cut)], count - cut
    if count:
        yield pa.Table.from_batches(waiting).combine_chunks().to_batches()[0]


def _read_side_by_side(
    stored: Sequence[_StoredPiece], order: Sequence[int], names: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of all pieces, their columns as they were asked for, after an empty batch."""
    fields = [field for each in stored for field in each.schema]
    named = zip(order, names, strict=True)
    schema = pa.schema([fields[each].with_name(name) for each, name in named])
    yield pa.RecordBatch.from_pylist([], schema=schema)
    with ExitStack() as stack:
        files = [stack.enter_context(pa.OSFile(str(each.path))) for each in stored]
        for batches in zip(*map(pa.ipc.open_stream, files), strict=True):
            columns = [column for each in batches for column in each.columns]
            yield pa.RecordBatch.from_arrays([columns[each] for each in order], schema=schema)
