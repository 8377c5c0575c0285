"""Every kind of bad input is refused under its own rule, and nothing is published."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.loading import versions
from tests.support.sources import (
    ACROSS,
    DOWN,
    LONG,
    MANIFEST,
    MORE,
    ONE,
    STAR,
    TWO,
    A,
    B,
    C,
    Files,
    T,
    cut,
    load,
    manifest,
)  # fmt: skip
from tests.support.study import apollo


@dataclass(frozen=True)
class Defect:
    """Files of a load that must be refused; the first ones are its sources."""

    rule: str
    files: Files
    sources: int = 1
    code: int = 12
    options: tuple[str, ...] = ()
    count: int | None = None


def down(old: str, new: str) -> Files:
    assert old in DOWN
    return {"down.csv": DOWN.replace(old, new)}


def across(old: str, new: str) -> Files:
    assert old in ACROSS
    return {"across.csv": ACROSS.replace(old, new)}


def long(old: str, new: str) -> Files:
    assert old in LONG
    return {"long.csv": LONG.replace(old, new)}


DEFECTS = {
    "feature twice, matrix": Defect("feature_repeated", down(B, A), count=1),
    "feature twice, turned": Defect("feature_repeated", across(B, A), count=1),
    "feature twice, one of two files": Defect(
        "feature_repeated", manifest(two=TWO + f"{A},9\n"), count=1
    ),
    "feature twice under two versions": Defect(
        "feature_repeated", {"down.csv": DOWN.replace(A, f"{A}.1").replace(B, f"{A}.2")}
    ),
    "pair twice, long": Defect("pair_repeated", long(f"{B},S2,4", f"{A},S2,4"), count=1),
    "sample twice, matrix": Defect(
        "header_repeated_column", down("S1,S2", "S1,S1"), code=10, count=2
    ),
    "sample twice, turned": Defect("sample_repeated", across("S2,", "S1,"), count=1),
    "sample twice, manifest": Defect(
        "sample_repeated", manifest(manifest=MANIFEST.replace("S2,", "S1,"))
    ),
    "sample in two matrices": Defect(
        "sample_repeated", {"a.csv": DOWN, "b.csv": MORE.replace("S3", "S1")}, sources=2, count=1
    ),
    "sample in two turned matrices": Defect(
        "sample_repeated",
        {"a.csv": ACROSS, "b.csv": ACROSS.replace("S2,2,4", "S3,2,4")},
        sources=2,
    ),
    "sample in two folders": Defect(
        "sample_repeated",
        {"a/S1ReadsPerGene.out.tab": STAR, "b/S1ReadsPerGene.out.tab": STAR},
        sources=2,
    ),
    "sample without id": Defect("key_missing", across("S2,", ",")),
    "sample without id, long": Defect("key_missing", long(f"{B},S2,4", f"{B},,4")),
    "mixed kinds, matrix": Defect("feature_kind", down(B, T), count=1),
    "mixed kinds, turned": Defect("feature_kind", across(B, T), count=1),
    "mixed kinds, long": Defect("feature_kind", long(f"{B},S2", f"{T},S2")),
    "mixed kinds, two files": Defect(
        "feature_kind",
        {"a.csv": DOWN, "b.csv": MORE.replace("ENSG", "ENST")},
        sources=2,
        options=("--features", "union"),
        count=2,
    ),
    "no Ensembl id": Defect("feature_kind", manifest(one=ONE + "BRCA1,1\n", two=TWO + "BRCA1,1\n")),
    "feature without id": Defect("feature_kind", {"down.csv": f"{DOWN},5,6\n{C},7,8\n"}),
    "header without the samples": Defect(
        "matrix_header", down("feature_id,S1,S2", f"{A},1,2"), code=10
    ),
    "header too long": Defect("matrix_header", down("S1,S2", "S1,S2,S3"), code=10),
    "column without name": Defect("matrix_header", down("S1,S2", "S1,"), code=10),
    "ragged row, matrix": Defect("row_length", down("3,4", "3,4,5"), code=10, count=1),
    "ragged row, turned": Defect("row_length", across("2,4", "2"), code=10, count=1),
    "ragged row, long": Defect("row_length", long("S2,4", "S2,4,5"), code=10, count=1),
    "ragged row, one of two files": Defect(
        "row_length", manifest(two=TWO.replace(",4", ",4,5") + f"{C},1\n", one=ONE + f"{C},1\n"),
        code=10,
    ),
    "text, matrix": Defect("expression_number", down("3,4", "3,four"), count=1),
    "text, turned": Defect("expression_number", across("2,4", "2,four"), count=1),
    "text, long": Defect("expression_number", long("S2,4", "S2,four"), count=1),
    "text, one of two files": Defect(
        "expression_number", manifest(two=TWO.replace("4", "four")), count=1
    ),
    "NA that nobody declared": Defect("expression_number", down("3,4", "3,NA"), count=1),
    "negative, matrix": Defect("expression_negative", down("3,4", "3,-4"), count=1),
    "negative, long": Defect("expression_negative", long("S2,4", "S2,-4"), count=1),
    "fraction, matrix": Defect("expression_fraction", down("3,4", "3,4.5"), count=1),
    "fraction, turned": Defect("expression_fraction", across("2,4", "2,4.5"), count=1),
    "fraction, one of two files": Defect(
        "expression_fraction", manifest(two=TWO.replace("4", "4.5")), count=1
    ),
    "NaN": Defect("expression_finite", down("3,4", "3,NaN"), count=1),
    "infinite": Defect("expression_finite", long("S2,4", "S2,-Inf"), count=1),
    "manifest row without file": Defect(
        "manifest_file", {"manifest.csv": MANIFEST, "one.csv": ONE}, code=10, count=1
    ),
    "manifest row that names no file": Defect(
        "manifest_file", manifest(manifest=MANIFEST.replace("two.csv", "")), code=10
    ),
    "file without manifest row": Defect(
        "manifest_file", {**manifest(), "other.csv": ONE}, sources=4, code=10, count=1
    ),
    "other features, two matrices": Defect(
        "features_differ", {"a.csv": DOWN, "b.csv": MORE.replace(B, C)}, sources=2, count=2
    ),
    "other features, two turned matrices": Defect(
        "features_differ",
        {"a.csv": ACROSS, "b.csv": f"sample_id,{A}\nS3,1\nS4,2\n"},
        sources=2,
        count=1,
    ),
    "a feature less, one of two files": Defect(
        "features_differ", manifest(two=TWO.replace(f"{B},4\n", "")), count=1
    ),
    "a feature more, one of two files": Defect(
        "features_differ", manifest(two=TWO + f"{C},5\n"), count=1
    ),
    "cut off, matrix": Defect("file_truncated", {"down.csv.gz": cut(DOWN)}, code=10),
    "cut off, long": Defect("file_truncated", {"long.csv.gz": cut(LONG)}, code=10),
    "cut off, one of two files": Defect(
        "file_truncated",
        {"manifest.csv": MANIFEST.replace("two.csv", "two.csv.gz"), "one.csv": ONE,
         "two.csv.gz": cut(TWO)},
        code=10,
    ),
    "empty": Defect("file_empty", {"down.csv": ""}, code=10),
    "header alone": Defect("file_empty", {"down.csv": "feature_id,S1,S2\n"}, code=10),
    "empty manifest": Defect("file_empty", {"manifest.csv": "sample_id,file\n"}, code=10),
    "one empty file": Defect("file_empty", manifest(two=""), code=10),
    "said to be another format": Defect(
        "source_format", {"down.csv": DOWN}, code=10, options=("--format", "salmon")
    ),
    "a unit that is not there": Defect(
        "source_format",
        {"S1/quant.sf": f"Name\tLength\tEffectiveLength\tTPM\tNumReads\n{A}\t1\t1\t1\t1\n"},
        code=10,
    ),
    "a strand of a matrix": Defect(
        "source_format", {"down.csv": DOWN}, code=10, options=("--strand", "forward")
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_has_its_rule_and_publishes_nothing(tmp_path: Path, name: str) -> None:
    defect = DEFECTS[name]

    refused = load(tmp_path, defect.files, defect.sources, *defect.options)

    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert {each["rule"] for each in report["findings"]} == {defect.rule}, refused.err
    assert refused.code == defect.code
    assert defect.rule in refused.err
    assert "Traceback" not in refused.err
    if defect.count is not None:
        assert sum(each["count"] for each in report["findings"]) == defect.count
    assert versions(tmp_path / "lake") == []


SOUND = {
    "matrix": ({"down.csv": DOWN}, 1),
    "turned": ({"across.csv": ACROSS}, 1),
    "long": ({"long.csv": LONG}, 1),
    "manifest": (manifest(), 1),
    "manifest and its files": (manifest(), 3),
    "two matrices": ({"a.csv": DOWN, "b.csv": MORE}, 2),
    "versions that differ between files": (
        {**manifest(two=TWO.replace(A, f"{A}.2").replace(B, f"{B}.3"))}, 1,
    ),
    "summary rows in one file": (manifest(two=TWO + "__no_feature,7\n"), 1),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_the_same_sources_without_a_defect_are_loaded(tmp_path: Path, name: str) -> None:
    loaded = load(tmp_path, *SOUND[name])

    assert loaded.code == 0, loaded.err
    shown = apollo("--lake", tmp_path / "lake", "extract", "expression", "study").out
    assert shown.startswith(
        f"feature_id,sample_id,expression\n{A},S1,1\n{A},S2,2\n{A},S3,1\n"
        if "two matrices" in name
        else f"feature_id,sample_id,expression\n{A},S1,1\n{A},S2,2\n{B},S1,3\n{B},S2,4\n"
    )


def test_several_files_that_cannot_be_read_are_all_named(tmp_path: Path) -> None:
    files = {"a.csv.gz": cut(DOWN), "b.csv.gz": cut(MORE), "c.csv": DOWN}

    refused = load(tmp_path, files, 3)

    report = json.loads((tmp_path / "report" / "report.json").read_text())
    found = [(each["rule"], Path(each["file"]).name) for each in report["findings"]]
    assert found == [("file_truncated", "a.csv.gz"), ("file_truncated", "b.csv.gz")]
    assert refused.code == 10


def test_ids_of_samples_are_in_the_report_only(tmp_path: Path) -> None:
    files = {"across.csv": ACROSS.replace("S1,", "Miller,").replace("S2,", "Miller,")}

    refused = load(tmp_path, files, 1)

    assert "Miller" not in refused.err
    assert "Miller" in (tmp_path / "report" / "report.json").read_text()


def test_features_of_one_file_only_are_missing_in_the_others_under_union(tmp_path: Path) -> None:
    files = manifest(two=TWO.replace(f"{B},4\n", f"{C},5\n"))

    loaded = load(tmp_path, files, 1, "--features", "union")

    assert loaded.code == 0, loaded.err
    shown = apollo("--lake", tmp_path / "lake", "extract", "expression", "study").out
    assert shown.splitlines()[1:] == [f"{A},S1,1", f"{A},S2,2", f"{B},S1,3", f"{C},S2,5"]


@pytest.mark.parametrize(("strand", "values"), [("forward", ["0", "3"]), ("reverse", ["1", "0"])])
def test_counts_of_a_strand_are_taken(tmp_path: Path, strand: str, values: list[str]) -> None:
    loaded = load(tmp_path, {"S1ReadsPerGene.out.tab": STAR}, 1, "--strand", strand)

    assert loaded.code == 0, loaded.err
    shown = apollo("--lake", tmp_path / "lake", "extract", "expression", "study").out
    assert [line.split(",")[2] for line in shown.splitlines()[1:]] == values
