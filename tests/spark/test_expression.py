"""The relation `expression` on Spark: the rows of the embedded engine."""

from typing import TYPE_CHECKING

import numpy as np
import pytest

from apollo_spark.api import reading as assay_module
from apollo_spark.api.dataset import Dataset
from apollo_spark.assays.expression.assay import LayerRecord
from apollo_spark.assays.expression.query import (
    ADDITIONAL_FIELDS,
    FeatureChoice,
    PairChoice,
    extract_tree,
)
from apollo_spark.assays.expression.request_filter import Location
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.engines.spark import SparkEngine
from apollo_spark.errors import UsageError
from apollo_spark.lake.lake import open_lake
from apollo_spark.operations.locating import locate
from tests.support.assays import publish_assay
from tests.support.tables import answer
from tests.support.tiles import NAN, write_assay

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FEATURES = [f"F{number}" for number in range(7)]
SAMPLES = [f"S{number}" for number in range(8)]
CHOICES = [
    PairChoice(),
    PairChoice(features=FeatureChoice(symbols=("A",)), samples=("S1", "S7"), blocks=(0, 2)),
    PairChoice(features=FeatureChoice(ids=("F1", "F4")), feature_indexes=(1, 4), minimum=0.3),
    PairChoice(
        features=FeatureChoice(locations=(Location(chromosome="1", start=1, end=250),)),
        maximum=50,
    ),
    PairChoice(samples=()),
]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("assay")
    chance = np.random.default_rng(5)
    holes = chance.random((7, 8)) < 0.2
    units = {
        "count": np.where(holes, NAN, chance.integers(0, 100, (7, 8))),
        "tpm": np.where(holes, NAN, chance.integers(0, 9000, (7, 8)) / 1000),
        "fpkm": np.where(holes, NAN, chance.random((7, 8))),
    }
    annotation = {
        "symbol": ["A", "B", "A", None, "C", "D", "E"],
        "chrom": ["1"] * 4 + ["X"] * 3,
        "start": [100 * number for number in range(7)],
        "end": [100 * number + 50 for number in range(7)],
        "strand": ["+"] * 7,
    }
    tables = write_assay(folder / "t", FEATURES, SAMPLES, units, annotation=annotation)
    lake = open_lake(str(folder / "lake"))
    return Dataset(lake, publish_assay(lake, tables, dict.fromkeys(SAMPLES, "")))


@pytest.mark.parametrize("choice", CHOICES)
def test_both_engines_give_equal_rows(
    dataset: Dataset, choice: PairChoice, spark_session: "SparkSession"
) -> None:
    record = dataset.assay().record
    spark = SparkEngine(spark_session, locate(dataset._lake))
    embedded = EmbeddedEngine(dataset._lake.tables)

    def rows(layer: LayerRecord, engine: "SparkEngine | EmbeddedEngine") -> list[object]:
        tree = extract_tree(record, layer, choice, ADDITIONAL_FIELDS)
        reader = engine.run(tree, {pin.table: pin for pin in dataset.record.pins})
        return [reader.schema, *answer(reader)]

    for layer in record.layers:
        assert rows(layer, spark) == rows(layer, embedded)


@pytest.mark.parametrize("handed_over", [0, assay_module.HANDED_OVER])
def test_a_spark_frame_holds_the_values_of_the_matrix(
    dataset: Dataset,
    spark_session: "SparkSession",
    monkeypatch: pytest.MonkeyPatch,
    handed_over: int,
) -> None:
    monkeypatch.setattr(assay_module, "HANDED_OVER", handed_over)
    assay = dataset.assay()
    words = {"symbol": "A", "samples": ["S3", "S0"]}

    for unit in ("count", "tpm"):
        frame = assay.matrix(**words, unit=unit, to="spark", spark=spark_session)  # type: ignore[arg-type]
        long = assay.expression(**words, unit=unit)  # type: ignore[arg-type]

        found = sorted(tuple(row) for row in frame.collect())
        kind = "bigint" if unit == "count" else "double"
        assert frame.dtypes == [
            ("feature_id", "string"), ("sample_id", "string"), ("value", kind),
        ]  # fmt: skip
        assert found == sorted(zip(*long.to_pydict().values(), strict=True))


def test_small_tables_of_an_assay_come_as_spark_frames(
    dataset: Dataset, spark_session: "SparkSession"
) -> None:
    assay = dataset.assay()
    for ask in (assay.statistics, assay.features):
        frame = ask(to="spark", spark=spark_session)
        assert [row.asDict() for row in frame.collect()] == ask().to_pylist()
    with pytest.raises(UsageError, match="needs a session"):
        assay.statistics(to="spark")
