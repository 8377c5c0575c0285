"""People who are taken out are seen by no reader of any version, nor of what is based on it."""

from pathlib import Path

import pytest

from apollo_spark.lake.lake import open_lake
from apollo_spark.verbs.table import perform
from apollo_spark.verbs.withdraw.withdraw import WithdrawRequest
from tests.support.contexts import stepping
from tests.support.held import held_by
from tests.support.loading import CrashError
from tests.support.study import Study, prepared
from tests.support.withdrawing import alone, rows, study_with_view, withdraw


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return prepared(study_with_view, tmp_path)


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
    held = held_by(folder)
    assert "P2" in held
    assert "P1" not in held


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
            perform(stepping(open_lake(str(study.lake)), crash), request)
        assert rows(study, "study") == before
    assert set(steps) == {"take the lease", "write the keys", "publish the withdrawal"}
    perform(stepping(open_lake(str(study.lake))), request)
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
    study.replace("patient.csv", "P4,,1944-02-29", " P4,,1944-02-29")
    study.replace("passport.csv", "X2,P2", "X2, P4")
    assert study.load().code == 0
    withdraw(study, "P4", code=13)
    line_ends = study.write("gone.csv", "patient_id\r\n P4\r\n")

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
