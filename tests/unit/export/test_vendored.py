"""What is vendored is as its list says: its hashes, licences and notices, and nothing else."""

import json
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import pytest

from apollo_spark.errors import EnvironmentProblemError
from apollo_spark.export import vendored

FOLDER = Path(str(files("apollo_spark.export"))) / "vendor"
LISTED = json.loads((FOLDER / "vendor.json").read_text())
LOCK = Path(__file__).parents[3] / "scripts" / "vendored" / "package-lock.json"


def test_every_file_is_listed_with_its_hash_its_licence_and_its_notices() -> None:
    names = {each["file"] for each in LISTED["files"]}
    assert {each.name for each in FOLDER.iterdir()} == {*names, "vendor.json", "THIRD_PARTY.txt"}
    for each in LISTED["files"]:
        assert sha256((FOLDER / each["file"]).read_bytes()).hexdigest() == each["sha256"]
        assert each["licence"] == "BSD-3-Clause"
        assert f"{each['package']} {each['version']} (BSD-3-Clause)" in vendored.notices()
    assert [each.package for each in vendored.chart_scripts()] == [
        "vega",
        "vega-lite",
        "vega-embed",
    ]


def test_the_files_are_those_of_the_lock() -> None:
    packages = json.loads(LOCK.read_text())["packages"]
    for each in LISTED["files"]:
        locked = packages[f"node_modules/{each['package']}"]
        assert locked["version"] == each["version"]
        assert locked["integrity"].startswith("sha512-")


def test_a_file_that_was_changed_is_not_put_into_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    vendored.notices.cache_clear()
    read = vendored._read
    monkeypatch.setattr(vendored, "_read", lambda n: read(n) + (" " if n.endswith(".txt") else ""))

    with pytest.raises(EnvironmentProblemError, match=r"THIRD_PARTY\.txt of the package is not as"):
        vendored.notices()
