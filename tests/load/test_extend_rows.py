"""New, changed and deleted rows: what becomes of them, what is written, and what is refused."""

import shutil
from pathlib import Path

import pytest

from apollo_spark.errors import (
    ApolloError,
    CheckFailedError,
    ConflictError,
    InputFileError,
    NotFoundError,
    UsageError,
)
from tests.support.loading import answers_of, do_at, require_sound, run_load
from tests.support.rowing import counts, files, give, origins, pin, states
from tests.support.study import Study

ONE_ROW = 8
"""Small enough to give every row a file of its own."""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    made = Study(tmp_path)
    made.replace(
        "data_dictionary.csv",
        "passport,passport_id,string,local",
        "note,of_patient,string,,,,,,,,,,patient:patient_id,many_to_one,Of,\n"
        "note,text,string,,,,,,,,,,,,Text,\n"
        "passport,passport_id,string,local",
    )
    made.write("note.csv", "of_patient,text\nP1,first\nP1,first\nP2,second\n")
    made.data.append("note=note.csv")
    run_load(made, block_bytes=ONE_ROW)
    return made


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
    study.write("more.csv", "patient_id,weight\nP5,80\n")
    folder, away = study.lake / "tables" / "study" / "patient", study.folder / "away"
    away.mkdir()

    def hide() -> None:
        for path in folder.glob("*.parquet"):
            shutil.move(path, away / path.name)

    def bring_back() -> None:
        for path in away.glob("*.parquet"):
            shutil.move(path, folder / path.name)

    first, second = do_at("read rows", hide), do_at("commit patient", bring_back)
    give(study, data="patient=more.csv", on_step=lambda name: (first(name), second(name))[0])

    assert patients(study)["P5"] == (None, 80.0, None)
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


@pytest.mark.parametrize(
    ("given", "text", "error", "said"),
    [
        ("patient", "patient_id,weight\nP5,heavy\n", CheckFailedError, "cell_float"),
        ("patient", "patient_id,sex\nP5,X\n", CheckFailedError, "cell_code"),
        ("patient", "patient_id,sex\n,F\n", CheckFailedError, "key_missing"),
        ("patient", "patient_id,sex\nP5,F\nP5,M\n", CheckFailedError, "key_unique"),
        ("patient", "patient_id,site_id\nP1,9\n", CheckFailedError, "reference_resolves"),
        ("visit", "visit_id,patient_id\n1,P9\n", CheckFailedError, "reference_resolves"),
        ("passport", "passport_id,holder\nX9,P1\n", CheckFailedError, "reference_cardinality"),
        ("passport", "passport_id,holder\nX1,P2\n", CheckFailedError, "reference_cardinality"),
        ("patient", "patient_id,height\nP5,2\n", InputFileError, "header_unknown_column"),
        ("patient", "weight\n61\n", InputFileError, "header_missing_column"),
        ("patient", "patient_id,weight\nP5\n", InputFileError, "row_length"),
        ("person", "patient_id\nP5\n", NotFoundError, "no entity"),
    ],
)
def test_rows_that_break_a_rule_are_refused(
    study: Study, given: str, text: str, error: type[ApolloError], said: str
) -> None:
    study.write("more.csv", text)
    before = states(study.lake / "tables")

    with pytest.raises(error) as refused:
        give(study, data=f"{given}=more.csv")

    assert said in str(refused.value)
    assert states(study.lake / "tables") == before
    require_sound(study.lake)


@pytest.mark.parametrize(
    ("given", "text", "error", "said"),
    [
        ("patient", "patient_id\nP1\n", CheckFailedError, "entity visit: column patient_id"),
        ("site", "site_id\n2\n", CheckFailedError, "entity patient: column site_id"),
        ("visit", "visit_id\n77\n", CheckFailedError, "delete_unmatched"),
        ("visit", "visit_id\nfirst\n", CheckFailedError, "cell_integer"),
        ("visit", "visit_id\n\n1\n", None, ""),
        ("visit", "visit\n1\n", InputFileError, "header_missing_column"),
        ("note", "text\nfirst\n", UsageError, "no primary key"),
    ],
)
def test_keys_to_delete_that_break_a_rule_are_refused(
    study: Study, given: str, text: str, error: type[ApolloError] | None, said: str
) -> None:
    study.write("keys.csv", text)
    if error is None:
        assert counts(give(study, delete=f"{given}=keys.csv")) == {"rows_deleted": 1}
        return

    with pytest.raises(error) as refused:
        give(study, delete=f"{given}=keys.csv")

    assert said in str(refused.value)


def test_everything_wrong_is_said_at_once(study: Study) -> None:
    study.write("more.csv", "visit_id,patient_id,symptoms\n9,P9,R\n8,P1,Q\n8,P1,R\n1,P1,R\n")
    study.write("keys.csv", "visit_id\n1\n77\n")

    with pytest.raises(CheckFailedError) as refused:
        give(study, data="visit=more.csv", delete="visit=keys.csv")

    rules = ("reference_resolves", "cell_code", "key_unique")
    for rule in (*rules, "delete_unmatched", "delete_contradicted"):
        assert rule in str(refused.value)
    for value in ("P9", "77", "Q"):
        assert f" {value}" not in str(refused.value)


def test_a_parent_goes_when_its_children_are_gone(study: Study) -> None:
    study.write("visits.csv", "visit_id\n4\n")
    study.write("keys.csv", "patient_id\nP3\n")
    give(study, delete="visit=visits.csv")

    assert counts(give(study, delete="patient=keys.csv")) == {"rows_deleted": 1}
    assert sorted(patients(study)) == ["P1", "P2", "P4"]


def test_a_value_may_move_from_one_row_to_another(study: Study) -> None:
    study.write("more.csv", "passport_id,holder\nX1,P2\nX2,P1\n")

    assert counts(give(study, data="passport=more.csv"))["rows_changed"] == 2


def test_a_policy_allows_keys_that_match_nothing_and_leaves_rows_out(study: Study) -> None:
    study.write("keys.csv", "visit_id\n77\n2\n")
    outcome = give(study, delete="visit=keys.csv", policy="rules: {delete_unmatched: warn}\n")
    assert counts(outcome) == {"rows_deleted": 1, "deletes_unmatched": 1}

    study.write("more.csv", "visit_id,patient_id\n9,P9\n8,P1\n1,P2\n")
    policy = "rules: {reference_resolves: quarantine}\n"
    outcome = give(study, data="visit=more.csv", policy=policy)
    assert counts(outcome) == {
        "rows_read": 3,
        "rows_added": 1,
        "rows_changed": 1,
        "rows_quarantined": 1,
    }
    assert [row["visit_id"] for row in answers_of(study.lake, "study")["visit"]] == [1, 3, 4, 8]
    left_out = next(study.lake.glob("reports/*/*/quarantine.visit.csv"))
    assert left_out.read_text().splitlines()[1].endswith("more.csv,2,reference_resolves,9,P9")
    require_sound(study.lake)


def test_new_rows_without_a_column_for_their_parent_are_warned_about(study: Study) -> None:
    study.write("more.csv", "visit_id\n9\n")

    outcome = give(study, data="visit=more.csv")

    found = [(each.rule, each.entity, each.column, each.count) for each in outcome.findings]
    assert found == [("reference_missing", "visit", "patient_id", 1)]


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


def test_rows_of_another_dataset_are_refused_with_the_way_to_go(study: Study) -> None:
    assert study.ask("view", "study", "--as", "part", "--entities", "patient,visit").code == 0
    study.write("more.csv", "patient_id,weight\nP1,62\n")

    with pytest.raises(ConflictError, match="apollo rebase"):
        give(study, data="patient=more.csv", name="part")


def test_rows_go_to_the_newest_version_only(study: Study) -> None:
    study.write("more.csv", "patient_id,weight\nP1,62\n")
    give(study, data="patient=more.csv")

    with pytest.raises(ConflictError, match="went on to study@2"):
        give(study, data="patient=more.csv", name="study@1")


def test_a_row_of_somebody_withdrawn_is_the_one_row_of_that_key_and_stays_hidden(
    study: Study,
) -> None:
    study.write("out.csv", "patient_id\nP4\n")
    words = ("withdraw", study.folder / "out.csv", "--of", "study.patient", "--apply")
    assert study.ask(*words).code == 0
    study.write("more.csv", "patient_id,weight\nP4,99\nP5,80\n")

    outcome = give(study, data="patient=more.csv")

    assert counts(outcome) == {"rows_read": 2, "rows_added": 1, "rows_changed": 1}
    assert sorted(patients(study)) == ["P1", "P2", "P3", "P5"]
    assert pin(study, "study", "patient").rows == 5
    study.write("visits.csv", "visit_id,patient_id\n9,P4\n")
    with pytest.raises(CheckFailedError, match="reference_resolves"):
        give(study, data="visit=visits.csv")


def test_rows_of_a_wide_entity_go_to_every_table_that_holds_their_columns(tmp_path: Path) -> None:
    study = Study(tmp_path)
    conf = study.write("narrow.yaml", "runner: local\nmax_columns: 4\n")
    assert study.load("--conf", conf).code == 0
    record = study.ask("show", "study", "--json").json
    tables = [each["table"] for each in record["pins"] if each["table"].startswith("patient")]
    assert len(tables) > 1
    study.write("more.csv", "patient_id,weight,smokes,sex\nP1,62,0,F\nP4,58.25,4,\nP5,80,,M\n")
    study.write("keys.csv", "patient_id\nP2\n")
    study.write("gone.csv", "visit_id\n3\n")
    study.write("left.csv", "passport_id\nX2\n")
    give(study, delete="visit=gone.csv")
    give(study, delete="passport=left.csv")

    outcome = give(study, data="patient=more.csv", delete="patient=keys.csv")

    assert counts(outcome) == {
        "rows_read": 3,
        "rows_added": 1,
        "rows_changed": 2,
        "rows_deleted": 1,
    }
    rows = answers_of(study.lake, "study")["patient"]
    columns = ("patient_id", "sex", "weight", "smokes", "site_id")
    assert [tuple(row[each] for each in columns) for row in rows] == [
        ("P1", "F", 62.0, 0, 1),
        ("P3", "F", 72.0, 20, 1),
        ("P4", None, 58.25, 4, None),
        ("P5", "M", 80.0, None, None),
    ]
    assert len(answers_of(study.lake, "study@1")["patient"]) == 4
    require_sound(study.lake)


def test_names_of_fields_and_columns_may_be_those_of_questions(tmp_path: Path) -> None:
    study = Study(tmp_path)
    study.write(
        "data_dictionary.csv",
        "entity,name,type,primary_key_type\nthing,key,string,global\nthing,filename,string,\n"
        "thing,file_row_number,integer,\nthing,old,string,\n",
    )
    study.write("thing.csv", "key,filename,file_row_number,old\na,x,1,y\nb,x,2,y\n")
    study.write("codings.csv", "coding_name,code,meaning\n")
    study.write("entity_dictionary.csv", "entity,entity_title\nthing,Things\n")
    study.data = ["thing=thing.csv"]
    run_load(study)
    study.write("more.csv", "key,filename\na,z\nc,w\n")

    assert counts(give(study, data="thing=more.csv"))["rows_changed"] == 1

    rows = [tuple(row.values()) for row in answers_of(study.lake, "study")["thing"]]
    assert rows == [("a", "z", 1, "y"), ("b", "x", 2, "y"), ("c", "w", None, None)]
