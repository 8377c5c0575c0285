"""How Spark computes the answers of questions about few rows."""

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

INTERPRETED = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
}


@pytest.fixture
def interpreted(spark_session: SparkSession) -> Iterator[None]:
    """Let Spark interpret what is asked, and plan it once.

    Java that is written, compiled and loaded for a question about ten rows, and plans that are made
    anew after each of its steps, take most of its time. For large questions only: that answers are
    the same when compiled and planned again is what the tests without this show.
    """
    for name, value in INTERPRETED.items():
        spark_session.conf.set(name, value)
    yield
    for name in INTERPRETED:
        spark_session.conf.unset(name)
