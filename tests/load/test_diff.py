"""What `apollo diff` says of two versions, and what it reads for that."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.rowing import give
from tests.support.study import Study, loaded, prepared


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return prepared(loaded, tmp_path)


def diff(study: Study, *words: object) -> Any:
    result = study.ask("diff", *words, "--json")
    assert result.code == 0, result.err
    return result.json


def rows_of(found: Any) -> dict[str, tuple[Any, ...]]:
    return {
        each["name"]: (
            each["added"],
            each["removed"],
            each["changed"],
            {spec["name"]: spec["changed"] for spec in each["fields"]},
        )
        for each in found["entities"]
        if each["is_read"]
    }


def test_rows_are_compared_by_key_with_counts_per_field(study: Study) -> None:
    study.write("more.csv", "patient_id,weight,sex\nP1,62,M\nP2,,F\nP5,80,F\n")
    study.write("keys.csv", "visit_id\n1\n4\n")
    give(study, data="patient=more.csv")
    give(study, delete="visit=keys.csv")

    assert rows_of(diff(study, "study@1", "study")) == {
        "patient": (1, 0, 2, {"sex": 2, "weight": 1}),
        "visit": (0, 2, 0, {}),
    }
    assert rows_of(diff(study, "study@3", "study@2")) == {"visit": (2, 0, 0, {})}
    shown = study.ask("diff", "study@1", "study@3")
    assert shown.out == (
        "study@1 -> study@3\n"
        "rows      added  removed  changed\n"
        "patient   1      0        2\n"
        "  sex                     2\n"
        "  weight                  1\n"
        "visit     0      2        0\n"
    )


def test_nothing_is_read_where_the_pins_are_equal(study: Study) -> None:
    study.write("patient.csv", "".join(sorted(study.read("patient.csv").splitlines(True))[::-1]))
    assert study.load(name="other").code == 0
    shutil.rmtree(study.lake / "tables" / "study" / "visit")

    assert rows_of(diff(study, "study@1", "study@1")) == {}
    assert rows_of(diff(study, "study@1", "other@1")) == {}
    shown = study.ask("diff", "study@1", "other")
    assert shown.out == "study@1 and other@1 are the same\n"


def test_a_change_of_the_dictionary_is_told_with_the_rows(study: Study) -> None:
    study.replace("data_dictionary.csv", "patient,weight,float", "patient,weight,string")
    study.replace("data_dictionary.csv", "visit,note,string", "visit,remark,string")
    study.replace("data_dictionary.csv", ",Note,", ",Note,")
    study.replace("visit.csv", "symptoms,note", "symptoms,remark")
    study.replace("codings.csv", "sex,M,Male,,2,", "sex,M,Man,,2,")
    study.replace("patient.csv", "P2,M", "P2,F")
    assert study.load().code == 0

    found = diff(study, "study@1", "study@2")

    assert found["schema_diff"]["fields_retyped"][0]["after"] == "patient.weight string"
    assert found["schema_diff"]["fields_added"] == ["visit.remark"]
    assert found["schema_diff"]["fields_removed"] == ["visit.note"]
    assert found["codings"] == [{"name": "sex", "added": 0, "removed": 0, "changed": 1}]
    assert rows_of(found) == {"patient": (0, 0, 1, {"sex": 1}), "visit": (0, 0, 0, {})}
    assert found["entities"][0]["not_compared"] == ["weight"]
    text = study.ask("diff", "study@1", "study@2").out
    assert "fields retyped: patient.weight float -> patient.weight string\n" in text
    assert "codings changed: sex (+0 -0 codes, 1 changed)\n" in text


def test_rows_that_a_view_hides_are_hidden_here(study: Study) -> None:
    words = ("view", "study", "--as", "part", "--rows", 'patient.sex = "F"')
    assert study.ask(*words).code == 0

    assert rows_of(diff(study, "study", "part")) == {
        "patient": (0, 2, 0, {}),
        "visit": (0, 1, 0, {}),
        "passport": (0, 1, 0, {}),
        "site": (0, 1, 0, {}),
    }
    assert rows_of(diff(study, "part", "part")) == {}


def test_keys_are_written_only_where_asked_and_never_over_a_file(study: Study) -> None:
    study.write("more.csv", "patient_id,weight\nP1,62\nP5,80\n")
    study.write("keys.csv", "visit_id\n4\n")
    give(study, data="patient=more.csv")
    give(study, delete="visit=keys.csv")
    folder = study.folder / "out" / "keys"

    result = study.ask("diff", "study@1", "study", "--keys", folder)

    assert result.code == 0
    assert "P5" not in result.out + result.err
    found = {each.name: each.read_text() for each in folder.iterdir()}
    assert found == {
        "patient.added.csv": "patient_id\nP5\n",
        "patient.changed.csv": "patient_id\nP1\n",
        "visit.removed.csv": "visit_id\n4\n",
    }
    assert study.ask("diff", "study@1", "study", "--keys", folder).code == 2
    assert study.ask("diff", "study@1", "study", "--keys", folder, "--force").code == 0


def test_a_file_of_keys_can_delete_what_came(study: Study) -> None:
    study.write("more.csv", "patient_id\nP5\nP6\n")
    give(study, data="patient=more.csv")
    study.ask("diff", "study@1", "study", "--keys", study.folder)

    give(study, delete="patient=patient.added.csv")

    assert diff(study, "study@1", "study@3")["entities"][0]["is_read"] is False


def test_people_who_are_withdrawn_are_in_neither_version(study: Study) -> None:
    study.replace("patient.csv", "P2,M,1957-11-30,,", "P2,M,1957-11-30,50,")
    study.replace("patient.csv", "61.5", "62")
    assert study.load().code == 0
    gone = study.write("gone.csv", "patient_id\nP1\n")
    assert study.ask("withdraw", gone, "--of", "study.patient", "--apply").code == 0

    found = diff(study, "study@1", "study@2", "--keys", study.folder / "keys")

    assert rows_of(found)["patient"] == (0, 0, 1, {"weight": 1})
    changed = (study.folder / "keys" / "patient.changed.csv").read_text()
    assert changed == "patient_id\nP2\n"
