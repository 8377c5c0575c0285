"""Where the tables of a record lie, and who may see the statements that read them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from apollo_spark.errors import NotFoundError
from apollo_spark.lake.lake import Lake
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.pin import TablePin

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from apollo_spark.engines.spark import SparkEngine

Say = Callable[[str], None]
"""Takes lines for a person."""


def locate(lake: Lake) -> Callable[[TablePin], str]:
    """Return a function that gives the full path of a pinned table."""
    return lambda pin: str(lake.tables.folder_of(pin))


def spark_engine(lake: Lake, session: "SparkSession") -> "SparkEngine":
    """Return the engine that answers with a session, about the tables of a lake."""
    from apollo_spark.engines.spark import SparkEngine

    return SparkEngine(session, locate(lake), lake.tables)


def require_no_rule(record: DatasetRecord, *, full: bool) -> None:
    """Refuse a statement that would show the rule of a view, unless it is asked for in full.

    Raises:
        NotFoundError: It would.
    """
    if not full and any(rule.text is not None for rule in record.rules):
        raise NotFoundError(
            f"The statement would show the rule of {record}, and what it reads of other tables.",
            fix="Add --full to see both, or ask for the rows instead of the statement.",
        )
