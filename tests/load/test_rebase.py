"""Moving views to newer data: the plan says what changes, apply does it, undo takes it back."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.study import Study, loaded, prepared


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return prepared(with_part, tmp_path)


def with_part(folder: Path) -> Study:
    study = loaded(folder)
    words = ("--fields", "patient.sex,patient.weight,visit.note", "--rows", "patient.weight > 60")
    assert study.ask("view", "study", "--as", "part", *words).last_line == "part@1"
    return study


def rows(study: Study, name: str) -> list[str]:
    result = study.ask("extract", "fields", name, "--fields", "patient.patient_id,patient.sex")
    assert result.code == 0, result.err
    return result.out.splitlines()[1:]


def grow(study: Study) -> None:
    """Publish study@2: P1 weighs less, P4 more; a code and a field are gone, a field is new."""
    study.replace("patient.csv", "61.5", "59")
    study.replace("patient.csv", "58.25", "70")
    study.replace("data_dictionary.csv", "visit,note,string", "visit,remark,string")
    study.replace("visit.csv", "note", "remark")
    study.replace("codings.csv", "sex,M,Male,,2,\n", "sex,X,Other,,2,\n")
    study.replace("patient.csv", "P2,M", "P2,X")
    assert study.load().last_line == "study@2"


def plan(study: Study, *more: object) -> dict[str, Any]:
    result = study.ask("rebase", "part", "--onto", "study@2", "--full", "--json", *more)
    assert result.code == 0, result.err
    found: dict[str, Any] = result.json["plans"][0]
    return found


def test_the_plan_says_what_changes_and_publishes_nothing(study: Study) -> None:
    grow(study)

    found = plan(study)

    assert found["moves"] == [{"before": "study@1", "after": "study@2"}]
    assert (found["people_before"], found["people_added"], found["people_lost"]) == (2, 1, 1)
    assert found["fields_dropped"] == ["visit.note"]
    assert found["codes_gone"] == [{"coding": "sex", "count": 1}]
    versions = study.ask("history", "part", "--json").json["versions"]
    assert [each["version"] for each in versions] == [1]


def test_applied_it_is_the_next_version_and_undone_it_is_the_one_before(study: Study) -> None:
    grow(study)

    applied = study.ask("rebase", "part", "--onto", "study@2", "--apply")

    assert (applied.code, applied.last_line) == (0, "part@2"), applied.err
    assert rows(study, "part") == ["P3,F", "P4,"]
    assert rows(study, "part@1") == ["P1,F", "P3,F"]
    again = study.ask("rebase", "part", "--onto", "study@2", "--apply", "--json").json
    assert (again["published"], again["current"]) == ([], ["part@2"])
    assert study.ask("rebase", "--undo", "part@2").last_line == "part@3"
    assert rows(study, "part@3") == rows(study, "part@1")
    shown = [study.ask("show", f"part@{v}", "--json", "--full").json for v in (1, 3)]
    assert shown[0]["pins"] == shown[1]["pins"]
    assert study.ask("rebase", "part", "--onto", "study@2", "--apply").last_line == "part@4"
    assert study.ask("verify", "part", "--deep").code == 0


def test_a_rule_on_a_renamed_field_needs_its_new_name(study: Study) -> None:
    study.replace("data_dictionary.csv", "patient,weight,float", "patient,mass,float")
    study.replace("patient.csv", "weight", "mass")
    study.load()

    assert "patient.weight" in plan(study)["refused"]
    refused = study.ask("rebase", "part", "--onto", "study@2", "--apply")
    assert (refused.code, refused.out) == (14, "")
    names = study.write("names.csv", "old,new\npatient.weight,patient.mass\n")
    moved = study.ask("rebase", "part", "--onto", "study@2", "--map", names, "--apply")
    assert (moved.code, moved.last_line) == (0, "part@2"), moved.err
    assert rows(study, "part") == ["P1,F", "P3,F"]


def test_what_is_made_of_nothing_or_moved_to_nothing_is_wrong_usage(study: Study) -> None:
    study.load(name="other")

    said = {
        "is made from no other dataset": ("study", "--onto", "other@1"),
        "Nothing is named to move to": ("part",),
        "A record is named twice.": ("part", "part", "--onto", "other@1"),
        "part@1 cannot be moved onto its own name.": ("part", "--onto", "part@1"),
    }
    for text, words in said.items():
        found = study.ask("rebase", *words)
        assert (found.code, text in found.err) == (2, True), found.err
    assert study.ask("rebase", "--undo", "part@1").code == 2
    assert study.ask("rebase", "part", "--onto", "study@9").code == 13


def test_a_merge_moves_the_parent_that_is_named_and_the_other_stays(study: Study) -> None:
    study.load(name="other")
    words = ("--on-clash", "prefix:b_", "--as", "both")
    merged = study.ask("merge", "clinical", "other", "study", *words)
    assert (merged.code, merged.last_line) == (0, "both@1"), merged.err
    grow(study)
    fields = ("--fields", "patient.patient_id,patient.weight,b_patient.weight")
    before = study.ask("extract", "fields", "both", *fields).out

    moved = study.ask("rebase", "both", "--onto", "study@2", "--apply")

    assert (moved.code, moved.last_line) == (0, "both@2"), moved.err
    assert study.ask("extract", "fields", "both@1", *fields).out == before
    assert study.ask("extract", "fields", "both", *fields).out.splitlines()[1:] == [
        "P1,59.0,61.5", "P2,,", "P3,72.0,72.0", "P4,70.0,58.25",
    ]  # fmt: skip
    parents = study.ask("show", "both", "--json").json["parents"]
    assert parents == ["other@1", "study@2"]


def test_a_linked_assay_moves_with_its_linking_table(study: Study) -> None:
    matrix = study.write("counts.tsv", "feature_id\tS1\tS2\nENSG00000000001\t1\t2\n")
    load = ("load", "expression", "rna", "--assay", "a", "--unit", "count", "--source", matrix)
    assert study.ask(*load).code == 0
    links = study.write("links.csv", "sample,patient\nS1,P1\nS2,P3\n")
    words = ("rna", "study", "--as", "all", "--assay", "a", "--link-file", links)
    merged = study.ask("merge", "assay", *words)
    assert merged.code == 0, merged.err
    links.unlink()
    grow(study)

    moved = study.ask("rebase", "all", "--onto", "study@2", "--apply")

    assert (moved.code, moved.last_line) == (0, "all@2"), moved.err
    values = study.ask("extract", "expression", "all").out
    assert values == study.ask("extract", "expression", "all@1").out
    assert len(values.splitlines()) == 3
    withdrawn = study.write("gone.csv", "patient_id\nP1\n")
    assert study.ask("withdraw", withdrawn, "--of", "study.patient", "--apply").code == 0
    assert study.ask("extract", "expression", "all").out.splitlines()[1:] == [
        "ENSG00000000001,S2,2"
    ]
