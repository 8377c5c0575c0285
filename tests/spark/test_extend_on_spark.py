"""Extensions whose tasks and questions Spark runs, and tables of fields that both engines join."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from apollo_spark.api.lake import open_lake
from apollo_spark.engines.spark import SparkEngine
from apollo_spark.engines.tasks import SparkTaskRunner
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.lake import open_lake as open_stored_lake
from apollo_spark.operations.engines import LoadEngines
from apollo_spark.operations.requests.extend import ClinicalExtension
from apollo_spark.runtime.settings import LakeSettings
from apollo_spark.verbs.table import perform
from tests.support.contexts import loading
from tests.support.extending import tables_of
from tests.support.study import Study

FILES = (
    "patient_id,score,seen_first\nP1,1.5,2020-01-01\nP2,2.5,\n",
    "patient_id,mood,at\nP1,x,2020-01-01 10:00:00+02:00\nP4,x,\n",
    "patient_id,arms\nP2,R|L\nP3,R\n",
)
WANTED = (
    "patient.patient_id", "patient.sex", "patient.score", "patient.seen_first", "patient.mood",
    "patient.at", "patient.arms",
)  # fmt: skip


@pytest.fixture
def study(tmp_path: Path) -> Study:
    study = Study(tmp_path)
    narrow = study.write("narrow.yaml", "runner: local\nmax_columns: 3\n")
    assert study.load("--conf", narrow).code == 0
    return study


def extend(study: Study, text: str, spark: SparkSession) -> None:
    """Extend with Spark alone: it runs the tasks, checks the keys and folds the tables."""
    lake = open_stored_lake(str(study.lake))
    path = study.write("added.csv", text)

    def engines(lake: Lake, _: int) -> LoadEngines:
        engine = SparkEngine(spark, lambda pin: str(lake.tables.folder_of(pin)))
        return LoadEngines(SparkTaskRunner(spark), engine)

    request = ClinicalExtension(name="study", data=(("patient", str(path)),))
    perform(loading(lake, block_bytes=1 << 16, engines=engines), request)


def sorted_rows(table: pa.Table) -> list[tuple[object, ...]]:
    return sorted((tuple(row.values()) for row in table.to_pylist()), key=str)


def test_both_engines_read_tables_that_spark_wrote_and_folded(
    study: Study, spark_session: SparkSession
) -> None:
    for text in FILES:
        extend(study, text, spark_session)

    assert tables_of(study) == [
        "patient", "patient.2", "patient.3", "patient.fields.3.folded", "patient.fields.4",
    ]  # fmt: skip
    dataset = open_lake(str(study.lake), settings=LakeSettings(runner="local")).dataset("study")
    embedded = dataset.retrieve_fields(WANTED)
    by_spark = dataset.retrieve_fields(WANTED, to="spark", spark=spark_session).toArrow()
    assert sorted_rows(by_spark) == sorted_rows(embedded)
    shown = [
        [row[name] for name in (WANTED[2], WANTED[4], WANTED[6])] for row in embedded.to_pylist()
    ]
    assert shown == [[1.5, "x", None], [2.5, None, "R|L"], [None, None, "R"], [None, "x", None]]
    assert study.ask("verify", "--deep").code == 0
