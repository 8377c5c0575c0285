"""Who is withdrawn is seen in no merge, and in no version that calls or types the key otherwise."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.study import Study, prepared
from tests.support.withdrawing import alone, rows, study_with_view, withdraw


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return prepared(study_with_view, tmp_path)


def load_assay(study: Study, matrix: str) -> None:
    source = study.write("rna.csv", matrix)
    words = ("--assay", "rna", "--unit", "count", "--source", source)
    assert study.ask("load", "expression", "rna", *words).code == 0


def merge(study: Study, source: str, target: str, name: str, *more: object) -> Any:
    words = ("merge", "assay", source, target, "--as", name, "--assay", "rna", "--json", *more)
    result = study.ask(*words)
    assert result.code == 0, result.err
    return result.json["receipt"]


def test_a_merge_of_a_view_counts_and_reports_only_who_is_left_of_it(study: Study) -> None:
    load_assay(study, "feature_id,P1,P2,P3\nENSG00000000001,1,2,3\n")
    merge(study, "rna", "study", "both")
    words = ("view", "both", "--as", "some", "--rows", 'patient.sex = "F"')
    assert study.ask(*words).code == 0
    person = study.write("person.csv", "person_id\nP3\nP2\n")
    told = "entity,name,type,primary_key_type\nperson,person_id,string,global\n"
    fields = study.write("fields.csv", told)
    words = ("load", "clinical", "other", "--dictionary", fields, "--data", f"person={person}")
    assert study.ask(*words).code == 0
    withdraw(study, "P1")

    report = study.folder / "report"
    receipt = merge(study, "some", "other", "again", "--report", report)

    assert (receipt["source_rows"], receipt["source_matched"], receipt["samples"]) == (1, 1, 1)
    assert (report / "source_unmatched.csv").read_text() == "sample_id\n"
    assert (report / "target_unmatched.csv").read_text() == "person.person_id\nP2\n"


def samples(study: Study, name: str) -> list[str]:
    result = study.ask("extract", "expression", name, "--matrix")
    assert result.code == 0, result.err
    return [each.split(",")[0] for each in result.out.splitlines()[1:]]


@pytest.mark.parametrize("link", ["patient.patient_id", "visit.visit_id"])
def test_a_merge_of_a_merge_shows_no_sample_of_the_withdrawn(study: Study, link: str) -> None:
    load_assay(study, "feature_id,S1,S2,S3\nENSG00000000001,1,2,3\n")
    key = {"patient.patient_id": "P{}", "visit.visit_id": "{}"}[link]
    text = f"sample,of\nS1,{key.format(1)}\nS2,{key.format(3)}\n"
    first = study.write("first.csv", text)
    second = study.write("second.csv", "sample,of\nS1,P4\nS2,P4\nS3,P4\n")
    merge(study, "rna", "study", "own", "--link", link, "--link-file", first)
    merge(study, "own", "study", "early", "--link-file", second)
    clinical = ("merge", "clinical", "own", "study@1", "--on-clash", "join,prefix:z_")
    assert study.ask(*clinical, "--as", "joined").code == 0
    assert samples(study, "early") == ["S1", "S2", "S3"]

    withdraw(study, "P1")

    receipt = merge(study, "own", "study", "late", "--link-file", second)
    assert (receipt["source_rows"], receipt["samples_matched"]) == (2, 2)
    assert study.ask(*clinical, "--as", "rejoined").code == 0
    for name in ("own", "early", "late", "joined", "rejoined"):
        assert samples(study, name) == ["S2", "S3"]
    assert study.ask("verify", "--deep").code == 0


def rename_key(study: Study) -> None:
    words = study.read("data_dictionary.csv").replace("patient,patient_id,", "patient,pid,", 1)
    study.write("data_dictionary.csv", words.replace("patient:patient_id", "patient:pid"))
    study.replace("patient.csv", "patient_id,sex", "pid,sex")


def number_patients(study: Study) -> None:
    for old in ("patient,patient_id,string", "visit,patient_id,string", "holder,string"):
        study.replace("data_dictionary.csv", old, old.replace("string", "integer"))


@pytest.mark.parametrize("is_first", [True, False])
def test_who_is_withdrawn_is_out_of_versions_that_call_the_key_otherwise(
    study: Study, is_first: bool
) -> None:
    if is_first:
        withdraw(study, "P1")
    rename_key(study)
    assert study.load().code == 0
    gone = study.write("gone.csv", "pid\nP4\n" if is_first else "pid\nP1\nP4\n")
    assert study.ask("view", "study@3", "--as", "new", "--fields", "patient.born").code == 0
    joined = ("merge", "clinical", "study@3", "study@1", "--as", "joined")
    link = ("--link", "patient.pid=patient.patient_id", "--on-clash", "join,prefix:z_")
    assert study.ask(*joined, *link).code == 0

    assert study.ask("withdraw", gone, "--of", "study.patient", "--apply").code == 0

    left = ["P2,3", "P3,4"]
    for name in ("study@1", "study@2"):
        assert rows(study, name) == left
    assert rows(study, "study@3", "patient.pid,visit.visit_id") == left
    assert rows(study, "new", "patient.pid") == ["P2", "P3"]
    assert rows(study, "joined", "patient.patient_id,z_visit.visit_id") == left
    assert rows(study, "women") == ["P3,4"]
    assert study.ask("diff", "study@2", "study@3").code == 0
    assert study.ask("verify", "--deep").code == 0


@pytest.mark.parametrize("is_first", [True, False])
def test_who_is_withdrawn_is_out_of_versions_that_give_the_key_another_type(
    tmp_path: Path, is_first: bool
) -> None:
    study = Study(tmp_path)
    for name in ("patient.csv", "visit.csv", "passport.csv"):
        study.write(name, re.sub("P([1-3])", r"\1", study.read(name)))
    assert study.load().code == 0
    if is_first:
        withdraw(study, "1", "P4")
    number_patients(study)
    study.replace("patient.csv", "P4,,1944", "5,,1944")
    assert study.load().code == 0

    withdraw(study, "2", *(() if is_first else ("1", "P4")))

    assert rows(study, "study@1") == ["3,4"]
    assert rows(study, "study@2") == ["3,4", "5,"]
    withdraw(study, "77", code=13)
    withdraw(study, "5")
    assert rows(study, "study@2") == ["3,4"]


def test_what_hangs_from_the_withdrawn_follows_also_where_another_field_joins_them(
    study: Study,
) -> None:
    told = "entity,name,type,primary_key_type,referenced_entity_field,relationship\n"
    told += "patient,pid,string,global,,\npatient,sid,string,,,\n"
    told += "stay,stay_id,string,local,,\nstay,pid,string,,patient:pid,many_to_one\n"
    words: list[object] = ["load", "clinical", "reg"]
    words += ["--dictionary", study.write("fields.csv", told)]
    for name, text in (
        ("patient", "pid,sid\nR1,P1\nR2,P2\n"),
        ("stay", "stay_id,pid\nA,R1\nB,R2\n"),
    ):
        words += ["--data", f"{name}={study.write(f'reg_{name}.csv', text)}"]
    assert study.ask(*words).code == 0
    link = ("--link", "patient.sid=patient.patient_id", "--relationship", "one_to_one")
    words = ["merge", "clinical", "reg", "study", "--as", "both", *link, "--on-clash", "join"]
    assert study.ask(*words).code == 0
    gone = study.write("gone.csv", "pid\nR1\n")

    assert study.ask("withdraw", gone, "--of", "reg.patient", "--apply").code == 0

    assert rows(study, "both", "patient.patient_id,patient.pid") == ["P1,", "P2,R2", "P3,", "P4,"]
    assert alone(study, "both", "stay.stay_id") == ["B"]
