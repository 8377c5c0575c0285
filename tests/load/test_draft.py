"""Files without a dictionary: one is drafted, written, edited or loaded at once."""

import csv
import shlex
from pathlib import Path

import pytest

import apollo_spark as ap
from tests.support.study import CommandResult, apollo

PATIENTS = """Patient ID,Sex,Born,Weight (kg)
P1,f,1950-02-01,61.5
P2,m,1960-03-01,NA
P3,f,1961-03-01,72
P4,m,1962-03-01,80.5
"""
VISITS = """visit_id,patient,day,fev1_l,drugs
1,P1,2020-01-01,2.5,a|b
2,P1,2020-02-01,2.25,a
3,P3,2020-01-05,3.5,b|a
4,P3,2020-02-05,3.25,b
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the files of two entities, which is the working folder."""
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "patients.csv").write_text(PATIENTS, encoding="utf-8")
    (tmp_path / "raw" / "visits.csv").write_text(VISITS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(line: str) -> CommandResult:
    words = shlex.split(line)
    assert words[0] == "apollo"
    return apollo("--lake", "lake", *words[1:])


def test_a_draft_is_loaded_by_the_command_that_it_prints(files: Path) -> None:
    result = run("apollo draft-dictionary raw -o draft")

    assert result.code == 0, result.err
    assert "2 entities, 9 fields; main entity: patients" in result.out
    assert "these cells are read as missing: NA" in result.out
    names = {"data_dictionary.csv", "codings.csv", "entity_dictionary.csv", "guesses.csv"}
    assert {each.name for each in (files / "draft").iterdir()} == names
    assert run(result.last_line).last_line == "draft@1"
    extract = "apollo extract fields draft --fields patients.Patient_ID,patients.Weight_kg"
    assert run(extract).out.splitlines()[1:3] == ["P1,61.5", "P2,"]
    weight = ap.open_lake("lake").dataset("draft")["patients"]["Weight_kg"]
    assert (weight.title, weight.units) == ("Weight", "kg")


def test_a_load_without_a_dictionary_drafts_shows_and_keeps_one(files: Path) -> None:
    load = (
        "apollo load clinical study --data patients=raw/patients.csv --data visits=raw/visits.csv"
    )

    result = run(load)

    assert result.last_line == "study@1"
    for line in (
        "note: the dictionary was drafted from the files; main entity: patients",
        "note: keys: patients by Patient_ID, visits by visit_id",
        "note: references: visits.patient to patients",
    ):
        assert line in result.err
    receipt = run("apollo show study --json").json["receipt"]
    assert {(each["entity"], each["what"]) for each in receipt["guesses"]} >= {
        ("patients", "key"), ("visits", "reference"), ("visits", "multi-select"),
    }  # fmt: skip
    # What the draft says in files is the same load.
    run("apollo draft-dictionary raw -o draft")
    written = " ".join(
        f"--{option} draft/{file}.csv"
        for option, file in (
            ("dictionary", "data_dictionary"),
            ("codings", "codings"),
            ("entities", "entity_dictionary"),
        )
    )
    again = run(f"{load} {written} --missing NA")
    assert "already study@1" in again.err
    assert again.last_line == "study@1"


def test_dates_and_numbers_of_other_countries_are_read(files: Path) -> None:
    rows = "id;geboren;gewicht\nP1;31.01.1960;61,5\nP2;1.2.1999;\nP3;;1.061,25\n"
    (files / "personen.csv").write_text(rows, encoding="utf-8")

    draft = run("apollo draft-dictionary personen.csv -o draft --delimiter ;")
    assert run(draft.last_line).last_line == "draft@1"

    extract = "apollo extract fields draft --fields personen.id,personen.geboren,personen.gewicht"
    expected = ["P1,1960-01-31,61.5", "P2,1999-02-01,", "P3,,1061.25"]
    assert run(extract).out.splitlines()[1:] == expected
    written = run("apollo extract dictionary draft -o again")
    assert written.code == 0, written.err
    for name in ("data_dictionary", "codings"):
        path = files / "again" / f"draft.{name}.csv"
        assert not path.exists() or path.read_text() == (files / "draft" / f"{name}.csv").read_text(
            encoding="utf-8"
        )
    # The next rows come in the same form; what was extracted is read as well.
    (files / "more.csv").write_text("id;geboren;gewicht\nP4;2.3.1970;70,5\n", encoding="utf-8")
    extended = run("apollo extend draft --data personen=more.csv --delimiter ;")
    assert extended.code == 0, extended.err
    assert run(extract).out.splitlines()[4:] == ["P4,1970-03-02,70.5"]
    assert run("apollo verify draft --deep --sources").code == 0


def test_a_cell_that_does_not_fit_the_format_is_refused(files: Path) -> None:
    (files / "d.csv").write_text(
        "entity,name,type,primary_key_type,format\np,id,string,global,\np,born,date,,dd.mm.yyyy\n"
    )
    (files / "p.csv").write_text("id,born\n1,31.01.1960\n2,01/31/1960\n", encoding="utf-8")

    result = run("apollo load clinical s --dictionary d.csv --data p=p.csv")

    assert (result.code, "p.csv: line 3, column born" in result.err) == (12, True), result.err


def test_a_format_without_meaning_is_refused(files: Path) -> None:
    (files / "d.csv").write_text(
        "entity,name,type,primary_key_type,format\np,id,string,global,\np,born,date,,d.m.y\n"
    )

    result = run("apollo load clinical s --dictionary d.csv --data p=raw/patients.csv")

    assert result.code == 11
    assert "'d.m.y' is not a format of type date: it has no 'yyyy' (field_format)" in result.err


def test_a_draft_says_how_sure_it_is(files: Path) -> None:
    run("apollo draft-dictionary raw -o draft")

    with (files / "draft" / "guesses.csv").open(encoding="utf-8") as stream:
        guesses = {(each["entity"], each["field"]): each for each in csv.DictReader(stream)}

    assert guesses["patients", "Patient_ID"]["certainty"] == "sure"
    assert guesses["visits", "patient"]["proposed"] == "patients:Patient_ID"
    assert guesses["patients", "Weight_kg"]["what"] == "units"


def test_python_drafts_too(files: Path) -> None:
    lake = ap.open_lake("lake")

    outcome = lake.load_clinical("study", data={"patients": "raw/patients.csv"}, dry_run=True)

    assert outcome.receipt is not None
    assert [each.what for each in outcome.receipt.guesses if each.field == "Sex"] == ["coding"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("raw/none.csv -o d", 10, "raw/none.csv"),
        ("raw -o d --key visits=day_x", 2, "--key names 'day_x', and 'visits' has no such column."),
        (
            "raw -o d --key visit=day",
            13,
            "No file is of an entity 'visit' (did you mean 'visits'?).",
        ),
        ("raw -o d --main people", 13, "No file is of an entity 'people'."),
        ("empty -o d", 2, "The folder empty holds no data file."),
        ("1st=raw/visits.csv -o d", 2, "'1st' cannot be an entity"),
        ("raw -o raw --force", 0, ""),
        ("raw/visits.csv -o there", 2, "exists already"),
        ("odd.csv -o d", 11, "no key was found"),
        ("odd.csv -o d --key odd=a", 0, ""),
    ],
)
def test_what_a_draft_cannot_do_is_refused(
    files: Path, words: str, code: int, message: str
) -> None:
    for name in ("empty", "there"):
        (files / name).mkdir()
    (files / "there" / "guesses.csv").write_text("", encoding="utf-8")
    (files / "odd.csv").write_text("a,b\nx,1\nx,1\n", encoding="utf-8")

    result = run(f"apollo draft-dictionary {words}")

    assert (result.code, message in result.err) == (code, True), result.err
    assert (files / "d").exists() is ("-o d" in words and not code)


def test_codings_go_with_a_dictionary(files: Path) -> None:
    result = run("apollo load clinical study --data p=raw/patients.csv --codings raw/visits.csv")

    assert result.code == 2
    assert "--codings and --entities go with --dictionary: without it all is drafted." in result.err


def test_a_load_that_cannot_be_drafted_is_refused(files: Path) -> None:
    (files / "raw" / "visits.csv").write_bytes(b"\0\1")

    result = run("apollo load clinical study --data visits=raw/visits.csv")

    assert result.code == 10
    assert "file_not_text" in result.err
