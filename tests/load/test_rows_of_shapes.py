"""Rows that come, change and go in entities of several tables, and with awkward names."""

from pathlib import Path

from tests.support.loading import answers_of, require_sound, run_load
from tests.support.rowing import counts, give
from tests.support.study import Study


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
