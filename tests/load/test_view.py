"""Views through the command line: what they show, and that nothing else shows anywhere."""

from pathlib import Path

import pytest

from apollo_spark.query.filters import check as filter_check
from apollo_spark.query.filters import sql as filter_sql
from tests.support.study import Study, loaded, prepared


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return prepared(loaded, tmp_path)


def view(study: Study, *words: object, of: str = "study", name: str = "part") -> str:
    result = study.ask("view", of, "--as", name, *words)
    assert result.code == 0, result.err
    return result.last_line


def rows(study: Study, fields: str, *more: object, name: str = "part") -> list[str]:
    result = study.ask("extract", "fields", name, "--fields", fields, *more)
    assert result.code == 0, result.err
    return result.out.splitlines()[1:]


def files_of(study: Study) -> set[Path]:
    return {
        each for each in study.lake.rglob("*") if each.is_file() and "registry" not in each.parts
    }


def test_a_view_keeps_what_is_named_and_what_joins_it(study: Study) -> None:
    before = files_of(study)

    result = study.ask("view", "study", "--as", "part", "--fields", "visit.note,patient.sex")

    assert (result.code, result.last_line) == (0, "part@1"), result.err
    assert files_of(study) == before
    assert "kept as well" in result.err
    shown = study.ask("show", "part", "--json").json
    assert {name: each["fields"] for name, each in shown["entities"].items()} == {
        "patient": ["patient_id", "sex"],
        "visit": ["visit_id", "patient_id", "note"],
    }
    assert len(rows(study, "patient.sex,visit.note")) == 6


def test_rows_of_every_entity_follow_the_row_rule(study: Study) -> None:
    assert view(study, "--rows", 'patient.sex = "F" and exists(visit: visit.visit_id >= 1)')

    assert rows(study, "patient.patient_id,visit.visit_id") == ["P1,1", "P1,2", "P3,4"]
    assert rows(study, "visit.visit_id") == ["1", "2", "4"]
    assert rows(study, "passport.passport_id") == ["X1", '""']
    per_entity = study.folder / "out.csv"
    study.ask(
        "extract", "fields", "part", "--per-entity", "-o", per_entity, "--fields",
        "visit.visit_id,passport.passport_id,site.city",
    )  # fmt: skip
    assert (study.folder / "out.visit.csv").read_text() == "visit.visit_id\n1\n2\n4\n"
    assert (study.folder / "out.passport.csv").read_text() == "passport.passport_id\nX1\n"
    assert (study.folder / "out.site.csv").read_text() == "site.city\nUppsala\n"


def test_a_rule_of_many_conditions_is_refused_when_typed_and_read_when_stored(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = " or ".join(
        f'patient.sex = "F" and visit.visit_id = {n} and count(visit: visit.visit_id < {n}) >= 0'
        for n in range(60)
    )
    monkeypatch.setattr(filter_sql, "MOST_SUBQUERIES", 100)
    view(study, "--rows", rule)
    monkeypatch.setattr(filter_check, "MOST_CONDITIONS", 239)

    again = study.ask("view", "study", "--as", "again", "--rows", rule)

    assert again.code == 2
    assert "has 240 conditions; at most 239 are allowed" in again.err
    assert rows(study, "patient.patient_id,visit.visit_id") == ["P1,1", "P1,2", "P3,4"]
    assert rows(study, "passport.passport_id") == ["X1", '""']
    assert study.ask("rebase", "part", "--onto", "study@1", "--apply").code == 0
    assert study.ask("verify", "part", "--deep").code == 0


def test_a_view_of_a_view_shows_what_both_show(study: Study) -> None:
    view(study, "--rows", "patient.born < 1965-01-01", "--entities", "patient,visit")
    view(study, "--rows", "count(visit) >= 1", of="part", name="less")

    assert rows(study, "patient.patient_id", name="part") == ["P1", "P2", "P4"]
    assert rows(study, "patient.patient_id", name="less") == ["P1", "P2"]
    assert rows(study, "visit.visit_id", name="less") == ["1", "2", "3"]


def test_a_rule_on_a_hidden_field_is_refused_and_hiding_after_a_rule_works(study: Study) -> None:
    view(study, "--fields", "patient.sex", "--rows", "patient.weight > 60")

    assert rows(study, "patient.patient_id,patient.sex") == ["P1,F", "P3,F"]
    for words in (
        ("view", "part", "--as", "less", "--rows", "patient.weight > 60"),
        ("view", "part", "--as", "less", "--fields", "patient.weight"),
        ("extract", "fields", "part", "--fields", "patient.weight"),
        ("extract", "fields", "part", "--fields", "visit.visit_id"),
    ):
        result = study.ask(*words)
        assert (result.code, result.out) == (13, ""), words
        assert "did you mean" not in result.err.lower()


def test_the_same_view_again_publishes_nothing_and_newer_data_a_version(study: Study) -> None:
    assert view(study, "--entities", "patient") == "part@1"
    assert view(study, "--entities", "patient") == "part@1"

    study.replace("patient.csv", "61.5", "62")
    study.load()

    assert view(study, "--entities", "patient") == "part@2"
    assert rows(study, "patient.weight", name="part@1")[0] == "61.5"
    assert rows(study, "patient.weight")[0] == "62.0"


def test_what_is_not_there_is_named_all_at_once(study: Study) -> None:
    result = study.ask(
        "view", "study", "--as", "part", "--entities", "patient,nowhere", "--fields", "patient.zzz",
        "--assays", "rna",
    )  # fmt: skip

    assert result.code == 13
    for name in ("nowhere", "patient.zzz", "rna"):
        assert name in result.err
    assert study.ask("show", "part").code == 13


def test_what_a_view_hides_shows_in_no_answer_about_it(study: Study) -> None:
    view(study, "--fields", "patient.sex,visit.seen", "--rows", "patient.weight > 70")
    view(study, "--fields", "patient.sex", of="part", name="less")
    hidden = ("weight", "smokes", "born", "symptom", "passport", "site", "Uppsala", "P1", "61.5")

    for name in ("part", "less"):
        fields = "patient.patient_id,patient.sex"
        for words in (
            ("show", name), ("show", name, "--json"), ("show", name, "--pins"),
            ("fields", name), ("fields", name, "--json"), ("history", name, "--json"),
            ("lineage", name), ("lineage", name, "--json"), ("verify", name), ("list", "--json"),
            ("extract", "fields", name, "--fields", fields),
            ("extract", "fields", name, "--fields", fields, "--values", "decoded"),
            ("extract", "fields", name, "--fields", "patient.weigth"),
            ("extract", "dictionary", name, "-o", study.folder / f"words-{name}", "--json"),
            ("diff", name, name, "--json"), ("trace", name, "patient", "P3", "sex"),
            ("view", name, "--as", "third", "--rows", "patient.wait > 1"),
        ):  # fmt: skip
            result = study.ask(*words)
            answer = (result.out + result.err).replace(str(study.folder), "")
            # The files that a row came from go by their own names.
            answer = answer.replace("patient.wait", "").replace("patient.weigth", "")
            for each in hidden:
                assert each not in answer, (words, each)
        files = (study.folder / f"words-{name}").iterdir()
        written = "".join(each.read_text() for each in files)
        assert [each for each in hidden if each in written] == []


def test_the_statement_of_a_view_does_not_show_its_rule(study: Study) -> None:
    view(study, "--rows", "patient.weight > 60", "--fields", "patient.sex")
    view(study, "--fields", "patient.sex", name="narrow")
    words = ("--fields", "patient.sex", "--sql")

    refused = study.ask("extract", "fields", "part", *words)
    full = study.ask("extract", "fields", "part", *words, "--full")
    narrow = study.ask("extract", "fields", "narrow", *words)

    assert (refused.code, refused.out) == (13, "")
    assert "weight" not in refused.err
    assert full.code == 0
    assert "weight" in full.out
    assert narrow.code == 0
    assert "weight" not in narrow.out
