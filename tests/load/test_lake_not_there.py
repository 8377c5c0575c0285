"""What a lake that is not there is from Python and for dry runs, and what a load makes of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from apollo_spark.api.lake import ApolloLake, open_lake
from apollo_spark.cli.job import run_job
from apollo_spark.errors import NotFoundError
from apollo_spark.runtime.settings import LakeSettings
from tests.support.loading import FIRST, small_study
from tests.support.study import LOCAL_SETTINGS, Study, apollo
from tests.unit.lake.small_lake import tree

CALLS: list[Callable[[ApolloLake], object]] = [
    lambda lake: lake.list(),
    lambda lake: lake.verify(),
    lambda lake: lake.verify(deep=True),
    lambda lake: lake.gc(),
    lambda lake: lake.gc(apply=True),
    lambda lake: lake.compact(),
    lambda lake: lake.compact(apply=True),
    lambda lake: lake.dataset("study"),
    lambda lake: lake.history("study"),
    lambda lake: lake.retire("study@1"),
    lambda lake: lake.view("study", as_name="part"),
    lambda lake: lake.extend("study", data={"patient": "patient.csv"}),
]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return small_study(tmp_path / "files", FIRST)


@pytest.mark.parametrize("call", CALLS)
def test_python_says_that_it_is_not_there_and_makes_nothing(
    tmp_path: Path, call: Callable[[ApolloLake], object]
) -> None:
    lake = open_lake(str(tmp_path / "lake"), settings=LakeSettings(runner="local"))

    with pytest.raises(NotFoundError):
        call(lake)
    assert tree(tmp_path) == []


def test_python_makes_one_with_the_first_load(
    study: Study, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "apollo_spark")
    lake = open_lake(str(study.lake), settings=LakeSettings(runner="local"))
    files = {each: str(study.folder / f"{each}.csv") for each in ("patient", "visit")}

    lake.load_clinical(
        "study", data=files, dictionary=str(study.folder / "data_dictionary.csv"),
        codings=str(study.folder / "codings.csv"),
    )  # fmt: skip

    assert f"made a new lake in {study.lake}" in caplog.messages
    assert [str(each) for each in lake.list()] == ["study@1"]


@pytest.mark.parametrize("verb", ["verify", "gc", "compact"])
def test_a_job_says_that_it_is_not_there(
    tmp_path: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "job.yaml"
    config.write_text(f"lake: {tmp_path / 'lake'}\n")

    assert run_job(verb, ["--config", str(config)]) == 13
    assert "There is no lake in " in capsys.readouterr().err
    assert tree(tmp_path) == ["job.yaml"]


@pytest.mark.parametrize("is_good", [True, False])
def test_a_dry_run_of_a_load_makes_nothing(study: Study, is_good: bool) -> None:
    if not is_good:
        study.replace("patient.csv", "61.5", "heavy")
    before = tree(study.folder)

    done = study.load("--dry-run")

    assert done.code == (0 if is_good else 12), done.err
    assert "new lake" not in done.err
    assert tree(study.folder) == before


def test_a_dry_run_of_a_matrix_makes_nothing(tmp_path: Path) -> None:
    matrix = tmp_path / "m.csv"
    words = ["load", "expression", "rna", "--assay", "rna", "--unit", "count", "--dry-run"]
    for value, code in (("1", 0), ("1.5", 12)):
        matrix.write_text(f"feature_id,S1\nENSG00000000001,{value}\n")
        done = apollo(
            "--lake", tmp_path / "lake", "--conf", LOCAL_SETTINGS, *words, "--source", matrix
        )
        assert done.code == code, done.err
        assert tree(tmp_path) == ["m.csv"]


def test_a_load_that_is_refused_early_makes_no_lake(study: Study) -> None:
    study.replace("data_dictionary.csv", "weight,float", "weight,heavy")

    done = study.load()

    assert done.code == 11
    assert "new lake" not in done.err
    assert study.ask("list").code == 13


def test_a_lake_without_its_registry_takes_no_load(study: Study) -> None:
    study.load()
    (study.lake / "registry").rename(study.folder / "aside")

    refused = study.load()

    assert refused.code == 16
    assert "has no registry any more" in refused.err
    assert study.ask("list").code == 13
    (study.folder / "aside").rename(study.lake / "registry")
    assert study.load().last_line == "study@1"
