"""The original's known answers: 73 cells, 10 queries with 79 rows, and its matrices."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from apollo_spark.lake.lake import open_lake
from tests.support.assays import publish_assay
from tests.support.study import apollo
from tests.support.tiles import NAN, write_assay

# Where the queries need these features to lie; the symbols are those that the queries imply.
PLACES = {
    "ENST00000456328": ("1", 11869, 14409),
    "ENST00000450305": ("1", 12010, 13670),
    "ENST00000619216": ("1", 17369, 17436),
    "ENST00000327669": ("2", 38814, 46588),
}
ELSEWHERE = ("21", 34_787_801, 36_004_667)
# Of a sample alone the original gives no rows either: its filter needs another one.
WITHOUT_ROWS = "test_vizpayloadbuilder_sample"

Rows = list[dict[str, Any]]


@pytest.fixture(scope="session")
def folder(shared: Path) -> Path:
    return shared / "conformance" / "expression"


@pytest.fixture(scope="session")
def lake(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    known = json.loads((folder / "known_values.json").read_text())
    symbols = known["gene_name_implied_by_queries"]
    features = sorted({each["feature_id"] for each in known["rows"]})
    places = [PLACES.get(each, ELSEWHERE) for each in features]
    annotation = {
        "symbol": [symbols.get(each) for each in features],
        "chrom": [each[0] for each in places],
        "start": [each[1] for each in places],
        "end": [each[2] for each in places],
    }
    return publish(tmp_path_factory.mktemp("known"), features, known["rows"], "value", annotation)


def publish(
    folder: Path, features: list[str], rows: Rows, value: str, annotation: dict[str, list[Any]]
) -> Path:
    samples = list(dict.fromkeys(each["sample_id"] for each in rows))
    matrix = [[NAN] * len(samples) for _ in features]
    for each in rows:
        place = features.index(each["feature_id"]), samples.index(each["sample_id"])
        matrix[place[0]][place[1]] = NAN if each[value] is None else each[value]
    tables = write_assay(
        folder / "t", features, samples, {"count": matrix}, annotation=annotation, block_size=2
    )
    publish_assay(open_lake(str(folder / "lake")), tables, dict.fromkeys(samples, ""))
    return folder / "lake"


def extract(lake: Path, *words: str) -> list[dict[str, str]]:
    result = apollo("--lake", lake, "extract", "expression", "cells", *words)
    assert result.code == 0, result.err
    return list(csv.DictReader(io.StringIO(result.out)))


def test_the_known_queries_give_the_known_rows(folder: Path, lake: Path) -> None:
    asked = json.loads((folder / "expression_test_input_dict.json").read_text())
    answers = json.loads((folder / "expression_test_expected_output_dict.json").read_text())
    filters = asked["VIZPAYLOADERBUILDER_TEST_INPUT"]
    rows = 0
    for name, answer in answers.items():
        if name == WITHOUT_ROWS:
            continue
        expected = sorted(
            (each["feature_id"], each["sample_id"], str(each["expression"]))
            for each in answer["expected_data_output"]
        )

        found = extract(lake, "--filter-json", json.dumps(filters[name]))

        assert [tuple(each.values()) for each in found] == expected, name
        rows += len(found)
    assert (len(answers) - 1, rows) == (10, 79)


def test_matrices_have_the_known_cells(folder: Path, tmp_path: Path) -> None:
    cases = json.loads((folder / "matrix_golden.json").read_text())
    # The last one has a pair twice, which a load refuses.
    for number, case in enumerate(cases[1:-1]):
        features = list(dict.fromkeys(each["feature_id"] for each in case["input"]))
        lake = publish(tmp_path / str(number), features, case["input"], "expression", {})

        found = extract(lake, "--matrix")

        assert list(found[0]) == case["colnames"]
        expected = [
            {name: "" if row[name] is None else str(row[name]) for name in case["colnames"]}
            for row in case["rows"]
        ]
        assert found == sorted(expected, key=lambda row: row["sample_id"])


def test_an_empty_matrix_is_a_header(lake: Path, folder: Path) -> None:
    case = json.loads((folder / "matrix_golden.json").read_text())[0]
    nothing = '{"annotation": {"feature_id": []}}'

    result = apollo("--lake", lake, "extract", "expression", "cells", "--matrix",
                    "--filter-json", nothing)  # fmt: skip

    assert (case["rows"], result.out) == ([], ",".join(case["colnames"]) + "\n")
