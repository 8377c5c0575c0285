"""Spark leaves files out by what a log says of them: nothing is shown where that is not so."""

from pathlib import Path

from pyspark.sql import SparkSession
from sqlglot import exp

from apollo_spark.engines.spark import SparkEngine
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.model.names import parse_reference
from apollo_spark.operations.locating import locate, spark_engine
from apollo_spark.query.sql import column, literal
from tests.support.study import Study
from tests.support.withdrawing import withdraw


def ask_for_p3(lake: Lake, engine: SparkEngine) -> list[str]:
    """Ask for one person by the key."""
    opened = lake.open(parse_reference("study"))
    source = opened.scope.source("patient", ["patient_id"], "patient")
    key = column("patient", "patient_id")
    tree = exp.select(key).from_(source).where(exp.EQ(this=key.copy(), expression=literal("P3")))
    found: list[str] = engine.run(tree, opened.pins).read_all().column(0).to_pylist()
    return found


def test_a_forged_bound_of_withdrawn_keys_brings_nobody_back(
    spark_session: SparkSession, tmp_path: Path
) -> None:
    study = Study(tmp_path)
    assert study.load().code == 0
    withdraw(study, "P3")
    lake = open_lake(str(study.lake))
    engine = spark_engine(lake, spark_session)
    assert ask_for_p3(lake, engine) == []
    (log,) = (study.lake / "tables/study/patient.withdrawn/_delta_log").glob("*.json")

    log.write_text(log.read_text().replace("P3", "P9"))

    # By the log, Spark does not open the file of keys at all.
    assert ask_for_p3(lake, SparkEngine(spark_session, locate(lake))) == ["P3"]
    assert ask_for_p3(lake, engine) == []
