"""Dashboards through the command line: made, shown, answered, exported and kept as records."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import apollo_spark as ap
from apollo_spark.lake.lake import open_lake
from apollo_spark.model.dashboard.record import DashboardRecord
from apollo_spark.model.dashboard.tile import ChartKind, Tile
from apollo_spark.operations.dashboards import load_dashboard, open_dashboard
from apollo_spark.verbs.dashboard.describing import describe_dashboard
from tests.support.study import CommandResult, Study

TILES = {
    "title": "Smokers",
    "tiles": [
        {"title": "Sex", "chart": "bar", "fields": ["patient.sex"]},
        {"chart": "histogram", "fields": ["patient.smokes"], "options": {"bins": 4}},
        {"title": "Symptoms", "chart": "list", "fields": ["visit.symptoms"]},
        {"chart": "table", "fields": ["patient.patient_id", "site.city"]},
    ],
}
HOSTILE = "</script><img src=x onerror=alert(1)>{{7*7}}"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Study:
    study = Study(tmp_path_factory.mktemp("study"))
    study.replace("codings.csv", "sex,M,Male", f"sex,M,{HOSTILE}")
    assert study.load().code == 0
    done(study, "cohort", "create", "women", "--from", "study", "--filter", 'patient.sex = "F"')
    study.write("board.json", json.dumps(TILES))
    done(study, "dashboard", "create", "board", "--from", "study", "--file", file(study))
    return study


@pytest.fixture
def study(loaded: Study, tmp_path: Path) -> Study:
    """Return the study with a copy of its lake."""
    shutil.copytree(loaded.lake, tmp_path / "lake")
    return Study.reopen(loaded.folder, lake=tmp_path / "lake", data=loaded.data)


def file(study: Study) -> Path:
    return study.folder / "board.json"


def done(study: Study, *words: object) -> CommandResult:
    result = study.ask(*words)
    assert result.code == 0, (words, result.err)
    return result


def tile(study: Study, number: int, *words: object) -> dict[str, Any]:
    found = done(study, "dashboard", "data", "board", number, *words, "--json").json
    (only,) = found["tiles"]
    return dict(only)


def test_a_dashboard_says_what_it_asks_and_of_whom(loaded: Study) -> None:
    shown = done(loaded, "dashboard", "show", "board", "--json").json

    known = ("name", "version", "kind", "title", "dataset", "cohort", "main_entity", "parents")
    assert {key: shown[key] for key in known} == {
        "name": "board", "version": 1, "kind": "dashboard", "title": "Smokers",
        "dataset": "study@1", "cohort": None, "main_entity": "patient", "parents": ["study@1"],
    }  # fmt: skip
    assert shown["tiles"][0] == {
        "title": "Sex", "chart": "bar", "fields": ["patient.sex"], "problem": None,
    }  # fmt: skip
    assert shown["receipt"] == {"operation": "dashboard", "tiles": 4, "people": 4}
    assert set(shown["codings"]) == {"sex", "answer", "symptom"}
    assert done(loaded, "show", "board", "--json").json == shown
    text = done(loaded, "show", "board").out
    assert "about study@1" in text
    assert re.search(r"3 +list +Symptoms +visit\.symptoms", text)


def test_a_tile_is_answered_with_what_it_is_about(loaded: Study) -> None:
    found = tile(loaded, 1)

    known = ("dataset", "unit", "filter", "suppressed", "problem", "compared")
    assert {key: found[key] for key in known} == {
        "dataset": "study@1", "unit": "people", "filter": None, "suppressed": False,
        "problem": None, "compared": None,
    }  # fmt: skip
    assert [(each["value"], each["count"]) for each in found["data"]["values"]] == [
        ("F", 2), ("M", 1),
    ]  # fmt: skip
    assert found["data"]["missing"] == 1
    text = done(loaded, "dashboard", "data", "board", "Symptoms", "--engine", "embedded").out
    assert text.splitlines()[:2] == ["Symptoms", "4 rows of visit, 1 without a value"]
    assert re.search(r"Respiratory +R +3 +100\.0%", text)
    assert "1 Did not answer" in done(loaded, "dashboard", "data", "board").out


def test_another_cohort_may_be_asked_about_and_one_beside_it(loaded: Study) -> None:
    found = tile(loaded, 1, "--cohort", "women", "--compare", "women@1")

    assert (found["filter"], found["data"]["cohort"]) == ('patient.sex = "F"', "women@1")
    assert found["data"]["people"] == 2
    assert found["compared"] == found["data"]
    out = done(loaded, "dashboard", "data", "board", "2", "--compare", "women").out
    assert "women@1: 2 people" in out


def test_a_dashboard_of_a_cohort_is_about_its_people(study: Study) -> None:
    done(study, "dashboard", "create", "hers", "--from", "women", "--file", file(study))
    done(study, "retire", "women@1")
    done(study, "retire", "study@1")
    done(study, "gc", "--apply", "--grace", "0")

    found = done(study, "dashboard", "data", "hers", "1", "--json").json

    assert (found["cohort"], found["filter"]) == ("women@1", 'patient.sex = "F"')
    assert found["tiles"][0]["data"]["people"] == 2
    assert done(study, "verify", "hers", "--deep").code == 0


def test_the_same_again_is_there_already_and_another_is_the_next_version(study: Study) -> None:
    words = ("dashboard", "create", "board", "--from")

    same = done(study, *words, "study", "--file", file(study), "--json").json
    assert (same["published"], same["current"]) == ([], ["board@1"])
    planned = done(study, *words, "women", "--file", file(study), "--dry-run")
    assert "publish board@2" in planned.out + planned.err
    changed = json.loads(json.dumps(TILES).replace("bar", "list"))
    changed["tiles"] = [*changed["tiles"][:3], {"chart": "box", "fields": ["patient.weight"]}]
    new = study.write("next.yaml", json.dumps(changed))
    assert done(study, *words, "women", "--file", new).last_line == "board@2"
    diff = done(study, "diff", "board@1", "board@2", "--json").json
    assert diff["cohorts"] == [None, "women@1"]
    assert (diff["added"], diff["removed"], diff["changed"]) == (
        ["box of patient.weight"],
        ["table of patient.patient_id, site.city"],
        ["Sex"],
    )
    assert done(study, "diff", "board@1", "board@2").out.splitlines() == [
        "board@1 -> board@2",
        "cohort: none -> women@1",
        "tile added: box of patient.weight",
        "tile removed: table of patient.patient_id, site.city",
        "tile changed: Sex",
    ]
    assert "are the same" in done(study, "diff", "board@1", "board@1").out
    assert [e["version"] for e in done(study, "history", "board", "--json").json["versions"]] == [
        1, 2,
    ]  # fmt: skip
    assert "women@1" in done(study, "lineage", "board").out
    listed = done(study, "list", "--kind", "dashboard", "--json").json["records"]
    assert [(each["name"], each["version"]) for each in listed] == [("board", 2)]
    done(study, "retire", "board@2")
    assert study.ask("dashboard", "show", "board@2").code == 13


def test_names_of_other_kinds_are_no_dashboards(study: Study) -> None:
    words = ("--file", file(study))

    taken = study.ask("dashboard", "create", "women", "--from", "study", *words)
    other = study.ask("dashboard", "create", "b", "--from", "board", *words)

    assert taken.code == 14
    assert (other.code, "board@1 is a dashboard and no dataset" in other.err) == (13, True)
    assert study.ask("dashboard", "data", "study").code == 13
    assert study.ask("dashboard", "data", "board", "Sexes").code == 13
    refused = study.ask("dashboard", "data", "board", "9")
    assert "board@1 has no tile '9'. Name one by its title, or by a number from 1 to 4." in (
        refused.err
    )


def test_every_fault_of_a_file_is_said_with_its_tile(study: Study) -> None:
    wrong = study.write(
        "wrong.yaml",
        "tiles:\n"
        "- {chart: pie, fields: [patient.sex]}\n"
        "- {title: Age, chart: histogram, fields: [patient.age]}\n"
        "- {chart: box, fields: [patient.sex], options: {limit: 3}}\n",
    )
    unknown = study.write("unknown.yaml", "tiles:\n- {chart: bar, fields: [patient.sexx]}\n")
    create = ("dashboard", "create", "wrong", "--from", "study", "--file")

    refused, lost = study.ask(*create, wrong), study.ask(*create, unknown)

    assert (refused.code, lost.code) == (11, 13)
    lines = [each.strip() for each in refused.err.splitlines() if each.strip()]
    assert lines[0].endswith("The dashboard file wrong.yaml cannot be used:")
    assert [each.partition(": ")[0] for each in lines[1:]] == ["tile 1", "tile 3", "tile 2 'Age'"]
    assert "tile 1: the field patient.sexx cannot be found (did you mean 'sex'?)" in lost.err
    assert study.ask(*create, study.folder / "none.yaml").code == 10
    assert study.ask("show", "wrong").code == 13


def test_a_tile_whose_field_is_gone_says_so_and_the_others_are_answered(loaded: Study) -> None:
    lake = open_lake(str(loaded.lake))
    record = load_dashboard(lake, "board")
    gone = Tile(chart=ChartKind.BAR, fields=("patient.gone",), title="Gone")
    later = record.model_copy(update={"tiles": (gone, *record.tiles)})

    shown = describe_dashboard(lake, later)

    with pytest.raises(
        ap.BrokenPinError, match="study@1 is not the version that board@1 is based on"
    ):
        open_dashboard(lake, record.model_copy(update={"dataset_id": "another"}))
    assert [each["problem"] for each in shown["tiles"]] == [
        "the field patient.gone cannot be found", None, None, None, None,
    ]  # fmt: skip
    answer, sex = open_and_answer(loaded, later)[:2]
    assert (answer.problem, answer.data) == ("the field patient.gone cannot be found", None)
    assert sex.data is not None


def open_and_answer(study: Study, record: DashboardRecord) -> tuple[Any, ...]:
    from apollo_spark.engines.embedded import EmbeddedEngine
    from apollo_spark.verbs.dashboard.answering import Whom, answer_tiles

    lake = open_lake(str(study.lake))
    opened = open_dashboard(lake, record).opened
    engine = EmbeddedEngine(lake.tables)
    return answer_tiles(engine, record.labelled_tiles, [Whom(opened)], guard=None)


def test_withdrawn_people_are_in_no_tile(study: Study) -> None:
    ids = study.write("out.csv", "patient_id\nP1\n")
    done(study, "withdraw", ids, "--of", "study.patient", "--apply")

    assert tile(study, 1)["data"]["values"][0]["count"] == 1
    assert "withdrawn: 1" in done(study, "show", "board").out


def test_a_view_shows_of_a_dashboard_what_it_shows(study: Study) -> None:
    done(study, "view", "study", "--as", "part", "--fields", "patient.sex,visit.symptoms")
    few = study.write("few.json", json.dumps({"tiles": [TILES["tiles"][0]]}))

    hidden = study.ask("dashboard", "create", "x", "--from", "part", "--file", file(study))
    done(study, "dashboard", "create", "x", "--from", "part", "--file", few)

    assert hidden.code == 13
    assert "tile 2: the field patient.smokes cannot be found" in hidden.err
    assert "did you mean" not in hidden.err
    assert done(study, "dashboard", "data", "x", "--json").json["tiles"][0]["data"]["people"] == 4


def test_a_page_holds_all_that_it_needs_and_runs_nothing_else(study: Study) -> None:
    page = study.lake.parent / "board.html"

    done(study, "dashboard", "export", "board", "-o", page, "--compare", "women")

    text = page.read_text()
    assert len(text) < 1_200_000
    markup = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.findall(r'(?:src|href)="(?!data:)', markup)
    assert HOSTILE not in text
    assert "img-src data:; style-src 'unsafe-inline'; script-src 'sha256-" in text
    assert "vega-lite 6.4.3 (BSD-3-Clause)" in text
    assert "<h2>1. Sex</h2>" in text
    assert study.ask("dashboard", "export", "board", "-o", page).code == 2
    done(study, "dashboard", "export", "board", "-o", page, "--force")


def test_a_folder_has_a_vega_lite_file_for_each_tile(study: Study) -> None:
    folder = study.lake.parent / "board"

    files = done(study, "dashboard", "export", "board", "-o", folder, "--json").json["files"]

    specs = [json.loads(Path(each).read_text()) for each in files]
    assert [Path(each).name for each in files] == [
        "01-sex.json", "02-cigarettes-a-day.json", "03-symptoms.json", "04-patient-by-city.json",
    ]  # fmt: skip
    assert specs[0]["data"]["values"] == [
        {"label": "Female", "count": 2},
        {"label": HOSTILE, "count": 1},
    ]
    assert specs[0]["$schema"].endswith("/vega-lite/v6.json")
    assert {each["$schema"] for each in specs} == {specs[0]["$schema"]}
    refused = study.ask("dashboard", "export", "board", "-o", "-")
    assert (
        refused.code,
        "A dashboard is written to a page or a folder, not to standard" in (refused.err),
    ) == (2, True)


def test_python_makes_and_answers_dashboards(study: Study) -> None:
    lake = ap.open_lake(str(study.lake))

    made = lake.create_dashboard("mine", source="women", file=str(file(study)))
    board = lake.dashboard("mine")

    assert (made.version, made.receipt.tiles, made.receipt.people) == ("mine@1", 4, 2)
    assert (board.name, board.version, repr(board)) == ("mine", 1, "<Dashboard mine@1>")
    assert board.data("Sex").tiles[0] == board.dataset.aggregate(board.tiles[0], cohort="women")
    assert board.data(1, compare="women").tiles[0].compared is not None
    assert board.diff(lake.dashboard("board")).cohorts == ("women@1", None)
    (page,) = board.export(str(study.lake.parent / "mine.html"))
    assert Path(page).exists()
