"""From a cell back to the line of the file it came from, whatever came between."""

import hashlib
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from apollo_spark.lake.lake import open_lake
from apollo_spark.model.names import parse_reference
from apollo_spark.verbs.ask import cell_origin
from tests.support.secret import SECRET
from tests.support.study import CommandResult, Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    found = Study(tmp_path)
    found.load()
    return found


def trace(study: Study, *words: str) -> dict[str, Any]:
    shown = study.ask("trace", *words, "--json")
    assert shown.code == 0, shown.err
    found: dict[str, Any] = shown.json
    return found


def came_from(study: Study, *words: str) -> tuple[str, int, str]:
    """Return file, line and column that a cell came from."""
    found = trace(study, *words)
    source = found["source"]
    name = Path(source["file"]).name
    content = (study.folder / name).read_bytes()
    assert source["sha256"] == hashlib.sha256(content).hexdigest()
    return name, source["line"], found["column"]


@pytest.mark.parametrize(
    ("entity", "key", "field", "line"),
    [
        ("patient", "P3", "weight", 4),
        ("patient", "P1", "patient_id", 2),
        ("visit", "1", "note", 2),
        # The row before it has a line end in a quoted cell.
        ("visit", "2", "seen", 4),
        ("visit", "4", "symptoms", 6),
        ("site", "2", "city", 3),
    ],
)
def test_a_cell_leads_to_its_line(
    study: Study, entity: str, key: str, field: str, line: int
) -> None:
    assert came_from(study, "study", entity, key, field) == (f"{entity}.csv", line, field)


def test_everything_that_is_known_is_told_and_the_value_is_not(study: Study) -> None:
    found = trace(study, "study", "patient", "P3", "weight")

    file = found.pop("file")
    sha256 = hashlib.sha256((study.folder / "patient.csv").read_bytes()).hexdigest()
    assert found == {
        "dataset": "study@1",
        "entity": "patient",
        "field": "weight",
        "table": "tables/study/patient",
        "table_version": 0,
        "row": 2,
        "source": {"file": str(study.folder / "patient.csv"), "sha256": sha256, "line": 4},
        "column": "weight",
        "made_by": "study@1",
        "operation": "load clinical",
        "inputs": [],
    }
    rows = pq.read_table(study.lake / "tables" / "study" / "patient" / file).to_pylist()
    assert rows[2]["weight"] == 72.0


def test_the_value_is_shown_to_who_asks_for_it(study: Study) -> None:
    words = ("study", "patient", "P3", "weight", "--value")

    assert trace(study, *words)["value"] == 72.0
    shown = study.ask("trace", *words).out.splitlines()
    assert shown[-1] == "value    72.0"
    assert [line.partition(" ")[0] for line in shown] == [
        "cell", "table", "parquet", "made", "source", "sha256", "value",
    ]  # fmt: skip


def test_the_header_of_the_file_is_told_where_the_field_has_another_name(tmp_path: Path) -> None:
    study = Study(tmp_path)
    header, _, rest = study.read("data_dictionary.csv").partition("\n")
    lines = [
        f"{line},{'body weight (kg)' if line.startswith('patient,weight') else ''}"
        for line in rest.splitlines()
    ]
    study.write("data_dictionary.csv", "\n".join([f"{header},source_column", *lines, ""]))
    study.replace("patient.csv", "weight", "body weight (kg)")
    study.load()

    assert came_from(study, "study", "patient", "P1", "weight") == (
        "patient.csv", 2, "body weight (kg)",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("patient", SECRET, "weight"), 13),
        (("visit", SECRET, "seen"), 13),
        (("visit", "999999999999999999999", "seen"), 13),
        (("patient", "P1", "height"), 13),
        (("person", "P1", "weight"), 13),
    ],
)
def test_what_is_not_there_is_not_found_and_the_key_is_not_said(
    study: Study, words: tuple[str, ...], code: int
) -> None:
    shown: CommandResult = study.ask("trace", "study", *words)

    assert (shown.code, shown.out) == (code, "")
    assert words[1] not in shown.err.replace("patient.", "")


def test_an_entity_without_a_key_has_rows_without_a_name(tmp_path: Path) -> None:
    study = Study(tmp_path)
    study.replace("data_dictionary.csv", "site,site_id,integer,local", "site,site_id,integer,")
    study.replace("data_dictionary.csv", "site:site_id,many_to_one,Site", ",,Site")
    study.replace(
        "data_dictionary.csv", "site,city,string,,,,,,,,,,,,",
        "site,city,string,,,,,,,,,,patient:patient_id,many_to_one,",
    )  # fmt: skip
    study.write("site.csv", "site_id,city\n1,P1\n")
    assert study.load().code == 0

    shown = study.ask("trace", "study", "site", "1", "city")

    assert (shown.code, shown.out) == (2, "")
    assert "no primary key" in shown.err


def test_an_older_version_is_traced_to_its_own_file(study: Study) -> None:
    old = (study.folder / "patient.csv").read_bytes()
    study.write("patient.csv", "# a comment\n" + study.read("patient.csv").replace("72,", "73,"))
    assert study.load().last_line == "study@2"

    new = trace(study, "study", "patient", "P3", "weight")
    before = trace(study, "study@1", "patient", "P3", "weight")

    assert (new["made_by"], new["source"]["line"]) == ("study@2", 5)
    assert (before["made_by"], before["source"]["line"]) == ("study@1", 4)
    assert before["source"]["sha256"] == hashlib.sha256(old).hexdigest()


def extend_rows(study: Study) -> None:
    """Change the weight of one patient, and add another."""
    study.write("more.csv", "patient_id,weight\nP1,99.5\nP9,50\n")
    done = study.ask(
        "extend", "study", "--data", f"patient={study.folder / 'more.csv'}", "--mode", "rows",
    )  # fmt: skip
    assert done.code == 0, done.err


def test_a_value_that_an_extension_changed_leads_to_the_extension(study: Study) -> None:
    extend_rows(study)

    assert came_from(study, "study", "patient", "P1", "weight") == ("more.csv", 2, "weight")
    assert came_from(study, "study", "patient", "P9", "weight") == ("more.csv", 3, "weight")


def test_a_value_that_an_extension_left_leads_to_the_load(study: Study) -> None:
    extend_rows(study)

    assert came_from(study, "study", "patient", "P1", "sex") == ("patient.csv", 2, "sex")
    assert came_from(study, "study", "patient", "P3", "weight") == ("patient.csv", 4, "weight")


def test_what_only_a_swept_version_could_tell_is_not_guessed(study: Study) -> None:
    extend_rows(study)
    study.ask("retire", "study@1")
    study.ask("gc", "--grace", "0", "--apply")

    found = trace(study, "study", "patient", "P1", "sex")

    assert found["source"] is None
    assert (found["made_by"], found["operation"]) == ("study@2", "extend rows")
    assert [Path(each["name"]).name for each in found["inputs"]] == ["more.csv"]
    shown = study.ask("trace", "study", "patient", "P1", "sex")
    assert shown.code == 0
    assert "the line is not known" in shown.err


def test_a_field_that_was_added_leads_to_its_own_file(study: Study) -> None:
    study.write("heights.csv", "patient_id,height\nP2,170\nP1,180\n")
    study.ask("extend", "study", "--data", f"patient={study.folder / 'heights.csv'}")

    assert came_from(study, "study", "patient", "P1", "height") == ("heights.csv", 3, "height")
    # The file has no line of this patient.
    assert study.ask("trace", "study", "patient", "P3", "height").code == 13


def test_a_view_tells_where_its_rows_lie_in_full_only(
    study: Study,
) -> None:
    study.ask(
        "view", "study", "--as", "women", "--fields", "patient.patient_id,patient.weight",
        "--rows", 'patient.sex = "F"',
    )  # fmt: skip

    found = trace(study, "women", "patient", "P3", "weight")
    names = {"dataset": "women@1", "entity": "patient", "field": "weight", "inputs": []}
    assert found == {**dict.fromkeys(found), **names}
    full = study.ask("trace", "women", "patient", "P3", "weight", "--full", "--json").json
    assert (full["source"]["line"], full["made_by"]) == (4, "study@1")
    hidden = [
        study.ask("trace", "women", "patient", "P2", "weight"),
        study.ask("trace", "women", "patient", "P0", "weight"),
    ]
    assert hidden[0] == hidden[1]
    assert hidden[0].code == 13
    assert study.ask("trace", "women", "patient", "P3", "sex").code == 13


def test_a_merge_leads_to_the_files_of_both(study: Study) -> None:
    extend_rows(study)
    done = study.ask(
        "merge", "clinical", "study@1", "study@2", "--as", "both", "--on-clash", "prefix:old_"
    )
    assert done.code == 0, done.err

    assert came_from(study, "both", "patient", "P1", "weight") == ("more.csv", 2, "weight")
    assert came_from(study, "both", "old_patient", "P1", "weight") == ("patient.csv", 2, "weight")
    assert trace(study, "both", "old_patient", "P1", "weight")["made_by"] == "study@1"


def test_a_file_that_says_nothing_is_answered_with_what_is_known(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A file that another tool wrote says of no row where it came from.
    monkeypatch.setattr(cell_origin, "source_line", lambda _: None)

    found = trace(study, "study", "patient", "P3", "weight")

    assert found["source"] is None
    assert found["made_by"] == "study@1"
    assert [Path(each["name"]).name for each in found["inputs"]] == ["patient.csv"]


def test_a_missing_file_is_a_broken_pin(study: Study) -> None:
    lake = open_lake(str(study.lake))
    record = lake.load_record(parse_reference("study"))
    (file,) = lake.tables.files(record.pin_of("patient"))
    Path(file).unlink()

    assert study.ask("trace", "study", "patient", "P3", "weight").code == 16
