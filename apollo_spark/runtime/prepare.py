"""Prepare this Python environment for a quick Spark, once.

python -m apollo_spark.runtime.prepare

Fetches the Delta jars through Spark's own resolver, and records a class-data archive, from which
Java starts in a fraction of the time. Both go to `share/apollo_spark/jars` of the environment.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlparse

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from apollo_spark.errors import ApolloError
from apollo_spark.export.printable import printable_lines
from apollo_spark.runtime.jars import (
    ARCHIVE_NAME,
    DELTA_COORDINATES,
    JARS_VARIABLE,
    find_jar_folder,
    holds_delta,
    list_additional_jars,
    own_jar_folder,
    plain_name,
)
from apollo_spark.runtime.machine import require_java
from apollo_spark.runtime.session import close_session, open_session
from apollo_spark.runtime.settings import SMALL_WORK, SessionSettings
from apollo_spark.runtime.spark_options import JAVA_KEY


def prepare() -> None:
    """Fetch the jars that are missing and record the class archive.

    Raises:
        EnvironmentProblemError: Java is not as needed, or the jars cannot be fetched.
    """
    require_java()
    folder = own_jar_folder()
    if os.environ.get(JARS_VARIABLE):
        _copy_jars((find_jar_folder() or folder).glob("*.jar"), folder)
    elif not holds_delta(folder):
        _say(f"fetching the Delta jars ({DELTA_COORDINATES})")
        _fetch_jars(folder)
    _say("recording the class archive that lets Java start quickly")
    _record_archive(folder)


def _fetch_jars(folder: Path) -> None:
    """Let Spark resolve Delta as it would at every start, and keep what it found."""
    session = open_session(SessionSettings(driver_memory="1g"))
    resolved = session.conf.get("spark.jars") or ""
    close_session(session)
    _copy_jars([Path(urlparse(each).path) for each in resolved.split(",") if each], folder)


def _copy_jars(jars: Iterable[Path], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for jar in list_additional_jars(jars):
        shutil.copyfile(jar, folder / plain_name(jar))


def _record_archive(folder: Path) -> None:
    """Do a little of what sessions do, and let Java keep the classes that it took."""
    archive = folder / ARCHIVE_NAME
    archive.unlink(missing_ok=True)
    options = (*SMALL_WORK, (JAVA_KEY, f"-XX:ArchiveClassesAtExit={archive}"))
    session = open_session(SessionSettings(driver_memory="1g", options=options))
    try:
        with tempfile.TemporaryDirectory(prefix="apollo_spark-") as place:
            _warm_up(session, str(Path(place, "table")))
    except (Py4JError, PySparkException):
        # Everything works without it, only slower: no reason to fail a set-up.
        _say("the class archive is incomplete: Java will start more slowly")
    finally:
        close_session(session)


def _warm_up(session: SparkSession, table: str) -> None:
    rows = session.range(0, 2, 1, 2).mapInArrow(lambda batches: batches, "id long")
    rows.write.format("delta").save(table)
    rows.write.format("delta").mode("append").save(table)
    pinned = session.read.format("delta").option("versionAsOf", 0).load(table)
    pinned.createOrReplaceTempView("pinned")
    session.sql(
        "SELECT count(*) AS n, count(DISTINCT a.id), max(cast(b.id AS string)) FROM pinned a "
        f"LEFT JOIN delta.`{table}` VERSION AS OF 1 b ON a.id = b.id GROUP BY a.id ORDER BY n"
    ).toPandas()


def _say(text: str) -> None:
    sys.stderr.write(f"{printable_lines(text)}\n")


if __name__ == "__main__":
    try:
        prepare()
    except ApolloError as problem:
        _say(f"error: {problem}")
        sys.exit(problem.exit_code)
