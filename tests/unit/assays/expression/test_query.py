"""Questions about expression as SQL: the relation, its choices, and the long extract."""

from pathlib import Path
from typing import Any

import pytest

from apollo_spark.assays.expression.query import (
    ADDITIONAL_FIELDS,
    FeatureChoice,
    PairChoice,
    expression_tree,
    extract_tree,
    features_tree,
    whole_bound,
)
from apollo_spark.assays.expression.request_filter import Location
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.query.sql import spark_statement
from tests.support.tables import answer
from tests.support.tiles import NAN, TileTables, write_assay

LONG = 2**53 + 1
FEATURES = ["F0", "F1", "F2"]
SAMPLES = ["S0", "S1", "S2", "S3"]
COUNTS = [[0, 1, NAN, 3], [10, 11, 12, 13], [20, NAN, 22, 23]]
DECIMALS = [[0.1, 0.3, 0.7, NAN], [1.1, 1.2, 1.3, 1.4], [2.25, 2.5, 2.75, 3.125]]
ANNOTATION = {
    "symbol": ["A", "B", "A"],
    "chrom": ["1", "1", "MT"],
    "start": [100, 200, 100],
    "end": [150, 300, 150],
    "strand": ["+", "-", "+"],
}


@pytest.fixture
def tables(tmp_path: Path) -> TileTables:
    units = {"count": COUNTS, "tpm": DECIMALS}
    return write_assay(tmp_path, FEATURES, SAMPLES, units, annotation=ANNOTATION)


def pairs(tables: TileTables, choice: PairChoice, unit: str = "count") -> list[tuple[Any, ...]]:
    layer = tables.assay.find_layer(unit)
    assert layer is not None
    engine = EmbeddedEngine(tables, threads=1)
    return sorted(answer(engine.run(expression_tree(tables.assay, layer, choice), tables.pins)))


def measured(matrix: list[list[float]]) -> list[tuple[str, str, float]]:
    return [
        (feature, sample, value)
        for feature, row in zip(FEATURES, matrix, strict=True)
        for sample, value in zip(SAMPLES, row, strict=True)
        if value == value  # noqa: PLR0124 NaN
    ]


@pytest.mark.parametrize(("unit", "matrix"), [("count", COUNTS), ("tpm", DECIMALS)])
def test_the_relation_has_a_row_for_each_measured_pair(
    tables: TileTables, unit: str, matrix: list[list[float]]
) -> None:
    found = pairs(tables, PairChoice(), unit)

    assert found == measured(matrix)
    assert {type(value) for _, _, value in found} == {int if unit == "count" else float}


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        pytest.param(FeatureChoice(), FEATURES, id="all"),
        pytest.param(FeatureChoice(ids=("F2", "F0", "unknown")), ["F0", "F2"], id="by id"),
        pytest.param(FeatureChoice(ids=()), [], id="none"),
        pytest.param(FeatureChoice(symbols=("A",)), ["F0", "F2"], id="a symbol of two features"),
        pytest.param(FeatureChoice(ids=("F2", "F1"), symbols=("A",)), ["F2"], id="both hold"),
        pytest.param(FeatureChoice(locations=()), [], id="no place"),
    ],
)
def test_features_are_chosen_by_id_and_symbol(
    tables: TileTables, choice: FeatureChoice, wanted: list[str]
) -> None:
    engine = EmbeddedEngine(tables, threads=1)

    found = answer(engine.run(features_tree(tables.assay, choice, ["feature_id"]), tables.pins))

    assert found == [(each,) for each in wanted]


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        pytest.param(("1", 1, 99), [], id="before"),
        pytest.param(("1", 1, 100), ["F0"], id="touches the start"),
        pytest.param(("1", 150, 199), ["F0"], id="touches the end"),
        pytest.param(("1", 151, 199), [], id="between"),
        pytest.param(("1", 120, 130), ["F0"], id="inside"),
        pytest.param(("1", 1, 1000), ["F0", "F1"], id="around"),
        pytest.param(("chr1", 290, 310), ["F1"], id="another name of the chromosome"),
        pytest.param(("chrM", 100, 100), ["F2"], id="mitochondrion"),
    ],
)
def test_features_are_chosen_by_overlap(
    tables: TileTables, place: tuple[str, int, int], wanted: list[str]
) -> None:
    chromosome, start, end = place
    choice = FeatureChoice(locations=(Location(chromosome=chromosome, start=start, end=end),))
    engine = EmbeddedEngine(tables, threads=1)

    found = answer(engine.run(features_tree(tables.assay, choice, ["feature_id"]), tables.pins))

    assert found == [(each,) for each in wanted]


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        pytest.param(
            PairChoice(samples=("S3", "unknown"), blocks=(1,)),
            [("F0", "S3", 3), ("F1", "S3", 13), ("F2", "S3", 23)],
            id="a sample",
        ),
        pytest.param(
            PairChoice(minimum=3, maximum=12),
            [("F0", "S3", 3), ("F1", "S0", 10), ("F1", "S1", 11), ("F1", "S2", 12)],
            id="both ends of a range belong to it",
        ),
        pytest.param(
            PairChoice(features=FeatureChoice(symbols=("A",)), maximum=0.5),
            [("F0", "S0", 0)],
            id="features and values",
        ),
        pytest.param(
            PairChoice(features=FeatureChoice(ids=("F2",)), feature_indexes=(2,), samples=("S0",)),
            [("F2", "S0", 20)],
            id="by numbers",
        ),
        pytest.param(PairChoice(samples=()), [], id="no sample"),
    ],
)
def test_values_are_chosen(
    tables: TileTables, choice: PairChoice, wanted: list[tuple[str, str, int]]
) -> None:
    assert pairs(tables, choice) == wanted


def test_a_long_extract_is_ordered_and_has_the_additional_fields(tables: TileTables) -> None:
    layer = tables.assay.layers[0]
    choice = PairChoice(features=FeatureChoice(ids=("F0", "F1")), samples=("S0", "S3"))
    tree = extract_tree(tables.assay, layer, choice, ADDITIONAL_FIELDS)

    reader = EmbeddedEngine(tables, threads=1).run(tree, tables.pins)

    assert reader.schema.names == ["feature_id", "sample_id", "expression", *ADDITIONAL_FIELDS]
    assert answer(reader) == [
        ("F0", "S0", 0, "A", "1", 100, 150, "+"),
        ("F0", "S3", 3, "A", "1", 100, 150, "+"),
        ("F1", "S0", 10, "B", "1", 200, 300, "-"),
        ("F1", "S3", 13, "B", "1", 200, 300, "-"),
    ]


def test_names_are_quoted_for_spark(tables: TileTables) -> None:
    choice = PairChoice(features=FeatureChoice(ids=("F0' OR '1'='1",)), samples=("S\\0",))

    statement = spark_statement(
        expression_tree(tables.assay, tables.assay.layers[0], choice), tables.pins, lambda _: "/x"
    )

    assert "'F0\\' OR \\'1\\'=\\'1'" in statement
    assert "'S\\\\0'" in statement


@pytest.mark.parametrize(
    ("bound", "least", "most"),
    [
        (LONG, LONG, LONG),
        (2.5, 3, 2),
        (-2.5, -2, -3),
        (2**63, 2**63, 2**63 - 1),
        (1e300, 2**63, 2**63 - 1),
        (-1e300, -(2**63), -(2**63) - 1),
    ],
)
def test_bounds_of_whole_numbers_are_whole_and_at_most_one_beyond_them(
    bound: float, least: int, most: int
) -> None:
    assert whole_bound(bound, is_least=True) == least
    assert whole_bound(bound, is_least=False) == most


def test_a_question_for_whole_numbers_has_whole_bounds(tables: TileTables) -> None:
    layer = tables.assay.find_layer("count")
    assert layer is not None
    choice = PairChoice(minimum=LONG, maximum=1e300)

    statement = expression_tree(tables.assay, layer, choice).sql("duckdb")

    assert f">= {LONG}" in statement
    assert f"<= {2**63 - 1}" in statement
    assert pairs(tables, PairChoice(minimum=-1e300, maximum=1e300)) == measured(COUNTS)
    assert pairs(tables, PairChoice(minimum=1e300)) == []
