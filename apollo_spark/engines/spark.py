"""The engine of the cluster: Spark over Delta, every table at its pinned version."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlglot import exp

from apollo_spark.engines.base import LoggedFiles, checked_files, names_in, normalize
from apollo_spark.errors import BrokenPinError, EnvironmentProblemError
from apollo_spark.model.pin import TablePin
from apollo_spark.query.dialects import DatetimeText
from apollo_spark.query.sql import spark_statement

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

UTC_NAMES = frozenset({"UTC", "Etc/UTC", "GMT", "Z", "+00:00"})
_BROKEN = ("DELTA_", "FAILED_READ_FILE", "PATH_NOT_FOUND")


class SparkEngine:
    """Answers with Spark. Nothing is named or stored in the session.

    Args:
        spark: A session with Delta.
        locate: Gives the full path or address of a pinned table.
        files: Where the files of the tables are, which are checked before Spark reads them; None
            where this process cannot look at them.
    """

    def __init__(
        self,
        spark: "SparkSession",
        locate: Callable[[TablePin], str],
        files: LoggedFiles | None = None,
    ) -> None:
        self._spark = spark
        self._locate = locate
        self._files = files

    def frame(self, tree: exp.Query, pins: Mapping[str, TablePin]) -> "DataFrame":
        """Return the answer as a DataFrame that is computed when it is used.

        Raises:
            BrokenPinError: A pinned version is gone, or a file of it is missing or damaged.
            EnvironmentProblemError: Datetimes become text, and the session's zone is not UTC.
        """
        if tree.find(DatetimeText):
            self._require_utc()
        columns = names_in(tree)

        def place(pin: TablePin) -> str:
            if self._files is not None:
                checked_files(self._files, pin, columns)
                # Spark opens no file that the log says has nothing of what is asked for.
                self._files.require_statistics(pin)
            return self._locate(pin)

        statement = spark_statement(tree, pins, place)
        with _translated_errors():
            return self._spark.sql(statement)

    def run(self, tree: exp.Query, pins: Mapping[str, TablePin]) -> pa.RecordBatchReader:
        """Answer a question; the whole answer is collected into this process first.

        Raises:
            BrokenPinError: A pinned version, or a file of it, is gone.
            EnvironmentProblemError: Datetimes become text, and the session's zone is not UTC.
        """
        frame = self.frame(tree, pins)
        with _translated_errors():
            table = frame.toArrow()
        return normalize(table.schema, iter(table.to_batches()))

    @contextmanager
    def over(self, _pins: Mapping[str, TablePin], /) -> "Iterator[SparkEngine]":
        """Give this engine: the session is there already."""
        yield self

    def _require_utc(self) -> None:
        zone = self._spark.conf.get("spark.sql.session.timeZone")
        if zone not in UTC_NAMES:
            raise EnvironmentProblemError(
                f"Spark would write datetimes as text in the time zone {zone}.",
                fix="Set spark.sql.session.timeZone to UTC.",
            )


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
