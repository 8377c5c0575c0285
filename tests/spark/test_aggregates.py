"""Every chart's numbers are the same on Spark and on the embedded engine."""

from typing import Any

import pytest
from pyspark.sql import SparkSession

import apollo_spark as ap
from tests.support.charted import charted
from tests.support.tile_answers import TILES

MEASURED = {"chart": "expression", "fields": ["patient.sex"], "options": {"feature": "TP53"}}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> ap.Dataset:
    study = charted(patients=120).load(tmp_path_factory.mktemp("charted"))
    ids = [f"P{number:04}" for number in range(60)]
    values = ",".join(str(number % 7) for number in range(60))
    matrix = study.write("rna.csv", f"feature_id,{','.join(ids)}\nTP53,{values}\n")
    rna = ("--assay", "rna", "--unit", "count", "--source", matrix, "--feature-ids", "any")
    assert study.ask("load", "expression", "rna", *rna).code == 0
    link = ("--assay", "rna", "--link", "patient.patient_id")
    assert study.ask("merge", "assay", "rna", "study", "--as", "both", *link).code == 0
    old = ("--from", "both", "--filter", "patient.age > 60")
    assert study.ask("cohort", "create", "old", *old).code == 0
    return ap.open_lake(str(study.lake)).dataset("both")


def near(value: Any) -> Any:
    """Compare floats as the engines are held to."""
    if isinstance(value, dict):
        return {key: near(each) for key, each in value.items()}
    if isinstance(value, list):
        return [near(each) for each in value]
    return pytest.approx(value, rel=1e-12) if isinstance(value, float) else value


def require_equal(dataset: ap.Dataset, spark: SparkSession, tiles: list[Any], **more: Any) -> None:
    ours = dataset.aggregate(tiles, **more)
    theirs = dataset.aggregate(tiles, spark=spark, **more)
    for first, second in zip(ours, theirs, strict=True):
        assert second.as_json() == near(first.as_json()), first.tile


@pytest.mark.usefixtures("interpreted")
def test_both_engines_answer_the_same(dataset: ap.Dataset, spark_session: SparkSession) -> None:
    require_equal(dataset, spark_session, [*TILES, MEASURED])


def test_both_engines_compare_the_same(dataset: ap.Dataset, spark_session: SparkSession) -> None:
    one_of_a_kind = {each["chart"]: each for each in (*TILES, MEASURED)}

    more = {"where": 'patient.sex = "F"', "compare": "old"}
    require_equal(dataset, spark_session, list(one_of_a_kind.values()), **more)
