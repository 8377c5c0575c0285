"""What cohorts answer: who is left by parts, compared, explained, differing, verified."""

import json
from pathlib import Path

import pytest

from apollo_spark.cli.job import run_job
from apollo_spark.operations.cohorts.opening import People
from tests.support.cohorts import WOMEN, ids, made, two_cohorts
from tests.support.study import Study, prepared


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return prepared(two_cohorts, tmp_path_factory.mktemp("study"))


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return prepared(two_cohorts, tmp_path)


def test_attrition_tells_who_is_left_and_who_alone_fulfils(loaded: Study) -> None:
    text = "patient.weight > 60 and exists(visit: visit.visit_id > 1) and patient.smokes > 0"
    asked = ("--from", "study@1", "--filter", text)

    found = made(loaded, "attrition", *asked, "--json").json

    assert found["people"] == 4
    assert [(each["rule"], each["left"], each["alone"]) for each in found["steps"]] == [
        ("patient.weight > 60", 2, 2),
        ("exists(visit: visit.visit_id > 1)", 2, 3),
        ("patient.smokes > 0", 1, 1),
    ]
    assert made(loaded, "count", *asked).out == "1\n"
    assert made(loaded, "attrition", *asked).out.splitlines()[1].split() == ["everybody", "4"]


def test_two_cohorts_are_compared(study: Study) -> None:
    fields = ("--fields", "patient.weight,patient.smokes,visit.symptoms")

    found = made(study, "compare", "women", "listed", *fields, "--json").json

    assert [found[each] for each in ("sizes", "both", "only_first", "only_second")] == [
        [2, 2], 1, 1, 1,
    ]  # fmt: skip
    weight, smokes, symptoms = found["fields"]
    assert (weight["first"]["mean"], weight["second"]["missing"]) == (66.75, 1)
    assert (smokes["second"]["n"], smokes["second"]["sparse"]) == (1, 1)
    assert [each["count"] for each in symptoms["first"]["values"]] == [1, 2, 1]
    assert symptoms["standardised_difference"] is None
    assert set(symptoms["differences_by_value"]) == {
        each["value"] for side in ("first", "second") for each in symptoms[side]["values"]
    }
    text = made(study, "compare", "women", "listed").out
    assert "women@1: 2 people, listed@1: 2, in both: 1" in text
    assert "66.75 (7.425)" in text
    refused = study.ask("cohort", "compare", "women", "listed", "--fields", "patient.wait")
    assert (refused.code, "patient.wait" in refused.err) == (13, True)


def test_a_person_is_explained_by_parts_rows_and_versions(study: Study) -> None:
    text = 'patient.weight > 60 and exists(visit: visit.symptoms under "R")'
    made(study, "create", "ill", "--from", "study", "--filter", text)

    found = made(study, "explain", "ill", "P2", "--json").json

    assert (found["is_member"], found["shown"], found["dataset"]) == (False, True, "study@1")
    assert [(each["rule"], each["holds"], each["decides"]) for each in found["parts"]] == [
        ("patient.weight > 60", False, True),
        ('exists(visit: visit.symptoms under "R")', False, True),
    ]
    assert found["parts"][0]["rows"] == {"patient": [{"patient_id": "P2", "weight": None}]}
    within = made(study, "explain", "ill", "P1", "--json").json
    assert within["parts"][1]["codes"] == {"visit.symptoms": {"R1": ["R"], "R2": ["R"]}}
    assert "the person is in ill@1, in study@1" in made(study, "explain", "ill", "P1").out

    rows = study.write("changed.csv", "patient_id,weight\nP1,50\n")
    study.ask("extend", "study", "--data", f"patient={rows}", "--mode", "rows")
    onto = made(study, "explain", "ill", "P1", "--onto", "study@2", "--json").json
    assert (onto["is_member"], onto["onto"]["is_member"]) == (True, False)
    assert [each["what"] for each in onto["changes"]] == [
        "it does not hold any more from study@1 to study@2",
        (
            'patient: [{"patient_id": "P1", "weight": 61.5}] became '
            '[{"patient_id": "P1", "weight": 50.0}]'
        ),
    ]
    study.ask("withdraw", study.write("gone.csv", "patient_id\nP1\n"), "--of", "study.patient",
              "--apply")  # fmt: skip
    gone = made(study, "explain", "ill", "P1", "--json").json
    assert (gone["withdrawn"], gone["shown"], gone["is_member"]) == (True, False, False)
    nobody = study.ask("cohort", "explain", "ill", "P9")
    assert (
        nobody.code,
        "Nobody has that id in study@1 among those who may be seen there." in nobody.err,
    ) == (13, True)
    assert "P9" not in nobody.err


def test_versions_of_a_cohort_are_compared_and_listed_by_kind(study: Study) -> None:
    made(study, "create", "women", "--from", "study", "--filter", "patient.weight > 60")
    made(study, "create", "women", "--from", "study", "--filter", "patient.born < 1965-01-01")

    found = study.ask("diff", "women@2", "women@3", "--json").json

    assert (found["sizes"], found["added"], found["removed"]) == ([2, 3], 2, 1)
    assert found["filters"] == ["patient.weight > 60", "patient.born < 1965-01-01"]
    text = study.ask("diff", "women@1", "women@2").out
    assert "codings that differ: sex" in text
    assert "people: 2 -> 2, 0 added, 0 removed" in text
    assert study.ask("diff", "women@2", "women@2").out == "women@2 and women@2 are the same\n"
    assert study.ask("diff", "women@2", "study").code == 13
    listed = study.ask("list", "--kind", "cohort", "--json").json["records"]
    assert [each["name"] for each in listed] == ["listed", "women"]


def test_a_cohort_that_counts_others_than_it_did_is_told(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert study.ask("verify", "women", "--deep").code == 0
    monkeypatch.setattr(People, "count", lambda *_: 3)

    found = study.ask("verify", "women", "--deep")

    assert (found.code, "it has 3 people instead of 2" in found.out + found.err) == (16, True)


def test_what_ids_prints_ids_reads(study: Study) -> None:
    path = study.write("printed.txt", made(study, "ids", "women").out)

    again = made(study, "create", "again", "--from", "study", "--ids", path, "--json")

    assert json.loads(again.out)["receipt"]["count"] == 2
    assert ids(study, "again") == ["P1", "P3"]


JOBS = {
    "count": ("name: women", ["women"]),
    "ids": ("name: women", ["women"]),
    "attrition": (f"from: study\nfilter: '{WOMEN}'", ["--from", "study", "--filter", WOMEN]),
    "compare": (
        "first: women\nsecond: listed\nfields: [patient.sex]",
        ["women", "listed", "--fields", "patient.sex"],
    ),
    "explain": ("name: women\nid: P2", ["women", "P2"]),
}


@pytest.mark.parametrize("verb", JOBS)
def test_a_job_answers_as_the_command_does(
    loaded: Study, tmp_path: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    keys, words = JOBS[verb]
    (tmp_path / "job.yaml").write_text(f"lake: {loaded.lake}\n{keys}\n")

    assert run_job(f"cohort {verb}", ["--config", str(tmp_path / "job.yaml")]) == 0
    assert capsys.readouterr().out == made(loaded, verb, *words).out
