"""The engine in this process: DuckDB over the files of the pinned versions. No Java."""

import tempfile
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import ClassVar

import duckdb
import pyarrow as pa
from sqlglot import exp

from apollo_spark.engines.base import TableFiles, checked_files, names_in, normalize
from apollo_spark.engines.reading import find_fault
from apollo_spark.errors import ApolloError, EnvironmentProblemError, broken_file, naming_only
from apollo_spark.model.pin import TablePin
from apollo_spark.query.sql import (
    duckdb_statement,
    literal,
    name,
    pin_named,
    table,
    with_sources,
)

CELLS_PER_BATCH = 1_000_000
ROWS_PER_BATCH = range(2_048, 100_000)
"""Fewest and most rows of a batch; between them the width decides."""


class TimeIsUpError(Exception):
    """A question took longer than it may."""


class EmbeddedEngine:
    """Answers with DuckDB, one connection for each question, or for all about the same tables.

    A connection reads the files of the pins and nothing else: no other file, no network, no
    extension. What does not fit into its memory goes to a temporary folder of its own.

    Args:
        files: Where the pinned tables are.
        memory_limit: As DuckDB writes sizes: `2GB`. None is its own choice, 80 % of the memory.
        threads: Threads of one question. None is all processors.
        seconds: What a question may take; None is without end.
        file_column: Every table has one more column of this name: the path of the row's file.
        connection: One that may read the files already; its memory and threads are as it has them.
    """

    packs_fields: ClassVar[bool] = False

    def __init__(
        self,
        files: TableFiles,
        *,
        memory_limit: str | None = None,
        threads: int | None = None,
        seconds: float | None = None,
        file_column: str | None = None,
        connection: duckdb.DuckDBPyConnection | None = None,
    ) -> None:
        self._files = files
        self._file_column = file_column
        self._memory_limit = memory_limit
        self._threads = threads
        self._seconds = seconds
        self._shared = connection

    @contextmanager
    def over(
        self, pins: Mapping[str, TablePin], /, *, folders: Collection[Path] = ()
    ) -> Iterator["EmbeddedEngine"]:
        """Keep one connection for several questions: to open one takes longer than a small answer.

        Args:
            pins: The tables of all the questions.
            folders: Where further files of theirs are, which come to be while they are asked.
        """
        with self._connected() as connection:
            files = [path for pin in pins.values() for path in self._files.files(pin)]
            _restrict(connection, files, folders)
            yield EmbeddedEngine(
                self._files,
                seconds=self._seconds,
                file_column=self._file_column,
                connection=connection,
            )

    def run(self, tree: exp.Query, pins: Mapping[str, TablePin]) -> pa.RecordBatchReader:
        """Answer a question as a stream of batches.

        Raises:
            BrokenPinError: A file of a pinned version is missing or not readable.
            EnvironmentProblemError: The answer does not fit into memory and temporary space.
            TimeIsUpError: It took longer than it may.
        """
        batches = self._answer(tree, pins)
        first = next(batches)
        return normalize(first.schema, _chain(first, batches))

    def _answer(self, tree: exp.Query, pins: Mapping[str, TablePin]) -> Iterator[pa.RecordBatch]:
        """Yield at first an empty batch with the columns, then the rows."""
        allowed: list[str] = []
        with (
            self._connected() as connection,
            _translated_errors(allowed, _reader_of(pins)),
            _stopped_after(connection, self._seconds),
        ):
            statement = self._prepare(connection, tree, pins, allowed)
            relation = connection.sql(statement)
            width = len(relation.columns)
            rows = min(max(CELLS_PER_BATCH // width, ROWS_PER_BATCH.start), ROWS_PER_BATCH.stop)
            reader = relation.to_arrow_reader(rows)
            yield pa.RecordBatch.from_pylist([], schema=reader.schema)
            yield from reader

    @contextmanager
    def _connected(self) -> Iterator[duckdb.DuckDBPyConnection]:
        if self._shared is not None:
            with closing(self._shared.cursor()) as cursor:
                yield cursor
            return
        with (
            tempfile.TemporaryDirectory(prefix="apollo-query-") as overflow,
            closing(duckdb.connect(":memory:", config=self._options(overflow))) as connection,
        ):
            connection.execute("SET GLOBAL TimeZone = 'UTC'")
            # A filter may be 200 levels deep, each of some subqueries.
            connection.execute("SET GLOBAL max_expression_depth = 5000")
            yield connection

    def _options(self, overflow: str) -> dict[str, str | bool | int | float | list[str]]:
        options: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "preserve_insertion_order": False,
            "temp_directory": overflow,
        }
        if self._memory_limit is not None:
            options["memory_limit"] = self._memory_limit
        return options | ({"threads": self._threads} if self._threads else {})

    def _prepare(
        self,
        connection: duckdb.DuckDBPyConnection,
        tree: exp.Query,
        pins: Mapping[str, TablePin],
        allowed: list[str],
    ) -> str:
        """Give the connection the pinned files alone, and return the statement over them."""
        names = names_in(tree)

        def source(table_name: str) -> exp.Table:
            pin = pin_named(pins, table_name)
            files = checked_files(self._files, pin, names)
            if not files:
                connection.register(table_name, self._no_rows(pin))
                return table(table_name)
            allowed.extend(files)
            return _read_parquet(files, self._file_column)

        placed = with_sources(tree, source)
        if self._shared is None:
            _restrict(connection, allowed)
        return duckdb_statement(placed)

    def _no_rows(self, pin: TablePin) -> pa.Table:
        columns = self._files.schema(pin)
        if self._file_column is not None:
            columns = columns.append(pa.field(self._file_column, pa.string()))
        return columns.empty_table()


def _restrict(
    connection: duckdb.DuckDBPyConnection, files: Sequence[str], folders: Collection[Path] = ()
) -> None:
    """Let a connection read some files, and those in some folders, and nothing else any more."""
    connection.execute("SET allowed_paths = $files", {"files": list(files)})
    allowed = [str(each) for each in folders]
    connection.execute("SET allowed_directories = $folders", {"folders": allowed})
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _read_parquet(files: Sequence[str], file_column: str | None) -> exp.Table:
    listed = exp.Array(expressions=[literal(each) for each in files])
    by_name = exp.PropertyEQ(this=name("union_by_name"), expression=exp.true())
    options = [listed, by_name]
    if file_column is not None:
        options.append(exp.PropertyEQ(this=name("filename"), expression=literal(file_column)))
    return exp.Table(this=exp.Anonymous(this="read_parquet", expressions=options))


def _chain(first: pa.RecordBatch, others: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from others


def _reader_of(pins: Mapping[str, TablePin]) -> str | None:
    return next((each.read_by for each in pins.values() if each.read_by), None)


@contextmanager
def _stopped_after(connection: duckdb.DuckDBPyConnection, seconds: float | None) -> Iterator[None]:
    """Interrupt what a connection does after some time."""
    if seconds is None:
        yield
        return
    timer = threading.Timer(max(seconds, 0.0), connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException:
        raise TimeIsUpError from None
    finally:
        timer.cancel()


@contextmanager
def _translated_errors(files: Sequence[str], view: str | None) -> Iterator[None]:
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise EnvironmentProblemError(
            "The answer does not fit into the memory of the embedded engine.",
            fix="Allow it more memory, ask for fewer fields, or use the Spark engine.",
        ) from error
    except ApolloError:
        raise
    except (duckdb.Error, ValueError) as error:
        # A damaged file makes errors of every kind, and few of them name it.
        with naming_only(view):
            for path in files:
                if why := find_fault(path):
                    raise broken_file(path, why) from error
        raise
