"""Who runs the tasks of a load: what each rule says, and which comes first."""

import sys
from types import SimpleNamespace

import pytest

from apollo_spark.errors import UsageError
from apollo_spark.operations.engines import LOCAL_BYTES, choose_runner, read_size
from apollo_spark.runtime.machine import CLUSTER_VARIABLES, MachineFact
from apollo_spark.runtime.settings import LakeSettings
from apollo_spark.verbs.verify import doctor
from apollo_spark.verbs.verify.doctor import examine


@pytest.fixture(autouse=True)
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what other tests, or whoever runs them, may have started."""
    for name in CLUSTER_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delitem(sys.modules, "pyspark", raising=False)


def test_small_files_are_loaded_by_threads_and_large_ones_by_spark() -> None:
    assert choose_runner(LakeSettings(), LOCAL_BYTES) == (
        "local", "files of up to 256 MB are loaded before Spark has started",
    )  # fmt: skip
    assert choose_runner(LakeSettings(), LOCAL_BYTES + 1) == (
        "spark", "the files have more than 256 MB",
    )  # fmt: skip


@pytest.mark.parametrize("name", CLUSTER_VARIABLES)
def test_where_spark_has_started_the_process_it_runs_the_tasks(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "1")

    assert choose_runner(LakeSettings(), 0) == (
        "spark", f"Spark has started this process ({name} is set)",
    )  # fmt: skip


def test_a_session_that_runs_or_is_handed_over_runs_the_tasks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert choose_runner(LakeSettings(), 0, has_session=True).runner == "spark"

    for session, runner in ((None, "local"), (object(), "spark")):
        builder = SimpleNamespace(getActiveSession=lambda session=session: session)
        monkeypatch.setitem(sys.modules, "pyspark", SimpleNamespace())
        monkeypatch.setitem(sys.modules, "pyspark.sql", SimpleNamespace(SparkSession=builder))
        assert choose_runner(LakeSettings(), 0).runner == runner


def test_what_the_configuration_says_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CLUSTER_VARIABLES[0], "1")

    local = choose_runner(LakeSettings(runner="local"), LOCAL_BYTES + 1, has_session=True)

    assert local == ("local", "the configuration says so")
    monkeypatch.undo()
    assert choose_runner(LakeSettings(runner="spark"), 0).runner == "spark"
    assert choose_runner(LakeSettings(writer="dataframe"), 0).runner == "spark"


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("17", 17),
        ("200MB", 200 << 20),
        ("1.5 gb", 3 << 29),
        ("2K", 2048),
        ("1T", 1 << 40),
    ],
)
def test_sizes_are_read_as_people_write_them(text: str, size: int) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["", "many", "-1", "1,000", "5 PB", "1.2.3MB"])
def test_what_is_not_a_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a size"):
        read_size(text)


def test_doctor_minds_a_missing_java_only_where_spark_would_run_the_load(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    java = MachineFact(name="Java", ok=False, found="none", fix="Install it.", is_for_spark=True)
    monkeypatch.setattr(doctor, "machine_facts", lambda: (java,))

    small = examine(None, LakeSettings())
    large = examine(None, LakeSettings(), 5 << 30)

    assert [(each.name, each.ok, each.found) for each in small] == [
        ("Java", True, "none (only Spark needs it)"),
        (
            "Runner of a load", True,
            "threads of one process: files of up to 256 MB are loaded before Spark has started",
        ),
    ]  # fmt: skip
    assert [(each.name, each.ok, each.found) for each in large] == [
        ("Java", False, "none"),
        ("Runner of a load of 5,368,709,120 bytes", True, "Spark: the files have more than 256 MB"),
    ]
