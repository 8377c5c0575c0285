"""The session: what it is set to, that it is silent, and whose it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from apollo_spark.runtime.jars import find_jar_folder
from apollo_spark.runtime.session import close_session, open_session
from apollo_spark.runtime.settings import SessionSettings

CHECKOUT = Path(__file__).parents[2]
START = """
from apollo_spark.errors import ApolloError
from apollo_spark.runtime.session import SessionSettings, close_session, open_session
try:
    session = open_session(SessionSettings(driver_memory="1g"))
except ApolloError as error:
    raise SystemExit(f"{error.exit_code}: {error}")
WORK
close_session(session)
"""
COUNT = "assert session.range(3).count() == 3"
WRITE_AND_READ = """
table = "TABLE"
session.range(3).write.format("delta").save(table)
assert session.read.format("delta").load(table).count() == 3
"""


def start_elsewhere(
    folder: Path, work: str = WRITE_AND_READ, *, settings: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Start a session in a process of its own, in an empty folder, and use it."""
    here = folder / "here"
    here.mkdir()
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)} | (settings or {})
    return subprocess.run(
        [sys.executable, "-c", START.replace("WORK", work.replace("TABLE", str(folder / "table")))],
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_session_has_the_settings_of_the_local_configuration(
    spark_session: SparkSession,
) -> None:
    names = (
        "spark.sql.shuffle.partitions",
        "spark.sql.session.timeZone",
        "spark.sql.ansi.enabled",
        "spark.sql.catalogImplementation",
        "spark.ui.enabled",
        "spark.databricks.delta.snapshotPartitions",
        "spark.buffer.pageSize",
    )

    found = {name: spark_session.conf.get(name) for name in names}

    assert list(found.values()) == ["2", "UTC", "true", "in-memory", "false", "1", "2m"]


def test_workers_run_the_python_of_the_driver(spark_session: SparkSession) -> None:
    def own_python(batches):  # noqa: ANN001, ANN202
        import sys

        import pyarrow as pa

        for batch in batches:
            yield pa.RecordBatch.from_pydict({"python": [sys.prefix] * batch.num_rows})

    rows = spark_session.range(0, 1, 1, 1).mapInArrow(own_python, "python string").collect()

    assert [row.python for row in rows] == [sys.prefix]


def test_delta_tables_are_written_and_read_at_a_version(
    spark_session: SparkSession, tmp_path: Path
) -> None:
    table = str(tmp_path / "table")
    spark_session.range(2).write.format("delta").save(table)
    spark_session.range(2, 5).write.format("delta").mode("append").save(table)

    first = spark_session.sql(f"SELECT id FROM delta.`{table}` VERSION AS OF 0 ORDER BY id")

    assert [row.id for row in first.collect()] == [0, 1]


def test_a_session_that_runs_is_taken_as_it_is(spark_session: SparkSession) -> None:
    assert open_session(SessionSettings(master="local[7]")) is spark_session


def test_closing_leaves_a_session_alone_that_somebody_else_started(
    spark_session: SparkSession,
) -> None:
    close_session(spark_session.newSession())

    assert spark_session.range(2).count() == 2


def test_a_session_says_nothing_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    answer = start_elsewhere(tmp_path, settings={"TMPDIR": str(tmp_path / "temporary")})

    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    assert list((tmp_path / "here").iterdir()) == []
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_damaged_class_archive_is_passed_over_in_silence(tmp_path: Path) -> None:
    folder = find_jar_folder()
    if folder is None:
        pytest.skip("the Delta jars were not fetched beforehand: there is no archive to damage")
    jars = tmp_path / "jars"
    jars.mkdir()
    for jar in folder.glob("*.jar"):
        (jars / jar.name).symlink_to(jar)
    (jars / "classes.jsa").write_bytes(b"not an archive")

    # What is wrong is seen when Java starts, and without an archive Delta's first table takes long.
    answer = start_elsewhere(tmp_path, COUNT, settings={"APOLLO_SPARK_JARS": str(jars)})

    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


def test_an_option_that_java_does_not_know_ends_in_one_line(tmp_path: Path) -> None:
    answer = start_elsewhere(tmp_path, settings={"JDK_JAVA_OPTIONS": "-XX:+NoSuchOption"})

    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert answer.stderr.startswith("17: Spark needs Java 17 or 21.")


def test_a_master_that_spark_does_not_know_ends_in_one_line(tmp_path: Path) -> None:
    code = START.replace('driver_memory="1g"', 'master="nonsense"').replace("WORK", COUNT)
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert answer.stderr.startswith("17: ")
    assert "Master must either be yarn or start with spark, k8s, or local." in answer.stderr
