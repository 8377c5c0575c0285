"""Many extensions of one entity: few tables are joined, and every version reads as it did."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from apollo_spark.lake.lake import open_lake
from apollo_spark.model.names import parse_reference
from tests.support.extending import everything, extend, record_of, rows, run_extension, tables_of
from tests.support.loading import answers_of, require_sound
from tests.support.study import Study, loaded, prepared


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return prepared(loaded, tmp_path)


def values(number: int) -> str:
    """A file of one field; every third person is not in it."""
    cells = [f"P{each},{number * 10 + each}\n" for each in range(1, 5) if (each + number) % 3]
    return f"patient_id,f{number}\n{''.join(cells)}"


def test_small_tables_become_one_and_every_field_of_every_version_stays(study: Study) -> None:
    tables = []
    for number in range(1, 10):
        run_extension(study.lake, study.write("more.csv", values(number)))
        tables.append(len(tables_of(study)))

    # The bits of the number of extensions, and the table with every row.
    assert tables == [2, 2, 3, 2, 3, 3, 4, 2, 3]
    found = everything(study.lake)
    for version in range(2, 11):
        fields = [f"f{each}" for each in range(1, version)]
        assert [
            {name: row[name] for name in fields} for row in found[f"study@{version}"]["patient"]
        ] == [
            {
                f"f{number}": number * 10 + person if (person + number) % 3 else None
                for number in range(1, version)
            }
            for person in range(1, 5)
        ]
        assert set(found[f"study@{version}"]["patient"][0]) & {f"f{version}"} == set()
    require_sound(study.lake)


def test_a_table_of_folded_fields_holds_a_row_for_each_key_of_any(study: Study) -> None:
    for text in ("patient_id,a\nP1,1\nP2,2\n", "patient_id,b\nP2,5\nP4,6\n"):
        assert extend(study, text).code == 0

    record = record_of(study)
    pin = record.pin_of("patient.fields.3.folded")
    lake = open_lake(str(study.lake))
    stored = [row for file in lake.tables.files(pin) for row in pq.read_table(file).to_pylist()]
    assert stored == [
        {"patient_id": "P1", "a": 1, "b": None},
        {"patient_id": "P2", "a": 2, "b": 5},
        {"patient_id": "P4", "a": None, "b": 6},
    ]


def test_more_fields_than_a_table_takes_go_to_several(study: Study) -> None:
    names = [f"f{each}" for each in range(7)]
    text = ",".join(["patient_id", *names]) + "\nP1,0,1,2,3,4,5,6\nP4,7,8,9,10,11,12,13\n"
    run_extension(study.lake, study.write("more.csv", text), max_columns=4)
    run_extension(study.lake, study.write("one.csv", "patient_id,g\nP4,1\n"), max_columns=4)
    run_extension(study.lake, study.write("two.csv", "patient_id,h,i\nP1,2,3\n"), max_columns=4)

    record = record_of(study)
    entity = record.find_entity("patient")
    assert entity is not None
    held = {each.table: each.fields for each in entity.slices[1:]}
    assert held == {
        "patient.fields.2": ("f0", "f1", "f2"),
        "patient.fields.2.2": ("f3", "f4", "f5"),
        "patient.fields.4.folded": ("f6", "g", "h"),
        "patient.fields.4.folded.2": ("i",),
    }
    assert rows(study, ",".join(f"patient.{each}" for each in [*names, "g", "h", "i"])) == [
        "0,1,2,3,4,5,6,,2,3",
        ",,,,,,,,,",
        ",,,,,,,,,",
        "7,8,9,10,11,12,13,1,,",
    ]
    require_sound(study.lake)


def test_tables_of_parents_are_never_written_anew(study: Study) -> None:
    assert extend(study, "patient_id,a\nP1,1\n").code == 0
    before = {each: each.stat().st_mtime_ns for each in (study.lake / "tables").rglob("*.parquet")}

    assert extend(study, "patient_id,b\nP1,1\n", "--as", "other").code == 0
    assert extend(study, "patient_id,c\nP1,1\n", name="other").code == 0

    assert [each.location for each in record_of(study, "other").pins if "fields" in each.table] == [
        "tables/study/patient.fields.2",
        "tables/other/patient.fields.2-2.folded",
    ]
    assert {each: each.stat().st_mtime_ns for each in before} == before
    assert rows(study, "patient.a,patient.b,patient.c", "other")[0] == "1,1,1"


def test_a_version_that_was_retired_leaves_its_tables_as_they_were(study: Study) -> None:
    extend(study, "patient_id,a\nP1,1\n")
    extend(study, "patient_id,b\nP1,1\n", "--as", "other")
    kept = everything(study.lake)["other@1"]
    assert study.ask("retire", "study@2").code == 0

    assert extend(study, "patient_id,z\nP1,9\n").code == 0

    assert open_lake(str(study.lake)).load_record(parse_reference("study")).version == 3
    assert answers_of(study.lake, "other@1") == kept


def test_a_folded_field_is_traced_to_the_file_that_brought_it(study: Study) -> None:
    for number, text in enumerate(("patient_id,a\nP1,1\nP2,2\n", "patient_id,b\nP2,5\n")):
        path = study.write(f"added{number}.csv", text)
        assert study.ask("extend", "study", "--data", f"patient={path}").code == 0

    first, second = (study.ask("trace", "study", "patient", "P2", each) for each in "ab")

    assert ("study@2" in first.out, "added0.csv, line 3" in first.out) == (True, True)
    assert ("study@3" in second.out, "added1.csv, column b" in second.out) == (True, True)
