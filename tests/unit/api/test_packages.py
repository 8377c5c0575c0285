"""Forms of answers whose package is not installed: one line with the extra, before any reading."""

from pathlib import Path
from typing import Any

import pytest

import apollo_spark as ap
from apollo_spark.errors import EnvironmentProblemError, UsageError
from apollo_spark.export.packages import EXTRAS
from tests.support.study import apollo

CHECKOUT = Path(__file__).parents[3]
DICTIONARY = "entity,name,type,primary_key_type\np,pid,string,global\np,x,integer,\n"
COUNTS = "feature_id,S1,S2\nENSG00000000001,1,2\n"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("packages")
    (folder / "d.csv").write_text(DICTIONARY)
    (folder / "p.csv").write_text("pid,x\na,1\n")
    (folder / "m.csv").write_text(COUNTS)
    at = str(folder / "lake")
    for words in (
        ("clinical", "study", "--dictionary", folder / "d.csv", "--data", f"p={folder / 'p.csv'}"),
        ("expression", "rna", "--assay", "a", "--unit", "count", "--source", folder / "m.csv"),
    ):
        assert apollo("--lake", at, "load", *map(str, words)).code == 0
    return at


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let packages be not installed."""

    def hide(name: str) -> None:
        monkeypatch.setitem(__import__("sys").modules, name, None)

    return hide


ASKED = {
    "fields": lambda lake, to: lake.dataset("study").retrieve_fields(["p.x"], to=to),
    "an entity": lambda lake, to: lake.dataset("study")["p"].retrieve_fields(to=to),
    "a matrix": lambda lake, to: lake.dataset("rna").assay("a").matrix(to=to),
    "pairs": lambda lake, to: lake.dataset("rna").assay("a").expression(to=to),
    "features": lambda lake, to: lake.dataset("rna").assay("a").features(to=to),
    "several assays": lambda lake, to: lake.dataset("rna").read_assays(["a"], to=to),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("package", ["pandas", "anndata", "pyspark"])
def test_a_missing_package_is_one_line_with_its_extra(
    lake: str, without: Any, package: str, asked: str
) -> None:
    form = {"pyspark": "spark"}.get(package, package)
    without(package)

    with pytest.raises((EnvironmentProblemError, UsageError)) as refused:
        ASKED[asked](ap.open_lake(lake), form)

    if isinstance(refused.value, UsageError):
        assert f"not '{form}'" in str(refused.value), "the form does not exist there"
        return
    said = str(refused.value)
    assert package in said
    assert f"pip install 'apollo_spark[{EXTRAS[package]}]'" in said


@pytest.mark.parametrize("asked", ASKED)
def test_an_unknown_form_is_refused_and_not_answered_by_another(lake: str, asked: str) -> None:
    with pytest.raises(UsageError, match=r"to is one of .*, not 'polars'"):
        ASKED[asked](ap.open_lake(lake), "polars")


def test_a_file_of_anndata_needs_its_package(lake: str, without: Any, tmp_path: Path) -> None:
    without("anndata")
    words = ("extract", "expression", "rna", "--matrix", "-o", str(tmp_path / "m.h5ad"))

    result = apollo("--lake", lake, *words)

    assert result.code == 17
    assert "pip install 'apollo_spark[anndata]'" in result.err
    assert "Traceback" not in result.err


def test_every_extra_named_is_one_of_the_project() -> None:
    project = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    for extra in EXTRAS.values():
        assert f"\n{extra} = [" in project
