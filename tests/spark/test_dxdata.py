"""Notebooks of the original on Spark: frames, statements of cohorts, filters written by hand."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from apollo_spark import dxdata
from apollo_spark.errors import UsageError
from tests.support.study import Study

WOMEN = 'patient.sex = "F" and patient.weight > 60'


def test_notebooks_read_frames_by_cohorts_and_statements(
    spark_session: SparkSession, tmp_path: Path
) -> None:
    study = Study(tmp_path)
    assert study.load().code == 0
    assert study.ask("cohort", "create", "women", "--from", "study", "--filter", WOMEN).code == 0
    dxdata.use_lake(str(study.lake))
    try:
        engine = dxdata.connect(dialect="hive+pyspark")
        data, women = dxdata.load_dataset("study@1"), dxdata.load_cohort("women")
    finally:
        dxdata.use_lake(None)
    patient = data["patient"]

    keys = engine.execute(f"{women.sql};").to_spark()
    assert keys.columns == ["patient_id"]
    assert sorted(row[0] for row in keys.collect()) == ["P1", "P3"]
    for filter_sql in (women.sql, str.__str__(women.sql), "SELECT 'P1' UNION SELECT 'P3'"):
        frame = patient.retrieve_fields(
            engine=engine, names=["weight"], filter_sql=filter_sql, column_aliases={"weight": "kg"}
        )
        assert frame.columns == ["kg", "patient_id"]
        assert sorted(row["patient_id"] for row in frame.filter("kg > 0").collect()) == ["P1", "P3"]
    visits = data["visit"].retrieve_fields(
        spark_session, names=["symptoms"], array_as_string=True, limit=2, coding_values="replace"
    )
    assert (dict(visits.dtypes)["symptoms"], visits.count()) == ("string", 2)
    with pytest.raises(UsageError, match="A statement filters the main entity alone"):
        data["visit"].retrieve_fields(engine=engine, filter_sql="SELECT 1")
