"""The example files of conf/ say only what the code knows."""

from pathlib import Path

import pytest
import yaml

from apollo_spark.cli.job import VERBS, known_keys

CONF = Path(__file__).parents[2] / "conf"


@pytest.mark.parametrize("verb", VERBS)
def test_the_example_of_a_job_has_only_known_keys(verb: str) -> None:
    values = yaml.safe_load((CONF / f"{verb.replace(' ', '_')}.yaml").read_text())

    assert set(values) <= known_keys(verb)


@pytest.mark.parametrize("path", sorted(CONF.glob("*.y*ml")), ids=lambda path: path.name)
def test_an_example_is_yaml(path: Path) -> None:
    assert yaml.safe_load(path.read_text())
