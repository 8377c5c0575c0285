"""Who answers a question: the embedded engine, or Spark where it is asked for."""

from collections.abc import Iterator
from contextlib import contextmanager

from apollo_spark.engines.base import Engine
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.lake.lake import Lake
from apollo_spark.operations.locating import spark_engine
from apollo_spark.runtime.settings import LakeSettings


@contextmanager
def answering(lake: Lake, engine: str, settings: LakeSettings) -> Iterator[Engine]:
    """Give the engine of a question, and stop the session that was started for it.

    Args:
        lake: Where the tables are.
        engine: `spark`; everything else is the embedded one.
        settings: How Spark is started.
    """
    if engine != "spark":
        yield EmbeddedEngine(lake.tables)
        return
    from apollo_spark.runtime.session import close_session, open_session

    session = open_session(settings.spark)
    try:
        yield spark_engine(lake, session)
    finally:
        close_session(session)
