"""Job files: the same load as the command, and every mistake named at once."""

from pathlib import Path

import pytest
import yaml

from apollo_spark.cli.job import run_job
from tests.jobs.processes import APOLLO, CHECKOUT, Finished, environment, finish
from tests.support.loading import versions
from tests.support.study import LOCAL_SETTINGS, Study, apollo

JOB = CHECKOUT / "jobs" / "load_clinical.py"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path)


def write_job(study: Study, **changes: object) -> Path:
    """Write the job file of a study, with relative paths."""
    values: dict[str, object] = {
        "lake": "lake",
        "settings": str(LOCAL_SETTINGS),
        "name": "study",
        "dictionary": "data_dictionary.csv",
        "codings": "codings.csv",
        "entities": "entity_dictionary.csv",
        "data": {each.partition("=")[0]: each.partition("=")[2] for each in study.data},
        "schema": "study_v1",
        "policy": None,
    }
    return study.write("job.yaml", yaml.safe_dump({**values, **changes}))


def run(study: Study, *words: object) -> Finished:
    return finish(
        (APOLLO[0], JOB, *words),
        folder=study.folder,
        variables=environment(PYTHONPATH=str(CHECKOUT)),
    )


def test_a_job_publishes_what_the_command_publishes(study: Study) -> None:
    study.write("visits/a.csv", study.read("visit.csv"))
    study.write("late.csv", study.read("visit.csv").partition("\n")[0] + "\n9,P4,,,NA\n")
    data = {"patient": "patient.csv", "visit": ["visits", "late.csv"], "site": "site.csv"}
    job = write_job(study, data={**data, "passport": ["passport.csv"]}, missing=["NA", "-"])

    done = run(study, "--config", job)

    assert (done.code, done.last_line) == (0, "study@1"), done.err
    study.data[1:2] = ["visit=visits", "visit=late.csv"]
    study.load("--missing", "NA,-", "--schema", "study_v1", name="command")
    assert rows_and_hashes(study, "study") == rows_and_hashes(study, "command")
    assert rows_and_hashes(study, "study")["visit"][0] == 5


def rows_and_hashes(study: Study, name: str) -> dict[str, tuple[int, str]]:
    pins = study.ask("show", name, "--pins", "--json").json["pins"]
    return {each["table"]: (each["rows"], each["content_hash"]) for each in pins}


def test_further_words_are_options_of_the_command(study: Study) -> None:
    done = run(study, "--config", write_job(study), "--dry-run")

    assert (done.code, done.out) == (0, "")
    assert versions(study.lake) == []


def test_everything_wrong_with_a_job_file_is_named_at_once(study: Study) -> None:
    job = write_job(
        study, dictionry="d.csv", missing=["NA", False], name=7, data=["patient.csv"], report=True
    )

    done = run(study, "--config", job)

    assert (done.code, done.out) == (2, "")
    first, *problems = done.err.splitlines()
    assert first == f"error: The job file {job} is wrong:"
    assert [each.split()[0] for each in problems] == [
        "data:", "dictionry:", "missing:", "name:", "report:",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("data: [", "Cannot read the job file"),
        ("just words", "must hold keys with values"),
        ("", "must hold keys with values"),
        ("lake: lake\n", "Missing option"),
    ],
)
def test_a_job_file_that_says_nothing_useful_is_a_usage_error(
    study: Study, content: str, told: str
) -> None:
    done = run(study, "--config", study.write("job.yaml", content))

    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("words", [[], ["--config"], ["job.yaml"], ["--config", "nowhere.yaml"]])
def test_a_job_without_its_file_is_a_usage_error(study: Study, words: list[str]) -> None:
    done = run(study, *words)

    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err


def test_a_refused_job_ends_with_the_code_of_the_command(study: Study) -> None:
    study.replace("patient.csv", "61.5", "heavy")

    done = run(study, "--config", write_job(study))

    assert (done.code, done.out) == (12, "")
    assert "heavy" not in done.err


def test_an_expression_job_publishes_what_its_file_says(tmp_path: Path) -> None:
    matrix = tmp_path / "counts.csv"
    matrix.write_text("feature_id,S1,S2\nENSG00000000001,1,2\n")
    job = tmp_path / "job.yaml"
    job.write_text(
        f"lake: {tmp_path / 'lake'}\nsettings: {LOCAL_SETTINGS}\nname: rna\nassay: rna\n"
        f"unit: count\nsource: [{matrix}]\n"
    )

    assert run_job("load expression", ["--config", str(job)]) == 0

    assert apollo("--lake", tmp_path / "lake", "show", "rna", "--json").json["version"] == 1
