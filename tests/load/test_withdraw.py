"""People who are taken out are seen by no reader of any version, nor of what stands on it."""

import re
from pathlib import Path
from typing import Any

import pytest

from apollo_spark.lake.lake import open_lake
from apollo_spark.workflows.withdraw import WithdrawRequest
from apollo_spark.workflows.withdraw import withdraw as withdraw_people
from tests.support.loading import CrashError
from tests.support.study import Study

FIELDS = "patient.patient_id,visit.visit_id"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    study = Study(tmp_path)
    assert study.load().code == 0
    study.replace("patient.csv", "72", "73")
    assert study.load().code == 0
    words = ("--rows", 'patient.sex = "F"', "--entities", "patient,visit")
    assert study.ask("view", "study", "--as", "women", *words).code == 0
    return study


def withdraw(study: Study, *keys: str, of: str = "study.patient", code: int = 0) -> str:
    file = study.write("gone.csv", "patient_id\n" + "".join(f"{each}\n" for each in keys))
    result = study.ask("withdraw", file, "--of", of, "--apply")
    assert result.code == code, result.err
    return result.err


def rows(study: Study, name: str, fields: str = FIELDS, *more: object) -> list[str]:
    result = study.ask("extract", "fields", name, "--fields", fields, *more)
    assert result.code == 0, result.err
    return result.out.splitlines()[1:]


def alone(study: Study, name: str, field: str) -> list[str]:
    rows(study, name, field, "--per-entity", "--force", "-o", study.folder / "out.csv")
    entity, _, _ = field.partition(".")
    return study.read(f"out.{entity}.csv").splitlines()[1:]


def test_every_version_and_view_leaves_the_withdrawn_out(study: Study) -> None:
    before = rows(study, "study@1")
    assert "P1,1" in before

    withdraw(study, "P1")

    for name in ("study@1", "study@2"):
        assert rows(study, name) == ["P2,3", "P3,4", "P4,"]
        assert rows(study, name, "visit.visit_id,visit.note") == ["3,plain", "4,", ","]
        assert rows(study, name, "passport.passport_id") == ["X2", '""', '""']
    assert rows(study, "women") == ["P3,4"]
    out = study.folder / "out.csv"
    study.ask("extract", "fields", "study", "--per-entity", "-o", out, "--fields", "visit.visit_id")
    assert (study.folder / "out.visit.csv").read_text() == "visit.visit_id\n3\n4\n"
    verified = study.ask("verify", "--deep")
    assert verified.code == 0
    assert "withdrawn: 1 of study.patient" in verified.err
    assert study.ask("show", "study@1", "--json").json["withdrawn"] == {"study.patient": 1}
    assert "withdrawn: 1 of study.patient" in study.ask("show", "study@1").out
    assert study.ask("show", "women", "--json").json["withdrawn"] == {}


def test_a_plan_changes_nothing_and_says_what_it_would(study: Study) -> None:
    file = study.write("gone.csv", "name,patient_id\nx,P1\ny,P1\nz,P4\n")

    receipt = study.ask("withdraw", file, "--of", "study.patient", "--json").json["receipt"]

    assert (receipt["keys"], receipt["withdrawn"], receipt["already"]) == (2, 2, 0)
    assert receipt["records"] == ["study@1", "study@2", "women@1"]
    assert rows(study, "study@1")[0] == "P1,1"


def test_more_are_taken_out_later_and_the_first_stay_out(study: Study) -> None:
    withdraw(study, "P1")
    withdraw(study, "P1", "P4")

    assert rows(study, "study") == ["P2,3", "P3,4"]
    study.replace("patient.csv", "73", "74")
    study.load()
    assert rows(study, "study@3") == ["P2,3", "P3,4"]


def test_keys_that_no_version_has_are_counted_and_refused(study: Study) -> None:
    said = withdraw(study, "P1", "P77", "P78", code=13)

    assert "2 of 3 keys" in said
    assert "P77" not in said
    assert rows(study, "study")[0] == "P1,1"
    withdraw(study, "P1", of="study.nothing", code=13)
    withdraw(study, "P1", of="women.patient", code=2)
    missing = study.ask("withdraw", study.folder / "none.csv", "--of", "study.patient")
    assert missing.code == 10


def test_new_views_and_what_is_sealed_do_not_hold_the_withdrawn(study: Study) -> None:
    withdraw(study, "P1")

    made = study.ask("view", "study@1", "--as", "all", "--json").json
    assert made["receipt"]["rows"] == 3
    folder = study.folder / "sealed"
    assert study.ask("extract", "sealed", "study@1", "-o", folder).code == 0
    files = b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())
    assert b"P1" not in files


def test_gc_keeps_the_keys(study: Study) -> None:
    withdraw(study, "P1")
    withdraw(study, "P4")

    assert study.ask("gc", "--apply", "--grace", "0").code == 0

    assert rows(study, "study@1") == ["P2,3", "P3,4"]


def test_a_crash_at_any_step_leaves_all_or_nothing_and_the_next_run_does_it(
    study: Study,
) -> None:
    file = study.write("gone.csv", "patient_id\nP1\n")
    request = WithdrawRequest(file=str(file), of="study.patient", apply=True)
    before = rows(study, "study")
    steps: list[str] = []

    for place in range(3):

        def crash(name: str, at: int = place, seen: list[str] = steps) -> None:
            seen.append(name)
            if name == ("take the lease", "write the keys", "publish the withdrawal")[at]:
                raise CrashError

        with pytest.raises(CrashError):
            withdraw_people(open_lake(str(study.lake)), request, on_step=crash)
        assert rows(study, "study") == before
    assert set(steps) == {"take the lease", "write the keys", "publish the withdrawal"}
    withdraw_people(open_lake(str(study.lake)), request)
    assert rows(study, "study") == ["P2,3", "P3,4", "P4,"]
    assert study.ask("verify", "--deep").code == 0


def test_files_with_rows_of_the_withdrawn_extend_and_show_nothing_of_them(study: Study) -> None:
    withdraw(study, "P1")
    visits = study.write("v.csv", "visit_id,patient_id,note\n1,P1,new\n8,P1,more\n9,P2,seen\n")
    risk = study.write("f.csv", "patient_id,risk\nP1,1\nP2,2\n")

    for words in (("--data", f"visit={visits}", "--mode", "rows"), ("--data", f"patient={risk}")):
        result = study.ask("extend", "study", *words)
        assert result.code == 0, result.err

    assert rows(study, "study", "visit.visit_id,visit.note") == ["3,plain", "9,seen", "4,", ","]
    assert rows(study, "study", "patient.patient_id,patient.risk") == ["P2,2", "P3,", "P4,"]
    assert study.ask("verify", "--deep").code == 0


def test_what_others_refer_to_as_well_stays(study: Study) -> None:
    withdraw(study, "P1")

    fields = "patient.patient_id,site.city"
    assert rows(study, "study", fields) == ["P2,Turin", "P3,Uppsala", "P4,"]
    assert alone(study, "study", "site.city") == ["Uppsala", "Turin"]
    words = ("view", "study", "--as", "at_home", "--rows", 'site.city = "Uppsala"')
    assert study.ask(*words).code == 0
    assert rows(study, "at_home", fields) == ["P3,Uppsala"]

    withdraw(study, "P3")

    assert rows(study, "study", fields) == ["P2,Turin", "P4,"]
    assert alone(study, "study", "site.city") == ["Turin"]
    assert rows(study, "at_home", fields) == []


def test_keys_are_read_as_a_load_reads_them(tmp_path: Path) -> None:
    study = Study(tmp_path)
    study.replace("patient.csv", "P4,,1944-02-29", " P1,,1944-02-29")
    study.replace("passport.csv", "X2,P2", "X2, P1")
    assert study.load().code == 0
    line_ends = study.write("gone.csv", "patient_id\r\n P1\r\n")

    result = study.ask("withdraw", line_ends, "--of", "study.patient", "--apply")

    assert result.code == 0, result.err
    assert rows(study, "study", "patient.patient_id,passport.passport_id") == [
        "P1,X1",
        "P2,",
        "P3,",
    ]
    withdraw(study, "P1 ", code=13)
    withdraw(study, '""', code=10)
    visits = study.write("visits.csv", "visit_id\n 3\n+4 \n")
    assert study.ask("withdraw", visits, "--of", "study.visit", "--apply").code == 0
    assert rows(study, "study") == ["P1,1", "P1,2", "P2,", "P3,"]
    wrong = study.write("visits.csv", "visit_id\n1.5\n")
    assert study.ask("withdraw", wrong, "--of", "study.visit", "--apply").code == 10


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
