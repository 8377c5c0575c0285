"""The command as people start it: what it loads, what it prints, how it ends."""

import subprocess
from pathlib import Path

import pytest

from tests.jobs.processes import APOLLO, CHECKOUT, Finished, environment, finish
from tests.support.study import Study

HEAVY = {"pyspark", "pydantic", "duckdb", "deltalake", "sqlglot", "pyarrow", "numpy", "pandas"}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path)


@pytest.fixture
def without_java(tmp_path: Path) -> dict[str, str]:
    """A machine on which no Java can be found: the commands start no process of any kind."""
    empty = tmp_path / "no programs"
    empty.mkdir()
    return environment(PATH=str(empty), JAVA_HOME=str(empty / "no java"), PYTHONPATH=str(CHECKOUT))


def apollo(study: Study, variables: dict[str, str], *words: object) -> Finished:
    return finish((*APOLLO, *words), folder=study.folder, variables=variables)


def test_help_loads_none_of_the_heavy_packages(tmp_path: Path) -> None:
    code = (
        "import sys; from apollo_spark.cli.main import run; code = run(['--help']); "
        "print(*{each.partition('.')[0] for each in sys.modules}, file=sys.stderr); sys.exit(code)"
    )

    done = finish(
        (APOLLO[0], "-c", code), folder=tmp_path, variables=environment(PYTHONPATH=str(CHECKOUT))
    )

    assert done.code == 0
    assert "Exit codes" in done.out
    assert HEAVY & set(done.err.split()) == set()


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["list"], "study"),
        (["show", "study", "--pins"], "patient_id"),
        (["history", "study"], "study@1"),
        (["fields", "study"], "patient.weight"),
        (["verify", "--deep"], "1 versions, 4 pins: all as published"),
        (["extract", "fields", "study", "--fields", "patient.patient_id"], "P4"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_asking_needs_no_java(
    study: Study, without_java: dict[str, str], words: list[str], shown: str
) -> None:
    study.load()

    done = apollo(study, without_java, "--lake", study.lake, *words)

    assert (done.code, done.err) == (0, "")
    assert shown in done.out


def test_a_load_by_spark_without_java_is_refused_in_one_line(
    study: Study, without_java: dict[str, str]
) -> None:
    by_spark = ("--conf", study.write("spark.yaml", "runner: spark\n"))

    done = apollo(study, without_java, *by_spark, *study.load_words())

    assert (done.code, done.out) == (17, "")
    *steps, last = done.err.splitlines()
    assert last.startswith("error: Spark needs Java 17 or 21.")
    assert "openjdk-17-jre-headless" in last
    assert [each.split(" s  ")[-1] for each in steps] == ["plan", "open engines"]
    assert study.ask("list").out == study.ask("list", "--lake", study.folder / "another").out


def test_verbose_shows_the_trace_that_is_hidden_otherwise(
    study: Study, without_java: dict[str, str]
) -> None:
    by_spark = ("--conf", study.write("spark.yaml", "runner: spark\n"))

    done = apollo(study, without_java, *by_spark, *study.load_words(), "--verbose")

    assert done.code == 17
    assert "Traceback (most recent call last)" in done.err
    assert "EnvironmentProblemError" in done.err


def test_an_unknown_verb_is_a_usage_error(study: Study, without_java: dict[str, str]) -> None:
    done = apollo(study, without_java, "frobnicate")

    assert (done.code, done.out) == (2, "")
    assert "No such command 'frobnicate'" in done.err


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["list"],
        ["show", "study", "--json"],
        ["fields", "study"],
        ["extract", "fields", "study", "--fields", "patient.patient_id"],
    ],
    ids=" ".join,
)
def test_a_reader_who_goes_away_gets_no_trace(study: Study, words: list[str]) -> None:
    study.load()

    process = subprocess.Popen(
        [*APOLLO, "--lake", str(study.lake), *words],
        env=environment(PYTHONPATH=str(CHECKOUT)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process, process.stderr:
        assert process.stderr.read() == ""


def test_a_reader_who_takes_one_line_of_many_gets_it(study: Study) -> None:
    lines = "".join(f"Q{number},F,1961-05-04,61.5,0,1\n" for number in range(50_000))
    study.write("patient.csv", study.read("patient.csv") + lines)
    study.load()
    command = (*APOLLO, "--lake", study.lake, "extract", "fields", "study", "--fields")
    quoted = " ".join(f"'{each}'" for each in (*command, "patient.patient_id,patient.sex"))

    done = finish(
        ("bash", "-c", f"{quoted} | head -1"),
        folder=study.folder,
        variables=environment(PYTHONPATH=str(CHECKOUT)),
    )

    assert (done.code, done.out, done.err) == (0, "patient.patient_id,patient.sex\n", "")


def test_a_load_prints_the_version_last_on_stdout_and_its_steps_on_stderr(
    study: Study, without_java: dict[str, str]
) -> None:
    done = apollo(study, without_java, *study.load_words())

    assert (done.code, done.out) == (0, "study@1\n")
    assert "publish" in done.err
    assert "Traceback" not in done.err
