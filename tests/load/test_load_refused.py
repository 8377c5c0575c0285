"""Loads of wrong input: what is refused, left out or warned of, and how it is told."""

from pathlib import Path

import pytest

from tests.support.study import PATIENTS, Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path)


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
    assert study.rows("patient.born")[1] == "1961-05-01"


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

    assert study.rows("patient.patient_id,site.city")[1] == "P1,Uppsala"


def test_hostile_values_are_data_and_nothing_else(study: Study) -> None:
    hostile = "'; DROP TABLE site; --"
    study.write("site.csv", f'site_id,city\n1,"{hostile}"\n2,=1+1\n')

    assert study.load().code == 0

    assert study.rows("site.city")[1] == hostile
