"""Rows that come, change and go by tasks of Spark, as Spark reads them back."""

from pathlib import Path

from pyspark.sql import SparkSession

from apollo_spark.lake.lake import open_lake
from apollo_spark.model.names import parse_reference
from apollo_spark.operations.context import Context
from apollo_spark.operations.requests.extend import ClinicalExtension
from apollo_spark.runtime.settings import LakeSettings, build_settings
from apollo_spark.verbs.table import perform
from tests.support.loading import require_sound
from tests.support.rowing import pin
from tests.support.study import Study


def settings(runner: str) -> LakeSettings:
    return build_settings({"runner": runner, "block_bytes": 65_536}, source="this test")


def test_spark_changes_rows_as_threads_do(tmp_path: Path, spark_session: SparkSession) -> None:
    study = Study(tmp_path)
    lake = open_lake(str(study.lake))
    study.write("more.csv", "visit_id,patient_id,symptoms\n1,P3,R2\n9,P4,R1|R\n")
    study.write("keys.csv", "visit_id\n2\n")
    for name, runner in (("of_spark", "spark"), ("of_threads", "local")):
        assert study.load(name=name).code == 0
        outcome = perform(
            Context(lake, settings=settings(runner), session=spark_session),
            ClinicalExtension(
                name=name,
                data=(("visit", str(study.folder / "more.csv")),),
                delete=(("visit", str(study.folder / "keys.csv")),),
            ),
        )
        assert outcome.published == (f"{name}@2",)

    assert (
        pin(study, "of_spark", "visit").content_hash
        == pin(study, "of_threads", "visit").content_hash
    )
    record = lake.load_record(parse_reference("of_spark@2"))
    place = lake.tables.folder_of(record.pin_of("visit"))
    version = record.pin_of("visit").version
    rows = spark_session.read.format("delta").option("versionAsOf", version).load(str(place))
    found = [(row.visit_id, row.patient_id, row.symptoms, row.note) for row in rows.collect()]
    assert sorted(found) == [
        (1, "P3", ["R2"], 'first\nline, and "second"'),
        (3, "P2", None, "plain"),
        (4, "P3", ["R"], None),
        (9, "P4", ["R1", "R"], None),
    ]
    require_sound(study.lake, "of_spark")
