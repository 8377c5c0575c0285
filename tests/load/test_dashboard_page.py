"""The page of a dashboard in a browser: every chart is drawn, offline, in light and in dark."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.charted import charted

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
FIELDS = {
    "bar": "[patient.sex]", "list": "[patient.codes]", "stacked": "[patient.sex, site.city]",
    "histogram": "[patient.born]", "box": "[patient.age]",
    "grouped-box": "[patient.sex, patient.weight]", "scatter": "[patient.age, patient.weight]",
    "survival": "[patient.months, patient.status, patient.sex]",
    "table": "[patient.patient_id]",
}  # fmt: skip
NETWORK_IS_OFF = "--host-resolver-rules=MAP * ~NOTFOUND"

pytestmark = pytest.mark.skipif(BROWSER is None, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    study = charted(patients=60).load(tmp_path_factory.mktemp("charted"))
    tiles = "".join(f"- {{chart: {chart}, fields: {each}}}\n" for chart, each in FIELDS.items())
    file = study.write("tiles.yaml", f"tiles:\n{tiles}")
    assert study.ask("cohort", "create", "f", "--from", "study", "--filter",
                     'patient.sex = "F"').code == 0  # fmt: skip
    made = study.ask("dashboard", "create", "board", "--from", "study", "--file", file)
    assert made.code == 0, made.err
    found = []
    for name, more in (("one.html", ()), ("two.html", ("--compare", "f"))):
        page = study.folder / name
        assert study.ask("dashboard", "export", "board", "-o", page, *more).code == 0
        found.append(page)
    return found


@pytest.mark.parametrize(("page", "light"), [(0, 0), (1, 1)])
def test_every_chart_is_drawn_without_a_network(pages: list[Path], page: int, light: int) -> None:
    drawn = subprocess.run(
        [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", NETWORK_IS_OFF,
         f"--blink-settings=preferredColorScheme={light}", "--virtual-time-budget=10000",
         "--dump-dom", pages[page].as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    ).stdout  # fmt: skip

    # A table has no chart.
    assert drawn.count('data-drawn="yes"') == len(FIELDS) - 1
