"""The tour of the README runs, block by block, in the order of the page."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BINARIES = Path(sys.executable).parent


def blocks() -> list[tuple[str, str]]:
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    return [(kind, body) for kind, body in BLOCK.findall(text)]


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demonstration has run, as `scripts/demo` leaves it."""
    folder = tmp_path_factory.mktemp("tour")
    run("python -m apollo_spark.demo", folder)
    return folder


def run(script: str, folder: Path) -> str:
    # One shell a block; what a block exports, the next ones see, as a reader's terminal does.
    environment = {
        **os.environ,
        "PATH": f"{BINARIES}{os.pathsep}{os.environ['PATH']}",
        "APOLLO_LAKE": "apollo_demo/lake",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", re.sub(r"\S*\.venv/bin/", "", script)],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.parametrize("number", range(len(blocks())))
def test_a_block_of_the_tour_runs(tour: Path, number: int) -> None:
    kind, body = blocks()[number]

    shown = run(body if kind == "bash" else f"python - <<'PYTHON'\n{body}PYTHON\n", tour)

    assert shown


def test_the_tour_shows_what_it_promises(tour: Path) -> None:
    history = run(".venv/bin/apollo history lung_study", tour)

    assert "lung_study@1" in history
    assert "lung_study@2" in history
    assert (tour / "apollo_demo" / "report" / "report.html").is_file()
