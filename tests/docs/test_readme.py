"""The tour of the README runs as a person types it, block by block, in the order of the page.

The folder is like a checkout after `scripts/demo`: `.venv` is there and not on the PATH.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENVIRONMENT = Path(sys.prefix)
SHOWN_BY_OTHERS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "APOLLO_CONF")


def blocks() -> list[tuple[str, str]]:
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    return [(kind, body) for kind, body in BLOCK.findall(text)]


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demonstration has run, as `scripts/demo` leaves it."""
    folder = tmp_path_factory.mktemp("tour")
    (folder / ".venv").symlink_to(ENVIRONMENT)
    run(".venv/bin/python -m apollo_spark.demo", folder)
    return folder


def run(script: str, folder: Path) -> str:
    # One shell a block; what a block exports, the next ones see, as a reader's terminal does.
    environment = {**without_environment(os.environ), "APOLLO_LAKE": "apollo_demo/lake"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def without_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Leave out what leads to the installed package; a person's shell has none of it."""
    ours = ENVIRONMENT.resolve()
    places = variables["PATH"].split(os.pathsep)
    kept = [each for each in places if not Path(each).resolve().is_relative_to(ours)]
    found = {name: value for name, value in variables.items() if name not in SHOWN_BY_OTHERS}
    return {**found, "PATH": os.pathsep.join(kept)}


def test_the_shell_of_the_tour_does_not_find_the_package(tour: Path) -> None:
    typed = (
        "! command -v apollo && ! python3 -c 'import apollo_spark' 2>/dev/null && echo not there"
    )

    assert "not there" in run(typed, tour)


SHOWN = (
    ("lung_study  1        dataset", "lung_study@1  published", "patient (main)  Patient     500"),
    ("patient.smoking_status  string  Smoking",),
    ("SELECT `patient`.`patient_id` AS `patient.patient_id`",),
    ("lung_study@2\n", "patient (main)  Patient     600", "all as published"),
    ("['smoking_status']", "mean       2.2"),
    ("lung_rna@1\n", "ENSG00000141510,LS00002,1034", "LS00002,,1034"),
    ("lung_study@3\nlung_all@1\nlung_women@1\n", "fields added: patient.risk_score"),
    ("smokers@1\n", "everybody", "others@1\n", "in both: 0", "the person is"),
    ("clinic@1\n", "500 people, 7 ", "clinic.html\n", "clinic@2\n", "600 people, 11 "),
    ("line 2, column sex", "lung_women@1\n"),
    ("exit code 12\n", "report.html"),
)
"""What the blocks of the tour print among other things, in their order."""


@pytest.mark.parametrize("number", range(len(blocks())))
def test_a_block_of_the_tour_shows_what_it_is_about(tour: Path, number: int) -> None:
    kind, body = blocks()[number]

    shown = run(body if kind == "bash" else f".venv/bin/python - <<'PYTHON'\n{body}PYTHON\n", tour)

    assert [each for each in SHOWN[number] if each not in shown] == [], shown


def test_the_tour_shows_what_it_promises(tour: Path) -> None:
    history = run(".venv/bin/apollo history lung_study", tour)

    assert "lung_study@1" in history
    assert "lung_study@2" in history
    assert (tour / "apollo_demo" / "report" / "report.html").is_file()
