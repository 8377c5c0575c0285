"""Everything wrong with clinical files is reported in one run, whatever is wrong with headers."""

import json
from pathlib import Path

import pytest

from apollo_spark.operations import file_operation
from tests.support.loading import versions
from tests.support.study import SITES, Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study with something wrong in the cells and keys of every entity."""
    found = Study(tmp_path)
    found.replace("patient.csv", "61.5", "heavy")
    found.replace("patient.csv", "P2,M", "P2,X")
    found.replace("patient.csv", "P4,,1944-02-29,58.25,,", "P4,,1944-02-30,58.25,,9")
    found.replace("visit.csv", "3,P2,2020-03-04", "2,P7,soon")
    found.write("site.csv", SITES + "x,Lund\n")
    found.write("passport.csv", "passport_id,holder\nX1,P1\nX2,P1\n")
    return found


CELLS = {
    "patient.weight cell_float", "patient.sex cell_code", "patient.born cell_date",
    "visit.seen cell_datetime", "visit.visit_id key_unique", "visit.patient_id reference_resolves",
    "passport.holder reference_cardinality",
}  # fmt: skip
OF_SITES = {"site.site_id cell_integer"}
"""A site whose id is not a number keeps references to sites from being judged."""


def refuse(study: Study) -> set[str]:
    """Load, require a refusal, and return what refused."""
    refused = study.load("--report", study.report)
    assert refused.code == 10, refused.err
    assert versions(study.lake) == []
    return told_in(study)


def told_in(study: Study) -> set[str]:
    """Return what refused, as a report tells it."""
    findings = json.loads((study.report / "report.json").read_text())["findings"]
    return {
        f"{each['entity']}.{each['column'] or '*'} {each['rule']}"
        for each in findings
        if each["severity"] == "refuse"
    }


def test_rows_are_checked_where_a_header_is_wrong(study: Study) -> None:
    study.replace("site.csv", "site_id,city", "site_id,town")
    study.replace("visit.csv", "seen,symptoms,note", "seen,symptoms,remark")

    assert refuse(study) == CELLS | OF_SITES | {
        "site.city header_missing_column", "site.* header_unknown_column",
        "visit.note header_missing_column", "visit.* header_unknown_column",
    }  # fmt: skip


def test_what_follows_from_a_column_that_is_not_there_is_not_told(study: Study) -> None:
    study.replace("patient.csv", "patient_id,sex", "patient,sex")

    # Without the keys of patients no visit, and no passport, can refer to a wrong one.
    assert refuse(study) == (CELLS | OF_SITES) - {"visit.patient_id reference_resolves"} | {
        "patient.patient_id header_missing_column", "patient.* header_unknown_column",
    }  # fmt: skip


def test_rows_are_checked_where_other_files_cannot_be_read(study: Study) -> None:
    study.write("site.csv", "")
    study.data.append("sites=elsewhere.csv")

    assert refuse(study) == CELLS | {"site.* file_empty", "sites.* file_missing"}


def test_rows_under_no_header_are_not_judged(study: Study) -> None:
    study.write("passport.csv", "X1,P1\nX2,P1\n")

    assert refuse(study) == (CELLS | OF_SITES) - {"passport.holder reference_cardinality"} | {
        "passport.* header_missing_column"
    }


def test_rows_of_very_large_files_are_left_for_the_next_run(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_operation, "MOST_LOOKED_AT", 10)
    study.replace("site.csv", "site_id,city", "site_id,town")

    assert refuse(study) == {"site.city header_missing_column", "site.* header_unknown_column"}
    assert "rows were not looked at" in study.load().err


def test_a_column_that_a_policy_forgives_is_missing_in_all_rows(tmp_path: Path) -> None:
    study = Study(tmp_path)
    study.replace("site.csv", "site_id,city", "site_id,town")
    policy = study.write(
        "policy.yaml", "rules: {header_missing_column: warn, header_unknown_column: warn}"
    )

    loaded = study.load("--policy", policy)

    assert loaded.code == 0, loaded.err
    shown = study.ask("extract", "fields", "study", "--fields", "patient.patient_id,site.city").out
    assert shown.splitlines()[1:] == ["P1,", "P2,", "P3,", "P4,"]


@pytest.mark.parametrize("rule", ["file_missing", "file_empty", "file_of_entity"])
def test_references_to_rows_that_a_policy_does_without_are_not_judged(
    tmp_path: Path, rule: str
) -> None:
    study = Study(tmp_path)
    (study.folder / "site.csv").unlink()
    if rule == "file_empty":
        study.write("site.csv", "")
    if rule == "file_of_entity":
        study.data.remove("site=site.csv")
    policy = study.write("policy.yaml", f"rules: {{{rule}: warn}}")

    loaded = study.load("--policy", policy)

    assert loaded.code == 0, loaded.err
    shown = study.ask("extract", "fields", "study", "--fields", "patient.site_id,site.city").out
    assert shown.splitlines()[1:] == ["1,", "2,", "1,", ","]


HEAD = "entity,name,type,primary_key_type,referenced_entity_field,relationship\n"
ADDED = {
    "fields": (
        HEAD + "patient,bmi,float,,,\n",
        {"patient": "patient_id,bmi,extra\nP1,heavy,1\nP1,2,1\n"},
        {"patient.* header_unknown_column", "patient.bmi cell_float",
         "patient.patient_id key_unique"},
    ),
    "entity": (
        HEAD + "pet,pet_id,integer,local,,\npet,owner,string,,patient:patient_id,many_to_one\n",
        {"pet": "pet_id,holder\nx,P1\n1,P1\n1,P2\n"},
        {"pet.owner header_missing_column", "pet.* header_unknown_column",
         "pet.pet_id cell_integer", "pet.pet_id key_unique"},
    ),
    "rows": (
        None,
        {"visit": "visit_id,patient_id,seen,colour\n8,P1,soon,red\n8,P1,2020-01-01 00:00,blue\n"},
        {"visit.* header_unknown_column", "visit.seen cell_datetime",
         "visit.visit_id key_unique"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("mode", ADDED)
def test_rows_of_an_extension_are_checked_where_a_header_is_wrong(
    tmp_path: Path, mode: str
) -> None:
    study = Study(tmp_path)
    assert study.load().code == 0
    dictionary, files, expected = ADDED[mode]
    words: list[object] = ["--mode", mode, "--report", study.report]
    for entity, text in files.items():
        words += ["--data", f"{entity}={study.write(f'added_{entity}.csv', text)}"]
    if dictionary is not None:
        words += ["--dictionary", study.write("added_dictionary.csv", dictionary)]

    refused = study.ask("extend", "study", *words)

    assert refused.code == 10, refused.err
    assert told_in(study) == expected
    assert study.ask("history", "study").out.count("study@") == 1
