"""Everything wrong with an expression source is reported in one run, each under its own rule."""

import json
from pathlib import Path

import pytest

from tests.support.loading import versions
from tests.support.sources import (
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
)  # fmt: skip
from tests.support.study import CommandResult, apollo

SAMPLE_DICTIONARY = """entity,name,type,title,primary_key_type
sample,sample_id,string,Sample,global
sample,age,integer,Age,
"""
SALMON = f"Name\tLength\tEffectiveLength\tTPM\tNumReads\n{A}\t1\t1\t1\tx\n{A}\t1\t1\t1\t2\n"

EVERYTHING: dict[str, tuple[Files, dict[str, int]]] = {
    "matrix": (
        {
            "a.csv": f"feature_id,S1,S2,S2\n{A},1,2,2\n{A},x,-2,0.5\n{T},inf,1,1\n{B},3,4\n",
            "b.csv": f"feature_id,S1,S3\n{A},y,2\n{C},3,4\n",
            "c.csv": "",
            "d.csv.gz": cut(DOWN),
            "e.csv": LONG,
            "f.csv": f"feature_id,S7,\n{A},1,-1\n",
            "absent.csv": "",
        },
        {
            "sample_repeated": 1, "feature_repeated": 1, "feature_kind": 1, "features_differ": 5,
            "header_repeated_column": 2,
            "expression_number": 2, "expression_negative": 2, "expression_fraction": 1,
            "expression_finite": 1, "row_length": 1, "file_empty": 1, "file_truncated": 1,
            "source_format": 1, "matrix_header": 1, "file_missing": 1,
        },
    ),
    "turned": (
        {
            "a.csv": f"sample_id,{A},{A},{B}\nS1,x,1,-1\nS1,0.5,1,inf\nS2,1,2\n,1,1,1\n",
            "b.csv": f"sample_id,{A},{B},{C},{T}\nS3,1,2,3,y\nS1,1,2,3,4\n",
        },
        {
            "sample_repeated": 2, "feature_repeated": 1, "feature_kind": 1, "features_differ": 2,
            "expression_number": 2, "expression_negative": 1, "expression_fraction": 1,
            "expression_finite": 1, "row_length": 1, "key_missing": 1,
        },
    ),
    "long": (
        {
            "a.csv": LONG + f"{A},S1,7\n{A},S3,x\n{A},S4,-1\n{A},S5,0.5\n{B},S3,inf\n{T},S1,1\n"
                            f"{A},S1\n,S1,1\n{C},,1\n",
            "b.csv": LONG.replace(",3", ",z"),
            "c.csv.gz": cut(LONG),
        },
        {
            "pair_repeated": 4, "expression_number": 2, "expression_negative": 1,
            "expression_fraction": 1, "expression_finite": 1, "feature_kind": 2, "row_length": 1,
            "key_missing": 1, "file_truncated": 1,
        },
    ),
    "manifest": (
        {
            "manifest.csv": MANIFEST + "S1,three.csv\nS4,four.csv\nS5,five.csv\nS6,six.csv.gz\n",
            "one.csv": ONE + f"{A},x\n",
            "two.csv": f"id,value\n{A},-2\n{B},0.5\n{T},1\n",
            "three.csv": f"id,value\n{A},inf\n{B},1,2\n",
            "five.csv": "",
            "six.csv.gz": cut(TWO),
            "given.csv": TWO,
        },
        {
            "manifest_file": 2, "sample_repeated": 1, "file_empty": 1, "file_truncated": 1,
            "feature_repeated": 1, "feature_kind": 1, "features_differ": 1,
            "expression_number": 1, "expression_negative": 1, "expression_fraction": 1,
            "expression_finite": 1, "row_length": 1,
        },
    ),
    "quantifier": (
        {
            "S1ReadsPerGene.out.tab": STAR + f"{A}\t1\t1\t1\n{T}\tx\t1\t1\n",
            "2/S1ReadsPerGene.out.tab": STAR.replace("3\t3\t0", "-3\t3\t0"),
            "S3/quant.sf": SALMON,
        },
        {
            "feature_repeated": 1, "feature_kind": 1, "expression_number": 1, "features_differ": 1,
            "expression_negative": 1, "sample_repeated": 2, "source_format": 1,
        },
    ),
}  # fmt: skip


def found_in(report: Path) -> dict[str, int]:
    """Return how often each rule was broken."""
    counts: dict[str, int] = {}
    for each in json.loads((report / "report.json").read_text())["findings"]:
        counts[each["rule"]] = counts.get(each["rule"], 0) + each["count"]
    return counts


def is_published(folder: Path) -> bool:
    return versions(folder / "lake") != []


@pytest.mark.parametrize("name", EVERYTHING)
def test_everything_wrong_is_reported_in_one_run(tmp_path: Path, name: str) -> None:
    files, expected = EVERYTHING[name]

    refused = give(tmp_path, files)

    assert found_in(tmp_path / "report") == expected, refused.err
    assert refused.code == 10
    assert "Traceback" not in refused.err
    assert not is_published(tmp_path)


def test_rows_of_the_sample_table_are_checked_in_the_same_run(tmp_path: Path) -> None:
    refused = give_with_samples(tmp_path, {"a.csv": f"feature_id,S1,S2\n{A},1,x\n{A},1,2\n"})

    assert found_in(tmp_path / "report") == {
        "feature_repeated": 1, "expression_number": 1, "cell_integer": 1, "sample_unknown": 1,
        "sample_without_row": 1, "dictionary_optional_columns": 1,
    }  # fmt: skip
    assert refused.code == 12
    assert not is_published(tmp_path)


def test_samples_of_a_file_that_cannot_be_read_are_not_unknown(tmp_path: Path) -> None:
    refused = give_with_samples(tmp_path, {"a.csv": DOWN, "b.csv.gz": cut(MORE)})

    assert found_in(tmp_path / "report") == {
        "file_truncated": 1, "cell_integer": 1, "dictionary_optional_columns": 1,
    }  # fmt: skip
    assert refused.code == 10


def give_with_samples(folder: Path, files: Files) -> CommandResult:
    """Load files with a sample table in which an age is a text, and S3 may be no sample."""
    (folder / "dictionary.csv").write_text(SAMPLE_DICTIONARY)
    (folder / "samples.csv").write_text("sample_id,age\nS1,old\nS3,40\n")
    return give(
        folder, files, "--dictionary", folder / "dictionary.csv",
        "--data", f"sample={folder / 'samples.csv'}",
    )  # fmt: skip


def test_cells_are_checked_where_an_option_or_the_id_map_is_wrong(tmp_path: Path) -> None:
    id_map = tmp_path / "map.csv"
    id_map.write_text(f"from,to\n{A},\n")

    refused = give(tmp_path, {"a.csv": DOWN.replace("4", "x").replace(B, A)}, "--id-map", id_map,
                   "--strand", "reverse")  # fmt: skip

    assert found_in(tmp_path / "report") == {"source_format": 2, "expression_number": 1}
    assert refused.code == 10


ADDED = {
    "matrix": (
        f"feature_id,S2,S3,S3\n{A},x,1,1\n{C},-1,2,2\n{C},2,2,0.5\n",
        {"features_differ": 2, "feature_repeated": 1, "header_repeated_column": 2},
    ),
    "long": (
        f"feature_id,sample_id,value\n{A},S3,x\n{C},S3,-2\n{B},S2,0.5\n{A},S2,1\n{A},S2,1\n",
        {"features_differ": 1, "pair_repeated": 1},
    ),
}


@pytest.mark.parametrize("name", ADDED)
def test_all_that_keeps_samples_from_being_added_is_reported_in_one_run(
    tmp_path: Path, name: str
) -> None:
    assert load(tmp_path, {"down.csv": DOWN}, 1).code == 0
    text, expected = ADDED[name]
    source = tmp_path / "new.csv"
    source.write_text(text)

    refused = apollo("--lake", tmp_path / "lake", "extend", "study", "--assay", "rna", "--source",
                     source, "--report", tmp_path / "report")  # fmt: skip

    assert found_in(tmp_path / "report") == {
        "sample_present": 1, "expression_number": 1, "expression_negative": 1,
        "expression_fraction": 1, **expected,
    }, refused.err  # fmt: skip
    assert refused.code == (10 if name == "matrix" else 12)
    assert apollo("--lake", tmp_path / "lake", "history", "study").out.count("study@") == 1


def give(folder: Path, files: Files, *options: object) -> CommandResult:
    """Load files, of which one is not there if it is named so; a manifest with one beside it."""
    is_manifest = "manifest.csv" in files
    if is_manifest:
        options = (*options, "--source", folder / "given.csv")
    if "absent.csv" in files:
        files = {name: text for name, text in files.items() if name != "absent.csv"}
        options = (*options, "--source", folder / "absent.csv")
    return load(folder, files, 1 if is_manifest else len(files), *options)
