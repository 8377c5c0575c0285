"""`apollo extract expression`: the forms, the filters, and what they do not allow."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apollo_spark.lake.lake import open_lake
from tests.support.assays import publish_assay
from tests.support.study import CommandResult, apollo
from tests.support.tiles import NAN, write_assay

FEATURES = ["F2", "F0", "F1"]
SAMPLES = ["S3", "S1", "S0"]
COUNTS = [[1, 2, 3], [0, NAN, 30], [100, 200, 300]]
TPM = [[0.5, 0.25, NAN], [1, 2, 3], [5, 6, 1e-05]]
ANNOTATION = {
    "symbol": ["A", None, "A"],
    "chrom": ["1", "1", "X"],
    "start": [100, 200, 300],
    "end": [150, 250, 350],
    "strand": ["+", "-", "+"],
}
TISSUES = {"S0": "liver", "S1": "skin", "S3": "blood"}


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    units = {"count": COUNTS, "tpm": TPM}
    tables = write_assay(tmp_path / "t", FEATURES, SAMPLES, units, annotation=ANNOTATION)
    publish_assay(open_lake(str(tmp_path / "lake")), tables, TISSUES)
    return tmp_path / "lake"


def extract(lake: Path, *words: object) -> CommandResult:
    return apollo("--lake", lake, "extract", "expression", "cells", *words)


def lines(lake: Path, *words: object) -> list[str]:
    result = extract(lake, *words)
    assert result.code == 0, result.err
    return result.out.splitlines()


def test_everything_is_long_by_feature_and_sample(lake: Path) -> None:
    assert lines(lake) == [
        "feature_id,sample_id,expression",
        "F0,S0,30", "F0,S3,0",
        "F1,S0,300", "F1,S1,200", "F1,S3,100",
        "F2,S0,3", "F2,S1,2", "F2,S3,1",
    ]  # fmt: skip
    assert lines(lake, "--unit", "TPM")[1:5] == ["F0,S0,3.0", "F0,S1,2.0", "F0,S3,1.0",
                                                "F1,S0,1e-05"]  # fmt: skip


@pytest.mark.parametrize("text", ["strand,feature_name", "strand feature_name",
                                  "strand, feature_name"])  # fmt: skip
def test_additional_fields_come_in_their_own_order(lake: Path, text: str) -> None:
    wanted = ["--filter-json", '{"annotation": {"feature_id": ["F0", "F2"]}, "sample_id": ["S3"]}']

    assert lines(lake, *wanted, "--additional-fields", text) == [
        "feature_id,sample_id,expression,feature_name,strand", "F0,S3,0,,-", "F2,S3,1,A,+",
    ]  # fmt: skip


def test_a_filter_by_place_and_value(lake: Path, tmp_path: Path) -> None:
    place = {"chromosome": "chr1", "starting_position": "150", "ending_position": "220"}
    path = tmp_path / "filter.json"
    path.write_text(json.dumps({"location": [place], "expression": {"min_value": 2}}))

    assert lines(lake, "--filter-json", path)[1:] == ["F0,S0,30", "F2,S0,3", "F2,S1,2"]


def test_a_symbol_of_several_features_is_noted(lake: Path) -> None:
    text = '{"annotation": {"feature_name": ["A", "unknown"]}}'

    result = extract(lake, "--filter-json", text)

    assert [each[:2] for each in result.out.splitlines()[1:]] == ["F1"] * 3 + ["F2"] * 3
    assert result.err.splitlines() == [
        "note: the unit count answers, of 2: --unit names another (tpm)",
        "note: 1 symbols stand for several features, all returned: A (2).",
        "note: 1 of 2 symbols have no feature: unknown.",
    ]


def test_pieces_of_a_file_are_the_whole(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lines(lake, "--additional-fields", "chrom,start")
    matrix = lines(lake, "--matrix")

    monkeypatch.setattr("apollo_spark.assays.expression.read.extract.PIECE_BYTES", 24)

    assert lines(lake, "--additional-fields", "chrom,start") == whole
    assert lines(lake, "--matrix") == matrix


def test_nothing_found_is_a_header(lake: Path) -> None:
    text = '{"annotation": {"feature_id": ["unknown"]}}'

    assert lines(lake, "--filter-json", text) == ["feature_id,sample_id,expression"]
    assert lines(lake, "--filter-json", text, "--matrix") == ["sample_id"]
    path = lake.parent / "x.parquet"
    assert extract(lake, "--filter-json", text, "--matrix", "-o", path).code == 0
    assert pq.read_table(path) == pa.table({"sample_id": pa.array([], pa.string())})


def test_a_matrix_has_a_row_for_each_sample_and_empty_cells(lake: Path) -> None:
    assert lines(lake, "--matrix") == [
        "sample_id,F0,F1,F2", "S0,30,300,3", "S1,,200,2", "S3,0,100,1",
    ]  # fmt: skip
    assert lines(lake, "--matrix", "--unit", "tpm")[1] == "S0,3.0,1e-05,"


def test_files_hold_the_same_rows(lake: Path, tmp_path: Path) -> None:
    for ending in ("csv", "tsv", "parquet"):
        for shape in ([], ["--matrix"]):
            assert extract(lake, "-o", tmp_path / f"x{len(shape)}.{ending}", *shape).code == 0

    assert (tmp_path / "x0.csv").read_text().splitlines() == lines(lake)
    assert (tmp_path / "x1.tsv").read_text().replace("\t", ",").splitlines() == lines(
        lake, "--matrix"
    )
    assert pq.read_table(tmp_path / "x1.parquet").to_pydict() == {
        "sample_id": ["S0", "S1", "S3"], "F0": [30, None, 0], "F1": [300, 200, 100],
        "F2": [3, 2, 1],
    }  # fmt: skip
    assert pq.read_table(tmp_path / "x0.parquet").num_rows == 8
    refused = extract(lake, "-o", tmp_path / "x0.csv")
    assert (refused.code, "exists already" in refused.err) == (2, True)
    assert extract(lake, "-o", tmp_path / "x0.csv", "--force").code == 0


def test_a_matrix_as_anndata(lake: Path, tmp_path: Path) -> None:
    anndata = pytest.importorskip("anndata")

    assert extract(lake, "--matrix", "-o", tmp_path / "x.h5ad").code == 0

    found = anndata.read_h5ad(tmp_path / "x.h5ad")
    assert found.obs["tissue"].to_dict() == TISSUES
    assert found.var_names.tolist() == ["F0", "F1", "F2"]
    assert found[:, "F1"].X.ravel().tolist() == [300, 200, 100]


def test_what_excludes_each_other_is_refused(lake: Path) -> None:
    values = '{"annotation": {"feature_id": ["F0"]}, "expression": {"min_value": 1}}'

    refused = extract(lake, "--matrix", "--filter-json", values, "--additional-fields", "chrom")

    assert refused.code == 2
    assert "A matrix cannot have a filter on expression values and additional fields" in refused.err
    assert extract(lake, "--matrix", "--sql").code == 2
    assert extract(lake, "-o", lake.parent / "x.h5ad", "--sql").code == 2


def test_unknown_fields_are_all_named(lake: Path) -> None:
    refused = extract(lake, "--additional-fields", "chrome,begin,end")

    assert refused.code == 2
    assert "  chrome (did you mean 'chrom'?)\n  begin\n" in refused.err


def test_a_filter_file_that_is_not_there(lake: Path) -> None:
    assert extract(lake, "--filter-json", lake / "none.json").code == 13


def test_a_dry_run_says_rows_and_bytes_and_reads_nothing(lake: Path) -> None:
    said = extract(lake, "--dry-run")
    as_json = extract(lake, "--dry-run", "--json").json

    assert (said.out, "3 samples x 3 features: at most 9 rows, 72 bytes" in said.err) == ("", True)
    assert (as_json["rows"], as_json["bytes"]) == (9, 72)


def test_the_statement_names_tables_at_their_versions(lake: Path) -> None:
    text = '{"annotation": {"feature_name": ["A"]}, "sample_id": ["S0"]}'

    (statement,) = lines(lake, "--sql", "--filter-json", text)

    assert statement.startswith("SELECT `expression`.`feature_id`")
    assert "`tile`.`feature` IN (0, 2)" in statement
    assert "`sample`.`sample_id` IN ('S0')" in statement
    assert "rna_tiles_count` VERSION AS OF 0 AS `tile`" in statement
    assert statement.endswith(";")
