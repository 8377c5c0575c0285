"""Lakes that earlier versions wrote are read, verified and grown by this one."""

import json
from pathlib import Path

import pytest

from tests.support.example_lake import EXAMPLES, answers_of_example, kept_answers, open_example
from tests.support.study import apollo

VERSIONS = sorted(each.stem.removeprefix("lake_") for each in EXAMPLES.glob("lake_*.json"))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_kept_lake_reads_as_it_did(tmp_path: Path, version: str) -> None:
    assert answers_of_example(open_example(version, tmp_path)) == kept_answers(version)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_kept_lake_is_sound(tmp_path: Path, version: str) -> None:
    result = apollo("--lake", open_example(version, tmp_path), "verify", "--deep", "--json")

    assert result.code == 0, result.err
    assert json.loads(result.out)["problems"] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_a_kept_lake_grows(tmp_path: Path, version: str) -> None:
    lake = open_example(version, tmp_path)
    site = tmp_path / "site.csv"
    site.write_text("site_id,city\n3,Oslo\n")

    grown = apollo("--lake", lake, "extend", "study", "--mode", "rows", "--data", f"site={site}")

    assert grown.last_line == "study@4", grown.err
    assert answers_of_example(lake) == kept_answers(version)
