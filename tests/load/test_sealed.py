"""A sealed copy: a lake of its own that holds what a view shows, and nothing else of anybody."""

from pathlib import Path

import pytest

from tests.support.held import held_by
from tests.support.study import CommandResult, Study, apollo, loaded, prepared

MATRIX = "feature_id\tS1\tS2\tS3\nENSG00000000001\t1\t2\t30\nENSG00000000002\t4\t\t6\n"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return prepared(loaded, tmp_path)


def seal(study: Study, name: str) -> Path:
    folder = study.folder / "sealed"
    result = study.ask("extract", "sealed", name, "-o", folder)
    assert result.code == 0, result.err
    return folder


def ask(folder: Path, *words: object) -> CommandResult:
    result = apollo("--lake", folder, *words)
    assert result.code == 0, result.err
    return result


def test_a_sealed_copy_gives_the_rows_of_the_view_and_holds_no_others(study: Study) -> None:
    words = ("--fields", "patient.born,visit.note,visit.symptoms", "--rows", 'patient.sex = "M"')
    assert study.ask("view", "study", "--as", "men", *words).code == 0

    folder = seal(study, "men")

    names = "patient.patient_id,visit.note,visit.symptoms"
    fields = ("extract", "fields", "men", "--fields", names)
    assert ask(folder, *fields).out == study.ask(*fields).out
    assert ask(folder, "verify", "--deep").code == 0
    shown = ask(folder, "show", "men", "--full", "--json").json
    assert (shown["parents"], shown["inputs"]) == ([], [])
    assert {pin["table"]: pin["rows"] for pin in shown["pins"]} == {"patient": 1, "visit": 1}
    text = held_by(folder)
    for hidden in (
        "P1",
        "P3",
        "second",
        "Uppsala",
        "site",
        "weight",
        "symptomR",
        '"study"',
        "study@",
        "tables/study",
    ):
        assert hidden not in text, hidden


def test_a_folder_with_something_in_it_is_refused(study: Study) -> None:
    study.write("sealed/mine.txt", "mine")

    result = study.ask("extract", "sealed", "study", "-o", study.folder / "sealed")

    assert result.code == 2
    assert [each.name for each in (study.folder / "sealed").iterdir()] == ["mine.txt"]


def test_a_sealed_assay_has_the_shown_samples_with_their_own_statistics(study: Study) -> None:
    source = study.write("counts.tsv", MATRIX)
    loaded = study.ask(
        "load", "expression", "rna", "--assay", "a", "--unit", "count", "--source", source
    )
    assert loaded.code == 0, loaded.err
    rows = ("--rows", 'sample.sample_id in ("S1", "S2")')
    assert study.ask("view", "rna", "--as", "two", *rows).code == 0
    words = ("extract", "expression", "two")
    assert study.ask(*words).out.splitlines()[1:] == [
        "ENSG00000000001,S1,1", "ENSG00000000001,S2,2", "ENSG00000000002,S1,4",
    ]  # fmt: skip

    folder = seal(study, "two")

    assert ask(folder, *words).out == study.ask(*words).out
    assert ask(folder, "verify", "--deep").code == 0
    assert ask(folder, "show", "two", "--json").json["receipt"]["samples"] == 2
    text = held_by(folder)
    assert "S2" in text
    assert "S3" not in text


def test_a_view_of_nobody_is_sealed_with_no_rows_and_no_samples(study: Study) -> None:
    source = study.write("counts.tsv", MATRIX)
    load = ("load", "expression", "rna", "--assay", "a", "--unit", "count", "--source", source)
    assert study.ask(*load).code == 0
    rows = ("--rows", 'sample.sample_id = "nobody"')
    assert study.ask("view", "rna", "--as", "none", *rows).code == 0

    folder = seal(study, "none")

    assert ask(folder, "extract", "expression", "none").out.splitlines()[1:] == []
    assert ask(folder, "verify", "--deep").code == 0
