"""What a person is told where the extra with Spark is not installed."""

import runpy
import sys

import pytest

from apollo_spark.errors import EnvironmentProblemError


def test_without_spark_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "py4j.protocol", None)

    with pytest.raises(EnvironmentProblemError, match="Spark is not installed: there is no py4j"):
        runpy.run_module("apollo_spark.runtime.session")
