"""Whole loads through the command line: what is published, and what a wrong input gets."""

import gzip
import json
from pathlib import Path

import pytest

from tests.support.study import CODINGS, PATIENTS, VISITS, Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path)


def rows(study: Study, fields: str, *more: object, name: str = "study") -> list[str]:
    result = study.ask("extract", "fields", name, "--fields", fields, *more)
    assert result.code == 0, result.err
    return result.out.splitlines()


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
    assert rows(study, fields) == [
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

    assert rows(study, fields, "--values", "decoded")[1:] == [
        "P1,Female,0", "P2,Male,Did not answer", "P3,Female,20", "P4,,",
    ]  # fmt: skip
    assert rows(study, fields, "--values", "exclude-sparse")[1:] == [
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
    first = rows(study, "patient.patient_id,patient.weight,visit.visit_id")
    study.replace("patient.csv", "P4,,1944-02-29,58.25,,\n", "P4,M,1944-02-29,60,,\nP5,F,,,,\n")

    assert study.load().last_line == "study@2"

    assert rows(study, "patient.patient_id,patient.weight,visit.visit_id", name="study@1") == first
    assert rows(study, "patient.patient_id,patient.weight")[-2:] == ["P4,60.0", "P5,"]
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
    assert rows(study, "site.site_id,site.city", name="study@1")[0] == "site.site_id,site.city"


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

    assert rows(study, "visit.visit_id,visit.note", name="two") == rows(
        study, "visit.visit_id,visit.note", name="one"
    )


def test_missing_markers_are_empty_cells(study: Study) -> None:
    study.replace("patient.csv", "P3,F,1970-01-01,72,20,1", "P3,NA,not reported,NA,NA,1")

    assert study.load("--missing", "NA,not reported").code == 0

    assert rows(study, "patient.patient_id,patient.sex,patient.born,patient.smokes")[3] == "P3,,,"


def test_the_same_load_in_other_words_is_already_there(study: Study) -> None:
    assert study.load("--missing", "NA,not reported", "--encoding", "utf-8").code == 0

    again = study.load("--missing", "not reported,NA,NA", "--encoding", "UTF8")

    assert again.code == 0
    assert "already study@1" in again.err


def test_a_refused_load_publishes_nothing_and_the_next_correct_one_works(study: Study) -> None:
    study.load()
    study.replace("patient.csv", "61.5", "heavy")

    refused = study.load()

    assert refused.code == 12
    assert "heavy" not in refused.err
    for word in ("patient.csv", "line 2", "weight", "cell_float"):
        assert word in refused.err
    assert study.ask("history", "study", "--json").json["versions"][-1]["version"] == 1
    study.replace("patient.csv", "heavy", "62.5")
    assert study.load().last_line == "study@2"


def test_everything_wrong_is_reported_at_once_and_the_lowest_code_returned(study: Study) -> None:
    study.replace("patient.csv", "61.5", "heavy")
    study.replace("visit.csv", "3,P2", "3,P9")
    study.write("passport.csv", "passport_id,holder\nX1,P1\nX2\n")

    refused = study.load("--report", study.report)

    assert refused.code == 10
    assert {each["rule"] for each in study.findings()} == {
        "cell_float", "reference_resolves", "row_length",
    }  # fmt: skip


def test_ten_thousand_bad_cells_are_counted_exactly(study: Study) -> None:
    bad = "".join(f"Q{i},F,1961-05-04,heavy,0,1\n" for i in range(10_000))
    study.write("patient.csv", PATIENTS + bad)

    refused = study.load("--report", study.report)

    assert "10000" in refused.err.replace(",", "")
    (finding,) = study.findings()
    assert (finding["rule"], finding["count"]) == ("cell_float", 10_000)
    assert finding["places"][0] == {"line": 6, "value": "heavy"}


def test_duplicate_keys_across_two_files_name_both_places(study: Study) -> None:
    study.write("more.csv", "site_id,city\n2,Oslo\n")
    study.data.append("site=more.csv")

    assert study.load("--report", study.report).code == 12

    assert [(Path(each["file"]).name, each["line"]) for each in study.findings()] == [
        ("more.csv", 2), ("site.csv", 3),
    ]  # fmt: skip


def test_quarantine_leaves_rows_out_and_keeps_them_with_their_reason(study: Study) -> None:
    study.replace("patient.csv", "P3,F,1970-01-01,72,20,1", "P3,F,1970-01-01,heavy,20,1")
    study.write(
        "policy.yaml", "rules:\n  cell_float: quarantine\n  reference_resolves: quarantine\n"
    )

    result = study.load("--policy", study.folder / "policy.yaml", "--report", study.report)

    assert result.code == 0, result.err
    shown = study.ask("show", "study", "--json").json
    counts = {each["entity"]: each for each in shown["receipt"]["entities"]}
    assert counts["patient"]["rows_read"] == 4
    assert counts["patient"]["rows_quarantined"] == 1
    # The visit of the patient who was left out refers to nobody any more.
    assert counts["visit"]["rows_quarantined"] == 1
    kept = next(study.report.rglob("quarantine.patient.csv")).read_text()
    assert "cell_float" in kept
    assert "heavy" in kept


def test_a_warning_is_reported_and_the_load_published(study: Study) -> None:
    study.replace("patient.csv", "1961-05-04", "1961-5")

    result = study.load("--json")

    assert result.code == 0
    assert result.json["receipt"]["findings"] == [
        {"rule": "cell_partial_date", "severity": "warn", "entity": "patient", "column": "born",
         "count": 1}
    ]  # fmt: skip
    assert "cell_partial_date" in result.err
    assert rows(study, "patient.born")[1] == "1961-05-01"


def test_a_dry_run_checks_everything_and_writes_nothing(study: Study) -> None:
    good = study.load("--dry-run")
    assert (good.code, study.lake.exists()) == (0, False)

    study.replace("visit.csv", "3,P2", "3,P9")
    assert study.load("--dry-run").code == 12
    assert not study.lake.exists()


def test_names_made_to_break_sql_or_to_leave_the_folder_are_refused(study: Study) -> None:
    for name in ("../study", "study/x", "a;drop table b", 'a"b', "a`b", "a\nb", ""):
        assert study.load(name=name).code == 2
    study.replace(
        "data_dictionary.csv", "site,city,string", 'site,"city""; drop table x --",string'
    )
    study.write("site.csv", 'site_id,"city""; drop table x --"\n1,a\n2,b\n')
    assert study.load().code == 11


def test_a_hostile_header_is_read_through_source_column(study: Study) -> None:
    header = '"ci`ty""; drop table x --"'
    text = study.read("data_dictionary.csv").replace("title,units", "title,units,source_column")
    lines = [line + "," if line and i else line for i, line in enumerate(text.split("\n"))]
    text = "\n".join(lines).replace("City,,", f"City,,{header}")
    study.write("data_dictionary.csv", text)
    study.write("site.csv", f"site_id,{header}\n1,Uppsala\n2,Turin\n")

    assert study.load().code == 0, study.load().err

    assert rows(study, "patient.patient_id,site.city")[1] == "P1,Uppsala"


def test_hostile_values_are_data_and_nothing_else(study: Study) -> None:
    hostile = "'; DROP TABLE site; --"
    study.write("site.csv", f'site_id,city\n1,"{hostile}"\n2,=1+1\n')

    assert study.load().code == 0

    assert rows(study, "site.city")[1] == hostile


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
