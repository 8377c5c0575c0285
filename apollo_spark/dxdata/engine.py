"""Who answers: a Spark session as in the original, or this process."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from apollo_spark.errors import UsageError
from apollo_spark.runtime.settings import SessionSettings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SPARK, EMBEDDED = "hive+pyspark", "duckdb"


class Engine:
    """Who answers.

    Args:
        session: The Spark session; None where this process answers, without Java.
    """

    def __init__(self, session: "SparkSession | None") -> None:
        self.session = session

    def execute(self, sql: str) -> "Answer":
        """Ask a statement, such as `cohort.sql`, of Spark.

        Raises:
            UsageError: The engine is not Spark.
        """
        return Answer(self.require_session().sql(sql.rstrip().rstrip(";")))

    def require_session(self) -> "SparkSession":
        """Return the Spark session.

        Raises:
            UsageError: There is none.
        """
        if self.session is None:
            raise UsageError(
                "Statements are asked of Spark alone.",
                fix=f'Connect with dxdata.connect(dialect="{SPARK}").',
            )
        return self.session


class Answer:
    """What a statement answers."""

    def __init__(self, frame: "DataFrame") -> None:
        self._frame = frame

    def to_spark(self) -> "DataFrame":
        """Return it as a Spark DataFrame."""
        return self._frame

    def to_pandas(self) -> Any:
        """Return it as a pandas DataFrame."""
        return self._frame.toPandas()


def connect(dialect: str | None = None, connect_args: Mapping[str, Any] | None = None) -> Engine:
    """Return an engine: Spark, which is started where none runs, or this process.

    Args:
        dialect: `hive+pyspark` (Spark, also where it is None), or `duckdb`: this process, which
            answers with pandas and needs no Java.
        connect_args: `{"config": {OPTION: VALUE}}`, options of Spark.

    Raises:
        UsageError: There is no such dialect.
        EnvironmentProblemError: Java or Spark cannot be started.
    """
    if dialect == EMBEDDED:
        return Engine(None)
    if dialect not in (None, SPARK):
        raise UsageError(f"The dialect is {SPARK!r} or {EMBEDDED!r}, not {dialect!r}.")
    from apollo_spark.runtime.session import open_session

    config = (connect_args or {}).get("config", {})
    options = tuple((str(name), str(value)) for name, value in config.items())
    settings = SessionSettings()
    chosen = settings.model_copy(update={"options": (*settings.options, *options)})
    return Engine(open_session(chosen))


def as_engine(given: Any) -> Engine:
    """Return an engine; notebooks also pass a Spark session."""
    return given if isinstance(given, Engine) else Engine(given)
