"""The page about R, and its script, run where Rscript is and a package that reads parquet."""

import shutil
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.docs.test_pages import BLOCKS, STAGES, prepare
from tests.support.cases import inside
from tests.support.study import apollo

SCRIPT = Path(__file__).parents[2] / "scripts" / "read_in_r.R"
COMMANDS, CODE = ("r.md", 0), ("r.md", 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands of the page have written."""
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not here")
    found = tmp_path_factory.mktemp("r")
    prepare(STAGES[COMMANDS], found)
    with inside(found):
        for line in BLOCKS[COMMANDS][1].splitlines():
            assert apollo("--lake", "lake", *line.split()[1:]).code == 0
    return found


def r(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["Rscript", *map(str, words)], cwd=folder, capture_output=True, text=True, check=False
    )


def test_r_reads_what_was_extracted(folder: Path) -> None:
    done = r(folder, SCRIPT, "for_r")

    assert done.returncode == 0, done.stderr
    rows = pq.read_table(folder / "for_r" / "people.parquet")
    missing = sum(each.null_count for each in rows.columns)
    facts = f"{rows.num_rows} rows, {rows.num_columns} columns, {missing} missing"
    lines = done.stdout.splitlines()
    assert f"people.csv: {facts}" in lines
    if skipped := [each for each in lines if each.startswith("skipped")]:
        pytest.skip(skipped[0])
    assert f"people.parquet: {facts}" in lines
    assert any(each.startswith("sealed visit: ") for each in lines)


def test_r_notices_a_csv_file_that_differs(folder: Path) -> None:
    other = folder / "other"
    shutil.copytree(folder / "for_r", other, dirs_exist_ok=True)
    text = (other / "people.csv").read_text()
    (other / "people.csv").write_text(text.replace("61.5", "61.6"))

    done = r(folder, SCRIPT, "other")

    if "skipped" in done.stdout:
        pytest.skip("no package that reads parquet is here")
    assert done.returncode != 0
    assert "people.parquet and its csv file differ" in done.stderr


def test_the_code_of_the_page_runs(folder: Path) -> None:
    code = BLOCKS[CODE][1]
    for package in ("arrow", "nanoparquet"):
        if r(folder, "-e", f"stopifnot(requireNamespace('{package}'))").returncode == 0:
            done = r(folder, "-e", code.replace("arrow::", f"{package}::"))
            assert done.returncode == 0, done.stderr
            assert "Female" in done.stdout
            return
    pytest.skip("neither arrow nor nanoparquet is here")
