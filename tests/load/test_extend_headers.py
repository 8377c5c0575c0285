"""Columns of an extension are called as in the file of the first load, or as their fields."""

from pathlib import Path

import pytest

from tests.support.study import Study, prepared

DICTIONARY = """\
entity,name,type,primary_key_type,source_column
p,pid,string,global,Patient ID
p,w,float,,Weight (kg)
p,x,integer,,w
"""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return prepared(with_headers, tmp_path)


def with_headers(folder: Path) -> Study:
    study = Study(folder)
    study.write("data_dictionary.csv", DICTIONARY)
    study.write("codings.csv", "coding_name,code,meaning\n")
    study.write("entity_dictionary.csv", "entity,entity_title\np,People\n")
    study.write("p.csv", "Patient ID,Weight (kg),w\n007,1,2\n8,2,3\n")
    study.data = ["p=p.csv"]
    assert study.load().code == 0
    return study


def people(study: Study) -> list[str]:
    return study.ask("extract", "fields", "study", "--fields", "p.pid,p.w,p.x").out.splitlines()[1:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Patient ID,Weight (kg)\n007,5\n", "007,5.0,2"),
        ("pid,Weight (kg)\n007,5\n", "007,5.0,2"),
        # This name is that of a column of another field first.
        ("pid,w\n007,5\n", "007,1.0,5"),
        ("Patient ID,x\n007,5\n", "007,1.0,5"),
    ],
)
def test_rows_are_changed_under_either_name(study: Study, text: str, expected: str) -> None:
    file = study.write("given.csv", text)

    changed = study.ask("extend", "study", "--data", f"p={file}")

    assert changed.code == 0, changed.err
    assert people(study) == [expected, "8,2.0,3"]


@pytest.mark.parametrize("name", ["pid", "Patient ID"])
def test_rows_are_deleted_under_either_name(study: Study, name: str) -> None:
    file = study.write("gone.csv", f"{name}\n007\n")

    deleted = study.ask("extend", "study", "--delete", f"p={file}")

    assert deleted.code == 0, deleted.err
    assert people(study) == ["8,2.0,3"]
