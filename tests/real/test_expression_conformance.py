"""The original's known answers: 73 cells, 10 queries with 79 rows, matrices, SQL and payloads."""

import csv
import io
import json
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp

import apollo_spark as ap
from apollo_spark.lake.lake import open_lake
from tests.real.payloads import columns_of, holds
from tests.real.test_expression_filter_cases import is_refused
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
    cells = known_cells(folder)
    features = {each["feature_id"]: each for each in sorted(cells, key=itemgetter("feature_id"))}
    annotation = {
        name: [each[name] for each in features.values()]
        for name in ("symbol", "chrom", "start", "end")
    }
    target = tmp_path_factory.mktemp("known")
    return publish(target, list(features), cells, "value", annotation)


def known_cells(folder: Path) -> Rows:
    """The cells with their annotation."""
    known = json.loads((folder / "known_values.json").read_text())
    symbols = known["gene_name_implied_by_queries"]
    found = []
    for each in known["rows"]:
        chrom, start, end = PLACES.get(each["feature_id"], ELSEWHERE)
        place = {"chrom": chrom, "start": start, "end": end}
        found.append({**each, "symbol": symbols.get(each["feature_id"]), **place})
    return found


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


Cells = list[tuple[str, str, float]]
ALTERNATIVES = ("expected_sql_output", "expected_sql_output_1_1")
# The original's files for reading by gene are cut by place: bins of this many bases.
BIN = 2_500_000


def cells_of(lake: Path, content: Any) -> Cells:
    """What the product answers to a filter."""
    found = extract(lake, "--filter-json", json.dumps(content))
    return sorted((row["feature_id"], row["sample_id"], float(row["expression"])) for row in found)


def test_the_sql_of_the_original_keeps_the_same_cells(folder: Path, lake: Path) -> None:
    asked = json.loads((folder / "expression_test_input_dict.json").read_text())
    answers = json.loads((folder / "expression_test_expected_output_dict.json").read_text())
    statements = 0
    with duckdb.connect() as connection:
        make_tables(connection, known_cells(folder))
        for name, content in asked["VIZPAYLOADERBUILDER_TEST_INPUT"].items():
            if name == WITHOUT_ROWS:
                assert is_refused(content)
                found = cells_of_samples(lake, content["sample_id"])
            else:
                found = cells_of(lake, content)
            for sql in (each for key in ALTERNATIVES for each in as_list(answers[name].get(key))):
                rows = connection.execute(in_duckdb(sql)).fetchall()
                assert sorted((f, s, float(v)) for f, s, v in rows) == found, (name, sql)
                statements += 1
            assert found
    assert statements == sum(
        len(as_list(each.get(key))) for each in answers.values() for key in ALTERNATIVES
    )


def cells_of_samples(lake: Path, samples: list[str]) -> Cells:
    found = ap.open_lake(str(lake)).dataset("cells").assay("rna").expression(samples=samples)
    return sorted((f, s, float(v)) for f, s, v in zip(*found.to_pydict().values(), strict=True))


def as_list(given: Any) -> list[str]:
    return [given] if isinstance(given, str) else given or []


def in_duckdb(sql: str) -> str:
    tree = sqlglot.parse_one(sql, read="spark")
    for each in tree.find_all(exp.Table):
        each.set("db", None)
    return tree.sql("duckdb")


def make_tables(connection: duckdb.DuckDBPyConnection, cells: Rows) -> None:
    create = {
        "expression": "feature_id VARCHAR, sample_id VARCHAR, value DOUBLE",
        "expr_annotation": "feature_id VARCHAR, gene_name VARCHAR, chr VARCHAR, CHROM VARCHAR, "
        'start BIGINT, "end" BIGINT',
        "sample": "sample_id VARCHAR",
        "expression_read_optimized": "feature_id VARCHAR, sample_id VARCHAR, value DOUBLE, "
        "gene_name VARCHAR, chr VARCHAR, bin BIGINT",
    }
    for name, columns in create.items():
        connection.execute(f"CREATE TABLE {name}({columns})")
    features = {each["feature_id"]: each for each in cells}.values()
    rows = {
        "expression": [(c["feature_id"], c["sample_id"], c["value"]) for c in cells],
        "expr_annotation": [
            (c["feature_id"], c["symbol"], c["chrom"], c["chrom"], c["start"], c["end"])
            for c in features
        ],
        "sample": [(each,) for each in {c["sample_id"] for c in cells}],
        "expression_read_optimized": [
            (c["feature_id"], c["sample_id"], c["value"], c["symbol"], c["chrom"],
             c["start"] // BIN)
            for c in cells
        ],
    }  # fmt: skip
    for name, values in rows.items():
        marks = ", ".join("?" * len(values[0]))
        connection.executemany(f"INSERT INTO {name} VALUES ({marks})", values)


def test_the_payloads_of_the_original_keep_the_same_cells(folder: Path, lake: Path) -> None:
    cases = json.loads((folder / "filter_cases.json").read_text())["cases"]
    rows = [(each, columns_of(each)) for each in known_cells(folder)]
    read = [each for each in cases if not is_refused(each["input"])]
    payloads = 0
    for case in read:
        found = cells_of(lake, case["input"])
        for name, schema in (case.get("by_schema") or {}).items():
            if "payload" not in schema:
                continue
            kept = [each for each, columns in rows if holds(schema["payload"], columns)]
            expected = sorted((c["feature_id"], c["sample_id"], float(c["value"])) for c in kept)
            assert found == expected, (case["name"], name)
            payloads += 1
    assert (len(read), payloads) == (25, 55)


def test_a_pair_that_is_there_twice_is_refused(folder: Path, tmp_path: Path) -> None:
    case = json.loads((folder / "matrix_golden.json").read_text())[-1]
    lines = ["feature_id,sample_id,value"]
    lines += [f"{each['feature_id']},{each['sample_id']},{each['expression']}"
              for each in case["input"]]  # fmt: skip
    (tmp_path / "long.csv").write_text("\n".join(lines) + "\n")

    refused = apollo("--lake", tmp_path / "lake", "load", "expression", "cells", "--assay", "rna",
                     "--unit", "count", "--feature-ids", "any",
                     "--source", tmp_path / "long.csv")  # fmt: skip

    assert len(case["rows"]) == 1, "the original keeps the last of them"
    assert refused.code == 12, refused.err


def test_a_cohort_by_expression_has_the_samples_with_such_cells(folder: Path, lake: Path) -> None:
    dataset = ap.open_lake(str(lake)).dataset("cells")
    cells = known_cells(folder)
    for feature in sorted({each["feature_id"] for each in cells})[:8]:
        values = {c["sample_id"]: c["value"] for c in cells if c["feature_id"] == feature}
        bound = sorted(values.values())[len(values) // 2]
        measured = f'expression(rna, "{feature}")'
        for text, keeps in {
            f"{measured} >= {bound}": lambda v, b=bound: v >= b,
            f"{measured} between {bound} and 60": lambda v, b=bound: b <= v <= 60,
            f"{measured} < {bound}": lambda v, b=bound: v < b,
        }.items():
            found = dataset.retrieve_fields(["sample.sample_id"], where=text)

            ids = found.column(0).to_pylist()
            assert ids == sorted(each for each, value in values.items() if keeps(value)), text
