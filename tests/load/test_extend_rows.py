"""New, changed and deleted rows: what becomes of them, what is written, and what is refused."""

import shutil
from pathlib import Path

import pytest

from tests.support.loading import answers_of, do_at, require_sound, run_load
from tests.support.rowing import counts, files, give, origins, pin, states, study_of_rows
from tests.support.study import Study, prepared


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return prepared(study_of_rows, tmp_path)


def patients(study: Study, reference: str = "study") -> dict[str, tuple[object, ...]]:
    """Return sex, weight and site of the patients, by id."""
    rows = answers_of(study.lake, reference)["patient"]
    return {row["patient_id"]: (row["sex"], row["weight"], row["site_id"]) for row in rows}


def load_whole(study: Study, **files: str) -> Study:
    """Load the study with other files into a lake of its own."""
    other = Study(study.folder / "whole")
    for name in ("data_dictionary.csv", "note.csv"):
        other.write(name, study.read(name))
    other.data = study.data
    for name, text in files.items():
        other.write(f"{name}.csv", text)
    run_load(other)
    return other


def require_same_content(study: Study, whole: Study, table: str) -> None:
    """Require the hash of a load of the same rows."""
    found, wanted = pin(study, "study", table), pin(whole, "study", table)
    assert (found.rows, found.content_hash) == (wanted.rows, wanted.content_hash)


def test_new_rows_go_to_new_files_and_no_other_is_touched(study: Study) -> None:
    study.write("more.csv", "born,patient_id,sex,smokes,site_id,weight\n,P5,M,3,2,80\n,P6,F,,,\n")
    before = states(study.lake / "tables")

    outcome = give(study, data="patient=more.csv")

    assert outcome.published == ("study@2",)
    assert counts(outcome) == {"rows_read": 2, "rows_added": 2}
    after = states(study.lake / "tables")
    assert {name: each for name, each in after.items() if name in before} == before
    assert len(after) == len(before) + 1
    assert files(study, "study@1", "patient") < files(study, "study@2", "patient")
    whole = study.read("patient.csv") + "P5,M,,80,3,2\nP6,F,,,,\n"
    require_same_content(study, load_whole(study, patient=whole), "patient")
    require_sound(study.lake)


def test_stored_files_are_not_opened_where_their_statistics_rule_out_every_key(
    study: Study,
) -> None:
    study.write("more.csv", "site_id,city\n9,Oslo\n")
    folder, away = study.lake / "tables" / "study" / "site", study.folder / "away"
    away.mkdir()

    def hide() -> None:
        for path in folder.glob("*.parquet"):
            shutil.move(path, away / path.name)

    def bring_back() -> None:
        for path in away.glob("*.parquet"):
            shutil.move(path, folder / path.name)

    first, second = do_at("read rows", hide), do_at("commit site", bring_back)
    words = {"data": "site=more.csv", "on_step": lambda name: (first(name), second(name))[0]}

    assert counts(give(study, **words)) == {"rows_read": 1, "rows_added": 1}
    require_sound(study.lake)


def test_a_row_that_is_there_gets_the_values_of_the_columns_that_are_given(study: Study) -> None:
    study.write("more.csv", "weight,patient_id\n62,P1\n72,P3\n80,P5\n,P4\n")

    outcome = give(study, data="patient=more.csv")

    assert counts(outcome) == {
        "rows_read": 4,
        "rows_added": 1,
        "rows_changed": 2,
        "rows_unchanged": 1,
    }
    assert patients(study) == {
        "P1": ("F", 62.0, 1),
        "P2": ("M", None, 2),
        "P3": ("F", 72.0, 1),
        "P4": (None, None, None),
        "P5": (None, 80.0, None),
    }
    assert patients(study, "study@1")["P1"] == ("F", 61.5, 1)
    require_sound(study.lake)


def test_only_files_with_a_row_that_changes_or_goes_are_written_again(study: Study) -> None:
    assert len(files(study, "study", "patient")) == 4
    study.write("more.csv", "patient_id,weight\nP1,62\nP3,72\n")

    give(study, data="patient=more.csv")

    gone = files(study, "study@1", "patient") - files(study, "study@2", "patient")
    assert len(gone) == 1
    assert len(files(study, "study@2", "patient")) == 4
    study.write("keys.csv", "visit_id\n3\n")
    give(study, delete="visit=keys.csv")
    assert len(files(study, "study@3", "visit")) == 3
    assert files(study, "study@3", "visit") < files(study, "study@1", "visit")


def test_every_row_still_says_its_file_and_line(study: Study) -> None:
    run_load(study, name="whole")  # One file for all rows of each table.
    study.write("more.csv", "patient_id,weight\nP2,90\nP5,80\nP3,72\n")
    give(study, data="patient=more.csv", name="whole")
    lake_name = "whole"

    assert origins(study, lake_name, "patient", "patient_id") == {
        "P1": ("patient.csv", 2),
        "P2": ("more.csv", 2),
        "P3": ("patient.csv", 4),
        "P4": ("patient.csv", 5),
        "P5": ("more.csv", 3),
    }


def test_rows_go_by_key(study: Study) -> None:
    study.write("keys.csv", "note,visit_id\nwhy,4\nwhy,2\nagain,2\n")

    outcome = give(study, delete="visit=keys.csv")

    assert counts(outcome) == {"rows_deleted": 2}
    rows = answers_of(study.lake, "study")["visit"]
    assert [row["visit_id"] for row in rows] == [1, 3]
    assert len(answers_of(study.lake, "study@1")["visit"]) == 4
    kept = "visit_id,patient_id,seen,symptoms,note\n" + "".join(
        study.read("visit.csv").splitlines(keepends=True)[each] for each in (1, 2, 4)
    )
    require_same_content(study, load_whole(study, visit=kept), "visit")
    require_sound(study.lake)


def test_rows_come_change_and_go_in_one_version(study: Study) -> None:
    study.write("more.csv", "visit_id,patient_id,symptoms\n1,P3,R2\n9,P4,\n")
    study.write("keys.csv", "visit_id\n2\n")

    outcome = give(study, data="visit=more.csv", delete="visit=keys.csv")

    assert counts(outcome) == {
        "rows_read": 2,
        "rows_added": 1,
        "rows_changed": 1,
        "rows_deleted": 1,
    }
    rows = answers_of(study.lake, "study")["visit"]
    found = {row["visit_id"]: (row["patient_id"], row["symptoms"], row["note"]) for row in rows}
    assert found == {
        1: ("P3", ["R2"], 'first\nline, and "second"'),
        3: ("P2", None, "plain"),
        4: ("P3", ["R"], None),
        9: ("P4", None, None),
    }
    require_sound(study.lake)


def test_nothing_is_published_where_nothing_would_change(study: Study) -> None:
    study.write("more.csv", "patient_id,weight\nP1,61.5\nP2,\n")
    before = states(study.lake / "tables")

    outcome = give(study, data="patient=more.csv")

    assert (outcome.published, outcome.current) == ((), ("study@1",))
    assert counts(outcome) == {"rows_read": 2, "rows_unchanged": 2}
    assert states(study.lake / "tables") == before


def test_the_same_files_again_publish_nothing_even_after_another_entity_changed(
    study: Study,
) -> None:
    study.write("notes.csv", "of_patient,text\nP1,first\n")
    study.write("keys.csv", "visit_id\n2\n")
    assert give(study, data="note=notes.csv").published == ("study@2",)
    assert give(study, delete="visit=keys.csv").published == ("study@3",)

    for _ in range(2):
        again = give(study, data="note=notes.csv")
        assert (again.published, again.current) == ((), ("study@3",))
        again = give(study, delete="visit=keys.csv")
        assert (again.published, again.current, counts(again)) == (
            (),
            ("study@3",),
            {"rows_deleted": 1},
        )
    assert len(answers_of(study.lake, "study")["note"]) == 4


def test_an_entity_without_key_takes_new_rows(study: Study) -> None:
    study.write("more.csv", "text,of_patient\nthird,P2\nfirst,P1\n")

    outcome = give(study, data="note=more.csv")

    assert counts(outcome) == {"rows_read": 2, "rows_added": 2}
    whole = load_whole(study, note=study.read("note.csv") + "P2,third\nP1,first\n")
    require_same_content(study, whole, "note")


def test_a_parent_goes_when_its_children_are_gone(study: Study) -> None:
    study.write("visits.csv", "visit_id\n4\n")
    study.write("keys.csv", "patient_id\nP3\n")
    give(study, delete="visit=visits.csv")

    assert counts(give(study, delete="patient=keys.csv")) == {"rows_deleted": 1}
    assert sorted(patients(study)) == ["P1", "P2", "P4"]


def test_a_value_may_move_from_one_row_to_another(study: Study) -> None:
    study.write("more.csv", "passport_id,holder\nX1,P2\nX2,P1\n")

    assert counts(give(study, data="passport=more.csv"))["rows_changed"] == 2


def test_a_dry_run_counts_and_writes_nothing(study: Study) -> None:
    study.write("more.csv", "patient_id,weight\nP1,62\nP5,80\n")
    before = sorted(study.lake.rglob("*"))

    words = ("extend", "study", "--data", f"patient={study.folder / 'more.csv'}", "--json")
    run = study.ask(*words, "--dry-run")

    assert (run.code, run.json["published"]) == (0, [])
    assert (run.json["receipt"]["rows_added"], run.json["receipt"]["rows_changed"]) == (1, 1)
    assert sorted(study.lake.rglob("*")) == before
    run = study.ask(*words)
    assert run.json["published"] == ["study@2"]
    assert patients(study)["P1"] == ("F", 62.0, 1)


def test_rows_of_somebody_withdrawn_are_left_out_and_told_as_one_number(study: Study) -> None:
    study.write("out.csv", "patient_id\nP4\n")
    words = ("withdraw", study.folder / "out.csv", "--of", "study.patient", "--apply")
    assert study.ask(*words).code == 0
    study.write("more.csv", "patient_id,weight\nP4,99\nP5,80\n")

    outcome = give(study, data="patient=more.csv")

    assert counts(outcome) == {"rows_read": 2, "rows_added": 1, "withdrawn_left_out": 1}
    assert outcome.notes == ("1 row of withdrawn people left out",)
    assert sorted(patients(study)) == ["P1", "P2", "P3", "P5"]
    assert pin(study, "study", "patient").rows == 5
    study.write("visits.csv", "visit_id,patient_id\n9,P4\n10,P5\n")
    found = counts(give(study, data="visit=visits.csv"))
    assert found == {"rows_read": 2, "rows_added": 1, "withdrawn_left_out": 1}
    found = {row["visit_id"] for row in answers_of(study.lake, "study")["visit"]}
    assert found == {1, 2, 3, 4, 10}
