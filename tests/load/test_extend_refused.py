"""What an extension refuses, and that nothing of a row is said about it."""

from pathlib import Path

import pytest

from tests.support.extending import (
    NEW_FIELDS,
    extend,
    record_of,
    secrets_in,
)
from tests.support.study import Study, loaded, prepared


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return prepared(loaded, tmp_path)


def test_a_field_that_is_there_is_a_clash_whatever_its_case(study: Study) -> None:
    assert extend(study, NEW_FIELDS).code == 0

    result = extend(study, "patient_id,SMOKER,sex,new\nP1,a,b,c\n")

    assert result.code == 14
    assert "field 'patient.SMOKER' is in the dataset already" in result.err
    assert "field 'patient.sex' is in the dataset already" in result.err
    assert record_of(study).version == 2


def test_everything_wrong_with_the_rows_is_told_at_once_without_their_values(study: Study) -> None:
    study.write("dictionary.csv", "entity,name,type,primary_key_type\npatient,age,integer,\n")
    text = "patient_id,age\nP1,4\nP1,5\nsecret1,6\n,7\nP3,secret2\n"

    result = extend(
        study, text, "--dictionary", study.folder / "dictionary.csv", "--report", study.report
    )

    assert result.code == 12
    found = {
        (each["rule"], each["column"]): [
            (place["line"], place["value"]) for place in each["places"]
        ]
        for each in study.findings()
        if each["severity"] == "refuse"
    }
    assert found == {
        ("key_unique", "patient_id"): [(2, "P1"), (3, "P1")],
        ("key_unmatched", "patient_id"): [(4, "secret1")],
        ("key_missing", "patient_id"): [(5, None)],
        ("cell_integer", "age"): [(6, "secret2")],
    }
    assert secrets_in(result, "secret1", "secret2") == []
    assert record_of(study).version == 1


def test_a_policy_cannot_let_a_clash_pass(study: Study) -> None:
    policy = study.write("policy.yaml", "rules: {field_present: warn}\n")

    result = extend(study, NEW_FIELDS, "--policy", policy)

    assert result.code == 11
    assert "nothing that is there is written over" in result.err


def test_a_dictionary_is_checked_against_the_one_that_stands(study: Study) -> None:
    dictionary = study.write(
        "dictionary.csv",
        "entity,name,type,primary_key_type,coding_name,referenced_entity_field,relationship\n"
        "patient,patient_id,integer,global,,,\n"
        "patient,sex,string,,,,\n"
        "patient,mood,string,,sex,,\n"
        "patient,home,integer,,,site:site_id,many_to_one\n"
        "patient,9lives,string,,nowhere,,\n"
        "hotel,room,string,,,,\n",
    )
    codings = study.write("codings2.csv", "coding_name,code,meaning\nsex,F,Fish\n")

    result = extend(
        study, "patient_id,mood,home,9lives\nP1,F,1,x\n",
        "--dictionary", dictionary, "--codings", codings, "--report", study.report,
    )  # fmt: skip

    assert result.code == 10  # of several kinds the lowest
    found = {
        (each["rule"], each["line"]) for each in study.findings() if each["severity"] == "refuse"
    }
    assert found >= {
        ("field_present", 2),
        ("field_present", 3),
        ("entity_paths", 5),
        ("field_name", 6),
        ("coding_unknown", 6),
        ("file_of_entity", 7),
        ("coding_present", 2),
    }
    assert all(each["line"] != 0 for each in study.findings())


def test_a_file_whose_header_is_missing_shows_no_cell_of_it(study: Study) -> None:
    for of in ("patient", "stay"):
        result = extend(study, "P1,secret\nP2,hidden\n", of=of)

        assert result.code in (10, 11)
        assert secrets_in(result, "secret", "hidden", "P1") == []


def test_a_file_of_the_key_alone_adds_nothing(study: Study) -> None:
    result = extend(study, "patient_id\nP1\n", "--mode", "fields")

    assert result.code == 10
    assert "no column beside the key" in result.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--data", "patient=x.csv", "--mode", "fields"], 10, "not there"),
        (["--data", "patients=added.csv", "--mode", "fields"], 13, "did you mean 'patient'"),
        (
            ["--data", "patient=added.csv", "--data", "visit=added.csv", "--mode", "fields"],
            2,
            "one entity",
        ),
        (["--data", "patient=added.csv", "--codings", "codings.csv"], 2, "dictionary"),
        (["--data", "patient=added.csv", "--as", "no name"], 2, "cannot be the name"),
        (["--data", "patient=added.csv", "--assay", "rna"], 2, "do not go together"),
        (["--dictionary", "data_dictionary.csv"], 2, "--data ENTITY=FILE"),
        (["--data", "patient=added.csv", "--encoding", "klingon"], 2, "encoding"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    study: Study, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, said: str
) -> None:
    study.write("added.csv", NEW_FIELDS)
    monkeypatch.chdir(study.folder)

    result = study.ask("extend", "study", *words)

    assert result.code == code, result.err
    assert said in result.err
