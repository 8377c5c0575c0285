"""The example files of conf/ say only what the code knows."""

from pathlib import Path

import pytest
import yaml

from apollo_spark.cli.job import COMMON, OPTIONS

CONF = Path(__file__).parents[2] / "conf"


def test_the_example_of_a_job_has_only_known_keys() -> None:
    values = yaml.safe_load((CONF / "load_clinical.yaml").read_text())

    assert set(values) <= {*OPTIONS["load clinical"], *COMMON, "name", "data", "missing"}


@pytest.mark.parametrize("path", sorted(CONF.glob("*.y*ml")), ids=lambda path: path.name)
def test_an_example_is_yaml(path: Path) -> None:
    assert yaml.safe_load(path.read_text())
