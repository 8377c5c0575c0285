"""Whole expression loads through the command line: every format in, the same matrix out."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.support.study import CommandResult, apollo

FEATURES = [f"ENSG{number:011d}" for number in (141510, 139618, 12048, 7)]
SAMPLES = ["S1", "S2", "S3"]
VALUES = [
    ["1.5", "0.0", "22.25"],
    ["", "3.125", "4.0"],
    ["0.5", "0.25", "0.0"],
    ["7.0", "8.0", "9.0"],
]
LONG = "feature_id,sample_id,expression\n"


def as_csv(rows: list[list[str]], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def features_by_samples(folder: Path) -> Path:
    rows = [["feature_id", *SAMPLES], *([f, *v] for f, v in zip(FEATURES, VALUES, strict=True))]
    return write(folder / "matrix.csv", as_csv(rows))


def samples_by_features(folder: Path) -> Path:
    turned = [[s, *(row[i] for row in VALUES)] for i, s in enumerate(SAMPLES)]
    return write(folder / "turned.tsv", as_csv([["sample_id", *FEATURES], *turned], "\t"))


def long(folder: Path) -> Path:
    pairs = [
        [f, s, value]
        for f, row in zip(FEATURES, VALUES, strict=True)
        for s, value in zip(SAMPLES, row, strict=True)
        if value
    ]
    return write(folder / "long.csv", as_csv([["feature_id", "sample_id", "value"], *pairs]))


def manifest(folder: Path) -> Path:
    for place, sample in enumerate(SAMPLES):
        rows = [[f, row[place]] for f, row in zip(FEATURES, VALUES, strict=True)]
        write(folder / "one" / f"{sample}.csv", as_csv([["feature_id", "value"], *rows]))
    rows = [["sample_id", "file"], *([s, f"one/{s}.csv"] for s in SAMPLES)]
    return write(folder / "manifest.csv", as_csv(rows))


def packed(folder: Path) -> Path:
    path = folder / "matrix.csv.gz"
    path.write_bytes(gzip.compress(features_by_samples(folder).read_bytes()))
    return path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def load(lake: Path, source: Path, *more: object, name: str = "study") -> CommandResult:
    return apollo("--lake", lake, "load", "expression", name, "--assay", "rna", "--unit", "tpm",
                  "--source", source, *more)  # fmt: skip


def tiles_hash(lake: Path, name: str) -> str:
    pins = apollo("--lake", lake, "show", name, "--pins", "--json").json["pins"]
    found: str = next(pin["content_hash"] for pin in pins if "tiles" in pin["table"])
    return found


def test_a_matrix_is_loaded_and_comes_back(tmp_path: Path) -> None:
    lake = tmp_path / "lake"

    result = load(lake, features_by_samples(tmp_path), "--json")

    assert result.code == 0, result.err
    receipt = result.json["receipt"]
    assert (receipt["features"], receipt["samples"], receipt["values"]) == (4, 3, 11)
    assert (receipt["storage"], receipt["scale"]) == ("scaled", 3)
    shown = apollo("--lake", lake, "extract", "expression", "study").out
    assert shown.splitlines() == [
        "feature_id,sample_id,expression",
        "ENSG00000000007,S1,7.0", "ENSG00000000007,S2,8.0", "ENSG00000000007,S3,9.0",
        "ENSG00000012048,S1,0.5", "ENSG00000012048,S2,0.25", "ENSG00000012048,S3,0.0",
        "ENSG00000139618,S2,3.125", "ENSG00000139618,S3,4.0",
        "ENSG00000141510,S1,1.5", "ENSG00000141510,S2,0.0", "ENSG00000141510,S3,22.25",
    ]  # fmt: skip


@pytest.mark.parametrize("write_source", [samples_by_features, long, manifest, packed])
def test_every_format_stores_the_same_values(
    tmp_path: Path, write_source: Callable[[Path], Path]
) -> None:
    lake = tmp_path / "lake"
    load(lake, features_by_samples(tmp_path), name="matrix")

    result = load(lake, write_source(tmp_path), name="other")

    assert result.code == 0, result.err
    assert tiles_hash(lake, "other") == tiles_hash(lake, "matrix")
    assert apollo("--lake", lake, "verify", "--deep").code == 0


def test_the_same_source_again_publishes_nothing(tmp_path: Path) -> None:
    lake, source = tmp_path / "lake", features_by_samples(tmp_path)
    load(lake, source)

    again = load(lake, source, "--json")

    assert (again.json["published"], again.json["current"]) == ([], ["study@1"])


def test_a_new_source_makes_a_version_and_the_old_one_stays(tmp_path: Path) -> None:
    lake, source = tmp_path / "lake", features_by_samples(tmp_path)
    load(lake, source)
    first = apollo("--lake", lake, "extract", "expression", "study").out
    source.write_text(source.read_text().replace("22.25", "23.5"))

    assert load(lake, source).last_line == "study@2"

    assert apollo("--lake", lake, "extract", "expression", "study@1").out == first
    assert "S3,23.5" in apollo("--lake", lake, "extract", "expression", "study").out


DEFECTS: list[tuple[str, str, str, int]] = [
    ("expression_number", "22.25", "many", 12),
    ("expression_negative", "22.25", "-1", 12),
    ("expression_finite", "22.25", "inf", 12),
    ("row_length", "22.25", "22.25,1", 10),
    ("feature_repeated", FEATURES[1], FEATURES[0], 12),
    ("feature_kind", FEATURES[1], "ENST00000139618", 12),
    ("header_repeated_column", "S1,S2", "S1,S1", 10),
]


@pytest.mark.parametrize(("rule", "old", "new", "code"), DEFECTS, ids=[d[0] for d in DEFECTS])
def test_a_defect_refuses_the_load_under_its_name(
    tmp_path: Path, rule: str, old: str, new: str, code: int
) -> None:
    lake, source = tmp_path / "lake", features_by_samples(tmp_path)
    source.write_text(source.read_text().replace(old, new))

    result = load(lake, source, "--report", tmp_path / "report")

    assert result.code == code, result.err
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert {each["rule"] for each in report["findings"]} == {rule}
    assert rule in result.err
    assert "Traceback" not in result.err
    assert apollo("--lake", lake, "list").out == ""


def test_a_fraction_is_no_count(tmp_path: Path) -> None:
    source = features_by_samples(tmp_path)

    result = apollo("--lake", tmp_path / "lake", "load", "expression", "study", "--assay", "rna",
                    "--unit", "count", "--source", source)  # fmt: skip

    assert result.code == 12
    assert "expression_fraction" in result.err


@pytest.mark.parametrize(
    ("rule", "expected"), [("sum", ["8.5", "8.0", "31.25"]), ("first", ["1.5", "0.0", "22.25"]),
                           ("mean", ["4.25", "4.0", "15.625"])],
)  # fmt: skip
def test_rows_of_one_feature_are_merged_by_the_stated_rule(
    tmp_path: Path, rule: str, expected: list[str]
) -> None:
    lake, source = tmp_path / "lake", features_by_samples(tmp_path)
    source.write_text(source.read_text().replace(FEATURES[3], FEATURES[0] + ".2"))

    result = load(lake, source, "--on-duplicate", rule)

    assert result.code == 0, result.err
    filter_json = json.dumps({"annotation": {"feature_id": [FEATURES[0]]}})
    shown = apollo("--lake", lake, "extract", "expression", "study", "--filter-json", filter_json)
    assert [line.split(",")[2] for line in shown.out.splitlines()[1:]] == expected
    assert apollo("--lake", lake, "verify", "--deep").code == 0


def test_a_mean_of_counts_that_is_a_fraction_is_stored_as_one(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    rows = [["feature_id", "S1", "S2"], ["ENSG00000000001", "1", "2"],
            ["ENSG00000000001.2", "2", "4"], ["ENSG00000000002", "7", "7"]]  # fmt: skip
    source = write(tmp_path / "counts.csv", as_csv(rows))

    result = apollo("--lake", lake, "load", "expression", "study", "--assay", "rna", "--unit",
                    "count", "--source", source, "--on-duplicate", "mean")  # fmt: skip

    assert result.code == 0, result.err
    assert apollo("--lake", lake, "extract", "expression", "study").out.splitlines()[1:] == [
        "ENSG00000000001,S1,1.5", "ENSG00000000001,S2,3.0",
        "ENSG00000000002,S1,7.0", "ENSG00000000002,S2,7.0",
    ]  # fmt: skip
    assert apollo("--lake", lake, "verify", "--deep").code == 0


def test_a_large_matrix_is_cut_into_blocks_and_tasks_without_a_trace(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    values = random.integers(0, 1000, (500, 600))
    names = [f"s{number}" for number in range(600)]
    rows = [["feature_id", *names]]
    rows += [[f"ENSG{i:011d}", *map(str, row)] for i, row in enumerate(values.tolist())]
    source = write(tmp_path / "wide.csv", as_csv(rows))
    settings = write(tmp_path / "small.yaml", "runner: local\nblock_bytes: 65536\n")
    lake = tmp_path / "lake"

    result = apollo("--conf", settings, "--lake", lake, "load", "expression", "wide", "--assay",
                    "rna", "--unit", "count", "--source", source)  # fmt: skip

    assert result.code == 0, result.err
    out = tmp_path / "matrix.csv"
    apollo("--lake", lake, "extract", "expression", "wide", "--matrix", "-o", out)
    with out.open() as stream:
        back = list(csv.reader(stream))
    assert back[0][1:] == [row[0] for row in rows[1:]]
    found = {row[0]: [int(cell) for cell in row[1:]] for row in back[1:]}
    assert found == {name: values[:, i].tolist() for i, name in enumerate(names)}
    assert apollo("--lake", lake, "verify", "--deep").code == 0
