"""Samples that are not added to an assay: what refuses them, and what it says."""

import json
from pathlib import Path

import pytest

from apollo_spark.errors import CheckFailedError, ConflictError, NotFoundError
from apollo_spark.lake.lake import open_lake
from tests.support.growing import (
    GENES,
    NEW,
    OTHER_FEATURES,
    extend,
    write_matrix,
)
from tests.support.study import apollo


def test_a_sample_that_is_there_is_refused_and_named_in_the_report_only(
    lake: Path, tmp_path: Path
) -> None:
    source = write_matrix(tmp_path / "new.csv", {"S7": NEW["N1"], **NEW})

    result = apollo("--lake", lake, "extend", "study", "--assay", "rna", "--source", source,
                    "--report", tmp_path / "report")  # fmt: skip

    assert result.code == 12
    assert "sample_present" in result.err
    assert "S7" not in result.err
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    (finding,) = report["findings"]
    assert (finding["rule"], finding["count"]) == ("sample_present", 1)
    assert [each["value"] for each in finding["places"]] == ["S7"]
    assert [str(each) for each in open_lake(str(lake)).history("study")] == ["study@1"]


def test_no_policy_lets_a_sample_in_twice(lake: Path, tmp_path: Path) -> None:
    source = write_matrix(tmp_path / "new.csv", {"S7": NEW["N1"]})
    policy = tmp_path / "policy.yaml"
    policy.write_text("rules: {sample_present: warn}\n")

    result = apollo("--lake", lake, "extend", "study", "--assay", "rna", "--source", source,
                    "--policy", policy)  # fmt: skip

    assert result.code == 12


def test_other_features_are_refused(lake: Path, tmp_path: Path) -> None:
    source = write_matrix(tmp_path / "new.csv", OTHER_FEATURES)

    with pytest.raises(CheckFailedError, match="1 features are not in the assay, and 1 of it"):
        extend(lake, source)


def test_ids_of_another_kind_are_refused(lake: Path, tmp_path: Path) -> None:
    new = {"N1": {f"ENST{each:011d}": 1.0 for each in range(40)}}

    with pytest.raises(CheckFailedError, match="ids are ENST, and those of the assay are ENSG"):
        extend(lake, write_matrix(tmp_path / "new.csv", new))


def test_a_wrong_value_refuses_and_nothing_is_published(lake: Path, tmp_path: Path) -> None:
    source = write_matrix(tmp_path / "new.csv", NEW)
    source.write_text(source.read_text().replace("0.0", "many", 1))

    result = apollo("--lake", lake, "extend", "study", "--assay", "rna", "--source", source)

    assert result.code == 12
    assert "expression_number" in result.err
    assert [str(each) for each in open_lake(str(lake)).history("study")] == ["study@1"]


def test_a_dry_run_checks_and_writes_nothing(lake: Path, tmp_path: Path) -> None:
    source = write_matrix(tmp_path / "new.csv", {"N1": dict.fromkeys(GENES, 0.123456)})
    before = sorted(lake.rglob("*"))

    result = apollo("--lake", lake, "extend", "study", "--assay", "rna", "--source", source,
                    "--dry-run", "--json")  # fmt: skip

    assert result.code == 0, result.err
    assert result.json["published"] == []
    assert result.json["receipt"]["layers_rewritten"] == ["tpm"]
    assert sorted(lake.rglob("*")) == before


def test_a_dry_run_refuses_what_the_run_refuses(lake: Path, tmp_path: Path) -> None:
    source = write_matrix(tmp_path / "new.csv", {"S1": dict.fromkeys(GENES, 1.0)})

    result = apollo("--lake", lake, "extend", "study", "--assay", "rna", "--source", source,
                    "--dry-run")  # fmt: skip

    assert (result.code, "sample_present" in result.err) == (12, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["study", "--assay", "rna"], 2),
        (["study"], 2),
        (["study", "--assay", "protein", "--source", "new.csv"], 13),
        (["other", "--assay", "rna", "--source", "new.csv"], 13),
        (["study", "--assay", "rna", "--source", "absent.csv"], 10),
    ],
)
def test_what_is_asked_for_wrongly_is_told(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int
) -> None:
    write_matrix(tmp_path / "new.csv", NEW)
    monkeypatch.chdir(tmp_path)

    result = apollo("--lake", lake, "extend", *words)

    assert result.code == code
    assert "Traceback" not in result.err


def test_a_view_of_an_assay_is_not_extended(lake: Path, tmp_path: Path) -> None:
    assert apollo("--lake", lake, "view", "study", "--as", "shown").code == 0

    with pytest.raises(ConflictError, match="that of another dataset"):
        extend(lake, write_matrix(tmp_path / "new.csv", NEW), name="shown")


def test_a_dataset_that_is_not_there_is_not_extended(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        extend(tmp_path / "lake", write_matrix(tmp_path / "new.csv", NEW))
