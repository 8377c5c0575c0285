"""Whole loads through the command line: what is published, and what a wrong input gets."""

import gzip
import json
from pathlib import Path

import pytest

from tests.support.study import CODINGS, PATIENTS, VISITS, Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path)


def test_a_load_publishes_one_record_with_one_pin_an_entity(study: Study) -> None:
    result = study.load()

    assert (result.code, result.last_line) == (0, "study@1"), result.err
    shown = study.ask("show", "study", "--json").json
    assert shown["main_entity"] == "patient"
    assert {pin["table"]: pin["rows"] for pin in shown["pins"]} == {
        "patient": 4, "visit": 4, "site": 2, "passport": 2,
    }  # fmt: skip
    assert shown["parents"] == []
    assert shown["receipt"]["entities"][0] == {
        "entity": "patient", "files": 1, "rows_read": 4, "rows_stored": 4, "rows_quarantined": 0,
    }  # fmt: skip


def test_every_type_is_stored_and_given_back_as_the_contract_says(study: Study) -> None:
    study.load()

    fields = (
        "patient.patient_id,patient.born,patient.weight,patient.smokes,visit.seen,visit.symptoms"
    )
    assert study.rows(fields) == [
        fields,
        'P1,1961-05-04,61.5,0,2020-01-02T10:00:00Z,"[""R1"",""R2""]"',
        'P1,1961-05-04,61.5,0,2020-02-03T09:30:00Z,"[""R1""]"',
        "P2,1957-11-30,,-1,2020-03-04T08:15:00.500000Z,",
        'P3,1970-01-01,72.0,20,2021-12-31T21:59:59Z,"[""R""]"',
        "P4,1944-02-29,58.25,,,",
    ]


def test_codes_are_decoded_or_sparse_codes_left_out(study: Study) -> None:
    study.load()
    fields = "patient.patient_id,patient.sex,patient.smokes"

    assert study.rows(fields, "--values", "decoded")[1:] == [
        "P1,Female,0", "P2,Male,Did not answer", "P3,Female,20", "P4,,",
    ]  # fmt: skip
    assert study.rows(fields, "--values", "exclude-sparse")[1:] == [
        "P1,F,0", "P2,M,", "P3,F,20", "P4,,",
    ]  # fmt: skip


def test_the_same_inputs_again_publish_nothing(study: Study) -> None:
    study.load()
    before = sorted(study.lake.rglob("*"))

    again = study.load()

    assert (again.code, again.last_line) == (0, "study@1")
    assert "already study@1" in again.err
    tables = [each for each in sorted(study.lake.rglob("*")) if "leases" not in each.parts]
    assert tables == [each for each in before if "leases" not in each.parts]
    as_json = study.load("--json").json
    assert (as_json["published"], as_json["current"]) == ([], ["study@1"])


def test_a_second_version_leaves_the_first_as_it_was(study: Study) -> None:
    study.load()
    first = study.rows("patient.patient_id,patient.weight,visit.visit_id")
    study.replace("patient.csv", "P4,,1944-02-29,58.25,,\n", "P4,M,1944-02-29,60,,\nP5,F,,,,\n")

    assert study.load().last_line == "study@2"

    assert study.rows("patient.patient_id,patient.weight,visit.visit_id", name="study@1") == first
    assert study.rows("patient.patient_id,patient.weight")[-2:] == ["P4,60.0", "P5,"]
    history = study.ask("history", "study", "--json").json["versions"]
    assert [each["version"] for each in history] == [1, 2]


def test_a_changed_dictionary_makes_a_version_with_a_schema_diff(study: Study) -> None:
    study.load()
    study.replace("data_dictionary.csv", "patient,weight,float", "patient,weight,string")
    study.replace("data_dictionary.csv", "site,city,string,,,,,,,,,,,,City,\n", "")
    study.write("site.csv", "site_id\n1\n2\n")
    study.replace("data_dictionary.csv", "visit,note,string,,,,,,,,,,,,Note,",
                  "visit,remark,string,,,,,,,,,,,,Note,")  # fmt: skip
    study.replace("visit.csv", "symptoms,note", "symptoms,remark")

    trial = study.load("--dry-run")
    loaded = study.load("--json")

    for each in (trial, loaded):
        assert "note: left behind in study@1: field visit.note, field site.city\n" in each.err
    diff = loaded.json["receipt"]["schema_diff"]
    assert diff["fields_removed"] == ["visit.note", "site.city"]
    assert diff["fields_added"] == ["visit.remark"]
    assert diff["fields_retyped"] == [
        {"entity": "patient", "before": "patient.weight float", "after": "patient.weight string"}
    ]
    assert study.rows("site.site_id,site.city", name="study@1")[0] == "site.site_id,site.city"


def test_a_load_over_an_assay_says_that_it_is_left_behind(study: Study) -> None:
    source = study.write("matrix.csv", "feature_id,S1\nENSG00000000001,1\n")
    words = ("--assay", "rna", "--unit", "count", "--source", source)
    assert study.ask("load", "expression", "study", *words).last_line == "study@1"

    loaded = study.load()

    assert loaded.last_line == "study@2"
    assert "note: left behind in study@1: entity sample, assay rna\n" in loaded.err


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="Windows line ends"),
        pytest.param(lambda text: "\ufeff" + text, id="byte order mark"),
        pytest.param(lambda text: "# exported\n# yesterday\n" + text, id="comments"),
        pytest.param(lambda text: text + "\n\n", id="blank lines"),
        pytest.param(lambda text: gzip.compress(text.encode()), id="gzip"),
        pytest.param(
            lambda text: "\n".join(",".join(reversed(x.split(","))) for x in text.split("\n")),
            id="another column order",
        ),
        pytest.param(lambda text: text.replace(",", "\t"), id="tabs"),
    ],
)
def test_the_form_of_a_file_does_not_change_what_is_stored(study: Study, change: object) -> None:
    study.load(name="plain")
    study.write("patient.csv", change(PATIENTS))  # type: ignore[operator]

    assert study.load(name="other").code == 0

    def hashes(name: str) -> set[str]:
        shown = study.ask("show", name, "--pins", "--json").json
        return {pin["content_hash"] for pin in shown["pins"]}

    assert hashes("other") == hashes("plain")


def test_an_entity_may_have_several_files(study: Study) -> None:
    study.load(name="one")
    top, *lines = VISITS.splitlines(keepends=True)
    study.write("visits/b.csv", top + lines[-1])
    study.write("visits/a.csv", top + "".join(lines[:-1]))
    study.data[1] = "visit=visits"

    assert study.load(name="two").code == 0

    assert study.rows("visit.visit_id,visit.note", name="two") == study.rows(
        "visit.visit_id,visit.note", name="one"
    )


def test_missing_markers_are_empty_cells(study: Study) -> None:
    study.replace("patient.csv", "P3,F,1970-01-01,72,20,1", "P3,NA,not reported,NA,NA,1")

    assert study.load("--missing", "NA,not reported").code == 0

    assert study.rows("patient.patient_id,patient.sex,patient.born,patient.smokes")[3] == "P3,,,"


def test_the_same_load_in_other_words_is_already_there(study: Study) -> None:
    assert study.load("--missing", "NA,not reported", "--encoding", "utf-8").code == 0

    again = study.load("--missing", "not reported,NA,NA", "--encoding", "UTF8")

    assert again.code == 0
    assert "already study@1" in again.err


def test_a_loaded_dictionary_is_written_and_loaded_again_to_the_same_record(study: Study) -> None:
    study.load()
    out = study.folder / "out"

    assert study.ask("extract", "dictionary", "study", "-o", out).code == 0
    assert study.ask("extract", "dictionary", "study", "-o", out).code == 2

    for kind in ("data_dictionary", "codings", "entity_dictionary"):
        study.write(f"{kind}.csv", (out / f"study.{kind}.csv").read_bytes())
    again = study.load("--json")
    assert (again.json["published"], again.json["current"]) == ([], ["study@1"])
    assert (out / "study.codings.csv").read_text() == CODINGS


def test_fields_are_found_by_name_title_folder_and_coding(study: Study) -> None:
    study.load()

    def found(pattern: str) -> list[str]:
        result = study.ask("fields", "study", pattern, "--json")
        return [each["path"] for each in result.json["fields"]]

    assert found("smok") == ["patient.smokes"]
    assert found("seen at") == ["visit.seen"]
    assert found("symptom") == ["visit.symptoms"]
    assert found("nothing like it") == []


def test_verify_finds_nothing_wrong_and_a_lost_file(study: Study) -> None:
    study.load()
    assert study.ask("verify").code == 0
    assert study.ask("verify", "study@1", "--deep").code == 0

    next((study.lake / "tables" / "study" / "visit").glob("*.parquet")).unlink()

    broken = study.ask("verify")
    assert broken.code == 16
    assert "visit" in broken.err


def test_a_record_that_is_not_there_is_not_found(study: Study) -> None:
    study.load()

    for words in (["show", "stud"], ["show", "study@9"], ["history", "other"],
                  ["extract", "fields", "study", "--fields", "patient.nope"]):  # fmt: skip
        assert study.ask(*words).code == 13, words


def test_json_prints_one_object(study: Study) -> None:
    result = study.load("--json")

    assert json.loads(result.out)["published"] == ["study@1"]
