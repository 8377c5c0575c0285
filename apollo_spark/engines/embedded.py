"""The engine in this process: DuckDB over the files of the pinned versions. No Java."""

import atexit
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
from sqlglot import exp

from apollo_spark.engines.base import TableFiles, names_in, normalize
from apollo_spark.engines.databases import Database, Limits, OpenDatabases
from apollo_spark.engines.reading import checked_files, find_fault
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
from apollo_spark.runtime.questions import (
    NO_LIMITS,
    QuestionLimits,
    limits_here,
    require_going,
    stopped_by,
)

if TYPE_CHECKING:
    # A small load asks nothing, and this takes a tenth of its time to load.
    import duckdb

CELLS_PER_BATCH = 1_000_000
ROWS_PER_BATCH = range(2_048, 100_000)
"""Fewest and most rows of a batch; between them the width decides."""
INTERRUPTED = "Query interrupted"
"""What DuckDB says when Ctrl-C was pressed."""

OPTIONS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
    "preserve_insertion_order": False,
}


@dataclass(frozen=True)
class _Asked:
    """What a statement reads.

    Attributes:
        files: The files.
        empty: The columns of the tables that have none, by the name of the table.
    """

    files: list[str] = field(default_factory=list)
    empty: dict[str, pa.Schema] = field(default_factory=dict)


class EmbeddedEngine:
    """Answers with DuckDB, one connection for each question, or for all about the same tables.

    A connection reads the files of the pins, or at most of those asked about before, and nothing
    else: no other file, no network, no extension. What does not fit into memory goes to a
    temporary folder. What a question may use and who may end it, `Questions` around it say, and
    what `limits` of its files does where those say nothing.

    Args:
        files: Where the pinned tables are.
        memory_limit: As DuckDB writes sizes: `2GB`, whatever else is said. None is without: DuckDB
            takes 80 % of the memory.
        threads: Threads of one question, whatever else is said. None is all processors.
        seconds: What a question may take besides; None is without end.
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
        connection: "duckdb.DuckDBPyConnection | None" = None,
    ) -> None:
        self.files = files
        self._file_column = file_column
        self._memory, self._threads = memory_limit, threads
        self._seconds = seconds
        # The tables of a lake may say what questions about them may use.
        self._usual: QuestionLimits = getattr(files, "limits", NO_LIMITS)
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
        files = [path for pin in pins.values() for path in self.files.files(pin)]
        # Most of them are about files that were just written, and nobody asks about them so again.
        database = open_database(self._database_limits(), files, folders)
        with database.overflow, closing(database.connection) as connection:
            yield EmbeddedEngine(
                self.files,
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
            CancelledError: Who asks has cancelled it.
        """
        require_going()
        batches = self._answer(tree, pins)
        first = next(batches)
        return normalize(first.schema, _chain(first, batches))

    def _answer(self, tree: exp.Query, pins: Mapping[str, TablePin]) -> Iterator[pa.RecordBatch]:
        """Yield at first an empty batch with the columns, then the rows."""
        asked = _Asked()
        with _translated_errors(asked.files, _reader_of(pins)):
            statement = self._prepare(tree, pins, asked)
        with (
            self._connected(asked.files) as connection,
            _translated_errors(asked.files, _reader_of(pins)),
            _ended_by_hand(),
            stopped_by(connection.interrupt, self._seconds or self._usual.seconds),
        ):
            for table_name, columns in asked.empty.items():
                connection.register(table_name, columns.empty_table())
            relation = connection.sql(statement)
            width = len(relation.columns)
            rows = min(max(CELLS_PER_BATCH // width, ROWS_PER_BATCH.start), ROWS_PER_BATCH.stop)
            reader = relation.to_arrow_reader(rows)
            yield pa.RecordBatch.from_pylist([], schema=reader.schema)
            yield from reader

    def _connected(
        self, files: Collection[str]
    ) -> "AbstractContextManager[duckdb.DuckDBPyConnection]":
        if self._shared is not None:
            return closing(self._shared.cursor())
        return DATABASES.over(self._database_limits(), files)

    def _database_limits(self) -> Limits:
        limits = limits_here(self._usual)
        return Limits(self._memory or limits.memory, self._threads or limits.threads)

    def _prepare(self, tree: exp.Query, pins: Mapping[str, TablePin], asked: _Asked) -> str:
        """Return the statement over the pinned files, and note what it reads."""
        names = names_in(tree)

        def source(table_name: str) -> exp.Table:
            pin = pin_named(pins, table_name)
            files = checked_files(self.files, pin, names)
            if not files:
                asked.empty[table_name] = self._columns(pin)
                return table(table_name)
            asked.files.extend(files)
            return _read_parquet(files, self._file_column)

        return duckdb_statement(with_sources(tree, source))

    def _columns(self, pin: TablePin) -> pa.Schema:
        columns = self.files.schema(pin)
        if self._file_column is not None:
            columns = columns.append(pa.field(self._file_column, pa.string()))
        return columns


def open_database(
    limits: Limits, files: Collection[str], folders: Collection[Path] = ()
) -> Database:
    """Open a database that reads some files, and those in some folders, and nothing else."""
    import duckdb

    overflow = tempfile.TemporaryDirectory(prefix="apollo-query-")
    options = OPTIONS | {"temp_directory": overflow.name}
    options |= {} if limits.memory is None else {"memory_limit": limits.memory}
    options |= {"threads": limits.threads} if limits.threads else {}
    try:
        connection = duckdb.connect(":memory:", config=options)
    except BaseException:
        overflow.cleanup()
        raise
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    # A filter may be 200 levels deep, each of some subqueries.
    connection.execute("SET GLOBAL max_expression_depth = 5000")
    _restrict(connection, files, folders)
    return Database(limits, frozenset(files), connection, overflow)


def _restrict(
    connection: "duckdb.DuckDBPyConnection", files: Collection[str], folders: Collection[Path]
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
def _ended_by_hand() -> Iterator[None]:
    """Raise what Ctrl-C is in Python, where DuckDB noticed it first and made an error of it."""
    try:
        yield
    except RuntimeError as error:
        if str(error) != INTERRUPTED:
            raise
        raise KeyboardInterrupt from None


@contextmanager
def _translated_errors(files: Sequence[str], view: str | None) -> Iterator[None]:
    import duckdb

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


DATABASES = OpenDatabases(open_database)
"""Those of this process."""

atexit.register(DATABASES.close)
