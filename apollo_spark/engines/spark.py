"""The engine of the cluster: Spark over Delta, every table at its pinned version."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

import pyarrow as pa
from sqlglot import exp

from apollo_spark.engines.base import (
    TableFiles,
    names_in,
    normal_type,
    normalize,
)
from apollo_spark.engines.reading import checked_files
from apollo_spark.errors import BrokenPinError, EnvironmentProblemError
from apollo_spark.model.pin import TablePin
from apollo_spark.query.dialects import DatetimeText
from apollo_spark.query.sql import (
    pin_named,
    spark_statement,
    spark_text,
    sql_name,
    table,
    with_sources,
)
from apollo_spark.runtime.questions import NO_LIMITS, require_going, stopped_by

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

UTC_NAMES = frozenset({"UTC", "Etc/UTC", "GMT", "Z", "+00:00"})

_SQL_TYPES = {
    pa.string(): "STRING",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.date32(): "DATE",
    pa.timestamp("us", tz="UTC"): "TIMESTAMP_LTZ",
    pa.bool_(): "BOOLEAN",
}
_REFUSED = "DELTA_INVALID_FORMAT"
"""A platform, Databricks for one, reads the files of a Delta table only through Delta."""
_BROKEN = ("DELTA_", "FAILED_READ_FILE", "PATH_NOT_FOUND")
REMEMBERED = 64
"""Tables whose files Spark lists once for an engine, as it does for a view of a session."""


class SparkEngine:
    """Answers with Spark. Nothing is named or stored in the session.

    Args:
        spark: A session with Delta.
        locate: Gives the full path or address of a pinned table.
        files: Where the files of the tables are, which are checked, and which Spark then reads
            themselves; None, where this process cannot look at them, has Delta find and read them.
    """

    packs_fields: ClassVar[bool] = True

    def __init__(
        self,
        spark: "SparkSession",
        locate: Callable[[TablePin], str],
        files: TableFiles | None = None,
    ) -> None:
        self._spark = spark
        self._locate = locate
        self.files = files
        self._frames: dict[tuple[object, ...], DataFrame] = {}

    @property
    def runs_here(self) -> bool:
        """Whether tasks run on this machine, and so read the files that this process reads."""
        return str(self._spark.conf.get("spark.master", "")).startswith("local")

    def frame(self, tree: exp.Query, pins: Mapping[str, TablePin]) -> "DataFrame":
        """Return the answer as a DataFrame that is computed when it is used.

        Raises:
            BrokenPinError: A pinned version is gone, or a file of it is missing or damaged.
            EnvironmentProblemError: Datetimes become text, and the session's zone is not UTC.
        """
        if tree.find(DatetimeText):
            self._require_utc()
        if self.files is not None:
            return self._frame_of_files(self.files, tree, pins)
        statement = spark_statement(tree, pins, self._locate)
        with _translated_errors():
            return self._spark.sql(statement)

    def run(self, tree: exp.Query, pins: Mapping[str, TablePin]) -> pa.RecordBatchReader:
        """Answer a question; the whole answer is collected into this process first.

        Raises:
            BrokenPinError: A pinned version, or a file of it, is gone.
            EnvironmentProblemError: Datetimes become text, and the session's zone is not UTC.
            TimeIsUpError: It took longer than it may.
            CancelledError: Who asks has cancelled it.
        """
        require_going()
        frame = self.frame(tree, pins)
        with _translated_errors(), self._stopped_by_tag():
            table = frame.toArrow()
        return normalize(table.schema, iter(table.to_batches()))

    @contextmanager
    def _stopped_by_tag(self) -> Iterator[None]:
        """Run jobs of this thread so that they can be ended, and no other ones with them."""
        tag = f"apollo-{uuid4().hex}"
        usual = getattr(self.files, "limits", NO_LIMITS)
        spark: Any = self._spark
        # A session finds a tag only in the thread that set it (Spark 4.1), its context in all of
        # them. A session of Spark Connect has no context, and looks for tags elsewhere.
        if jobs := getattr(spark, "sparkContext", None):
            add, remove, stop = jobs.addJobTag, jobs.removeJobTag, jobs.cancelJobsWithTag
        else:
            add, remove, stop = spark.addTag, spark.removeTag, spark.interruptTag
        add(tag)
        try:
            with stopped_by(lambda: stop(tag), usual.seconds):
                yield
        finally:
            remove(tag)

    @contextmanager
    def over(self, _pins: Mapping[str, TablePin], /) -> "Iterator[SparkEngine]":
        """Give this engine: the session is there already."""
        yield self

    def _frame_of_files(
        self, files: TableFiles, tree: exp.Query, pins: Mapping[str, TablePin]
    ) -> "DataFrame":
        """Answer from the files of the tables themselves, as the embedded engine does.

        The first table that Delta opens takes it six seconds, and one of 400 columns one more.
        """
        columns = names_in(tree)
        mark = uuid4().hex
        frames: dict[str, Any] = {}

        def source(table_name: str) -> exp.Table:
            label = f"rows{len(frames)}"
            frames[label] = self._rows(files, pin_named(pins, table_name), columns)
            return table(f"{mark} {label}")

        with _translated_errors():
            statement = spark_text(with_sources(tree, source))
            # Spark puts frames in place of names in braces.
            statement = statement.replace("{", "{{").replace("}", "}}")
            for label in frames:
                statement = statement.replace(f"`{mark} {label}`", f"{{{label}}}")
            return self._spark.sql(statement, **frames)

    def _rows(
        self, files: TableFiles, pin: TablePin, columns: Collection[str] | None
    ) -> "DataFrame":
        """Return the rows of a table, with the columns named; through Delta also with others.

        Files are checked at each question, but Spark lists them once: they never change.
        """
        paths = checked_files(files, pin, columns)
        stored = files.schema(pin)
        named = [each for each in stored if columns is None or each.name in columns]
        schema = spark_columns((each.name, each.type) for each in named or stored)
        wanted = (pin.location, pin.version, schema, *paths)
        if (found := self._frames.get(wanted)) is None:
            found = self._open_files(pin, paths, schema)
            if len(self._frames) >= REMEMBERED:
                self._frames.clear()
            self._frames[wanted] = found
        return found

    def _open_files(self, pin: TablePin, paths: Sequence[str], schema: str) -> "DataFrame":
        from pyspark.errors import PySparkException

        if not paths:
            return self._spark.createDataFrame([], schema)
        # Names of folders may look like patterns.
        reader = self._spark.read.schema(schema).option("__globPaths__", "false")
        try:
            return reader.parquet(*paths)
        except PySparkException as error:
            if error.getCondition() != _REFUSED:
                raise
        reader = self._spark.read.format("delta").option("versionAsOf", pin.version)
        return reader.load(self._locate(pin))

    def _require_utc(self) -> None:
        zone = self._spark.conf.get("spark.sql.session.timeZone")
        if zone not in UTC_NAMES:
            raise EnvironmentProblemError(
                f"Spark would write datetimes as text in the time zone {zone}.",
                fix="Set spark.sql.session.timeZone to UTC.",
            )


def spark_columns(columns: Iterable[tuple[str, pa.DataType]]) -> str:
    """Return columns as Spark reads them from a text."""
    return ", ".join(f"{sql_name(name)} {_sql_type(type_)}" for name, type_ in columns)


def _sql_type(type_: pa.DataType) -> str:
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return f"ARRAY<{_sql_type(type_.value_type)}>"
    return _SQL_TYPES[normal_type(type_)]


@contextmanager
def _translated_errors() -> Iterator[None]:
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as error:
        if not (error.getCondition() or "").startswith(_BROKEN):
            raise
        raise BrokenPinError(
            "A pinned version of a table, or a file of it, is missing or damaged.",
            fix="Run 'apollo verify' to see which.",
        ) from error
