"""Moving cohorts, with views and combinations, to newer data: the plan says who comes and why."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.study import CommandResult, Study

TILES = {
    "tiles": [
        {"chart": "bar", "fields": ["patient.sex"]},
        {"chart": "box", "fields": ["patient.weight"]},
        {"chart": "list", "fields": ["visit.symptoms"], "options": {"under": "R"}},
        {"chart": "bar", "fields": ["site.city"], "options": {"count": "rows"}},
    ]
}


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Return a study with cohorts on its first version, and a second version."""
    study = Study(tmp_path_factory.mktemp("study"))
    study.replace("visit.csv", "4,P3,", "5,P4,2021-01-01 08:00:00,R2,\n4,P3,")
    assert study.load().code == 0
    study.write("ids.txt", "P1\nP2\n")
    for name, *how in (
        ("heavy", "--filter", "patient.weight > 60"),
        ("coughs", "--filter", 'visit.symptoms under "R"'),
        ("listed", "--ids", study.folder / "ids.txt"),
        ("named", "--filter", 'in cohort "heavy" or patient.sex = "M"'),
    ):
        done(study, "cohort", "create", name, "--from", "study", *how)
    done(study, "cohort", "combine", "either", "--operation", "union", "heavy", "coughs")
    done(study, "cohort", "create", "some", "--from", "either", "--ids", study.folder / "ids.txt")
    done(study, "view", "study", "--as", "old", "--rows", "patient.born < 1960-01-01")
    done(study, "cohort", "create", "light", "--from", "old", "--filter", "patient.weight < 60")
    tiles = study.write("board.json", json.dumps(TILES))
    for name, source in (("board", "study"), ("heavies", "heavy")):
        done(study, "dashboard", "create", name, "--from", source, "--file", tiles)
    grow(study)
    load_others(study)
    return study


def load_others(study: Study) -> None:
    """Publish other@1, with a field and a code of other names; pounds@1, of another unit."""
    files = {each: study.read(each) for each in ("data_dictionary.csv", "codings.csv",
                                                 "patient.csv")}  # fmt: skip
    study.replace("data_dictionary.csv", "weight,float,,,,,,,,,,,,Weight,kg",
                  "weight,float,,,,,,,,,,,,Weight,lb")  # fmt: skip
    assert study.load(name="pounds").code == 0
    study.write("data_dictionary.csv", files["data_dictionary.csv"])
    study.replace("data_dictionary.csv", "patient,weight,float", "patient,mass,float")
    study.replace("patient.csv", "weight", "mass")
    study.replace("codings.csv", "symptom,R,Respiratory", "symptom,RS,respiratory")
    study.replace("codings.csv", "Cough,,2,R", "Cough,,2,RS")
    assert study.load(name="other").code == 0
    for name, text in files.items():
        study.write(name, text)
    rows = study.write("visits_only.csv", "entity,name,type,primary_key_type\n"
                       "visit,visit_id,integer,global\nvisit,weight,float,\n")  # fmt: skip
    data = study.write("v.csv", "visit_id,weight\n1,2\n")
    words = ("load", "clinical", "visits", "--dictionary", rows, "--data", f"visit={data}")
    assert study.ask(*words).code == 0


def grow(study: Study) -> None:
    """Publish study@2: other weights, a new person, visits that come and go, a code moved."""
    study.replace("patient.csv", "61.5", "59")
    study.replace("patient.csv", "58.25", "70")
    study.replace("patient.csv", "P4,", "P5,F,1980-01-01,90,0,1\nP4,")
    study.replace("visit.csv", "4,P3,2021-12-31 23:59:59+02:00,R,\n", "6,P2,2022-01-01,R1,\n")
    study.replace("codings.csv", "symptom,R2,Wheeze,,3,R", "symptom,R2,Wheeze,,3,")
    assert study.load().last_line == "study@2"


@pytest.fixture
def study(grown: Study, tmp_path: Path) -> Study:
    """Return the study with a copy of its lake."""
    shutil.copytree(grown.lake, tmp_path / "lake")
    return Study.reopen(grown.folder, lake=tmp_path / "lake", data=grown.data)


def done(study: Study, *words: object) -> CommandResult:
    result = study.ask(*words)
    assert result.code == 0, result.err
    return result


def ids(study: Study, name: str) -> list[str]:
    return done(study, "cohort", "ids", name).out.splitlines()


def plans(study: Study, *words: object) -> dict[str, dict[str, Any]]:
    found = done(study, "rebase", *words, "--json").json
    assert not found["published"]
    return {each["record"]: each for each in found["plans"]}


def people(plan: dict[str, Any]) -> tuple[int, ...]:
    words = ("before", "after", "kept", "added", "lost")
    return tuple(plan[f"people_{each}"] for each in words)


def causes(plan: dict[str, Any]) -> dict[str, int]:
    return {cause: count for cause, count in plan["causes"].items() if count}


def test_the_plan_says_who_comes_and_goes_and_why(grown: Study) -> None:
    found = plans(grown, "heavy", "coughs", "listed", "either", "named", "--onto", "study@2")

    assert {name: (people(each), causes(each)) for name, each in found.items()} == {
        "heavy@1": ((2, 3, 1, 2, 1), {"new_rows": 1, "changed_rows": 2}),
        "coughs@1": ((3, 2, 1, 1, 2), {"new_rows": 1, "removed_rows": 1, "coding": 1}),
        "listed@1": ((2, 2, 2, 0, 0), {}),
        "either@1": ((3, 5, 3, 2, 0), {"new_rows": 2}),
        "named@1": ((3, 4, 2, 2, 1), {"new_rows": 1, "changed_rows": 2}),
    }
    assert found["coughs@1"]["kind"] == "cohort"
    assert [each["kind"] for each in found["coughs@1"]["problems"]] == ["code moved"]
    versions = done(grown, "history", "heavy", "--json").json["versions"]
    assert len(versions) == 1


def test_all_are_moved_by_one_commit_with_what_they_are_made_of(study: Study) -> None:
    before = list((study.lake / "registry/records/_delta_log").glob("*.json"))

    moved = done(study, "rebase", "some", "named", "--onto", "study@2", "--apply", "--json").json

    assert sorted(moved["published"]) == [
        "coughs@2", "either@2", "heavy@2", "named@2", "some@2",
    ]  # fmt: skip
    after = list((study.lake / "registry/records/_delta_log").glob("*.json"))
    assert len(after) == len(before) + 1
    assert ids(study, "either") == ["P1", "P2", "P3", "P4", "P5"]
    assert (ids(study, "some"), ids(study, "some@1")) == (["P1", "P2"], ["P1"])
    assert ids(study, "named") == ["P2", "P3", "P4", "P5"]
    shown = done(study, "cohort", "show", "named", "--json").json
    assert (shown["dataset"], shown["count"]) == ("study@2", 4)
    assert shown["filter"] == 'in cohort "heavy@2" or patient.sex = "M"'
    again = done(study, "rebase", "some", "named", "--onto", "study@2", "--apply", "--json").json
    assert (again["published"], sorted(again["current"])) == ([], sorted(moved["published"]))
    assert done(study, "verify", "--deep").code == 0


def test_a_view_and_the_cohorts_of_it_move_together_and_back(study: Study) -> None:
    alone = study.ask("rebase", "light", "--onto", "study@2", "--apply")
    assert (alone.code, "apollo rebase old light --onto study@2" in alone.err) == (14, True)
    assert "is made of a view, and study@2 is not made of that view. Moved there it" in alone.err
    neither = study.ask("rebase", "light", "--onto", "study@2", "--onto", "other@1")
    said = "light@1 is not made from study@2, other@1. It was made of old@1."
    assert (neither.code, said in neither.err) == (2, True)

    moved = done(study, "rebase", "light", "old", "--onto", "study@2", "--apply")

    assert moved.out.split() == ["light@2", "old@2"]
    shown = done(study, "cohort", "show", "light", "--json").json
    assert (shown["dataset"], shown["count"]) == ("old@2", 0)
    assert done(study, "rebase", "--undo", "light@2").last_line == "light@3"
    assert done(study, "rebase", "--undo", "light@2").last_line == "light@3"
    assert ids(study, "light") == ids(study, "light@1") == ["P4"]


def test_what_is_gone_is_proposed_and_taken_from_the_map(study: Study) -> None:
    onto = ("heavy", "coughs", "either", "listed", "--onto", "other@1")

    found = plans(study, *onto)

    assert {name: each["problems"][0]["kind"] for name, each in found.items() if each["refused"]
            and each["problems"]} == {"heavy@1": "field gone", "coughs@1": "code gone"}  # fmt: skip
    assert found["either@1"]["refused"] == "heavy@1, which it is made of, cannot be moved."
    assert (found["listed@1"]["related"], people(found["listed@1"])[:3]) == ("same keys", (2, 2, 2))
    repairs = [found[f"{name}@1"]["repairs"] for name in ("heavy", "coughs")]
    assert repairs == [
        [{"old": "patient.weight", "new": "patient.mass", "why": "the same title"}],
        [{"old": "visit.symptoms=R", "new": "visit.symptoms=RS", "why": "the same label"}],
    ]
    refused = study.ask("rebase", *onto, "--apply")
    assert (refused.code, refused.out) == (14, "")
    assert "with --map F, or leave records out with --only." in refused.err
    assert done(study, "rebase", *onto, "--only", "listed", "--apply").last_line == "listed@2"
    lines = [f"{each['old']},{each['new']}" for (each,) in repairs]
    names = study.write("names.csv", "\n".join(["old,new", *lines]))
    moved = done(study, "rebase", *onto, "--map", names, "--apply", "--json").json
    assert (moved["current"], len(moved["published"])) == (["listed@2"], 3)
    shown = {
        name: done(study, "cohort", "show", name, "--json").json["filter"]
        for name in ("heavy", "coughs")
    }
    assert shown == {"heavy": "patient.mass > 60", "coughs": 'visit.symptoms under "RS"'}
    assert ids(study, "heavy") == ["P3", "P4", "P5"]


def test_what_has_the_same_name_and_is_another_field_is_refused(study: Study) -> None:
    found = plans(study, "heavy", "--onto", "pounds@1")["heavy@1"]

    assert "other field: patient.weight (units kg -> units lb)" in found["refused"]
    names = study.write("meant.csv", "old,new\npatient.weight,patient.weight\n")
    meant = plans(study, "heavy", "--onto", "pounds@1", "--map", names)["heavy@1"]
    assert (meant["refused"], people(meant)) == (None, (2, 3, 1, 2, 1))
    elsewhere = study.ask("rebase", "heavy", "--onto", "visits@1")
    assert (elsewhere.code, "main entity" in elsewhere.err) == (14, True)


def test_a_broken_condition_locks_nothing(study: Study) -> None:
    assert study.ask("rebase", "heavy", "--onto", "other@1", "--apply").code == 14

    assert ids(study, "heavy") == ["P1", "P3"]
    made = done(study, "cohort", "create", "heavy", "--from", "other", "--filter",
                "patient.mass > 60")  # fmt: skip
    assert made.last_line == "heavy@2"


def test_a_newer_version_of_a_part_is_not_replaced(study: Study) -> None:
    done(study, "cohort", "create", "heavy", "--from", "study@1", "--filter", "patient.weight > 1")

    found = plans(study, "either", "--onto", "study@2")

    assert "heavy@2 is the newest of its name" in found["heavy@1"]["refused"]
    assert found["either@1"]["refused"] is not None
    other = plans(study, "either", "heavy", "--onto", "study@2")["either@1"]["refused"]
    assert "either@1 is made of heavy@1, and heavy@2 is moved." in other
    named = done(study, "rebase", "either", "heavy@1", "--onto", "study@2", "--apply")
    assert sorted(named.out.split()) == ["coughs@2", "either@2", "heavy@3"]


def test_withdrawn_people_are_lost_by_withdrawal(study: Study) -> None:
    gone = study.write("gone.csv", "patient_id\nP3\n")
    done(study, "withdraw", gone, "--of", "study.patient", "--apply")

    found = plans(study, "heavy", "--onto", "study@2")["heavy@1"]

    assert people(found) == (2, 2, 0, 2, 2)
    assert causes(found) == {"new_rows": 1, "changed_rows": 2, "withdrawn": 1}


def test_the_plan_is_a_page_too(study: Study, tmp_path: Path) -> None:
    page = tmp_path / "plan.html"
    words = ("rebase", "heavy", "coughs", "--onto", "other@1", "--html", page)

    said = done(study, *words).err
    text = page.read_text()

    assert "field gone: patient.weight" in said
    assert "for the file of --map: patient.weight,patient.mass (the same title)" in said
    assert "2 of 2 cannot be moved" in text
    assert "<code>patient.weight,patient.mass</code>" in text
    assert "script" not in text.split("</head>")[1]
    assert study.ask(*words).code == 2
    done(study, "rebase", "heavy", "--onto", "study@2", "--html", page, "--force")
    assert "1 by new rows, 2 by changed rows" in page.read_text()


def test_dashboards_move_with_their_cohort_and_say_which_tiles_change(study: Study) -> None:
    found = plans(study, "board", "heavies", "--onto", "study@2")

    assert list(found) == ["board@1", "heavies@1", "heavy@1"]
    tiles = {name: [found[name][f"tiles{each}"] for each in ("", "_affected", "_broken")]
             for name in ("board@1", "heavies@1")}  # fmt: skip
    # The cities of these people stay as they were.
    assert tiles == {"board@1": [4, 3, 0], "heavies@1": [4, 3, 0]}
    assert (people(found["board@1"]), causes(found["board@1"])) == (
        (4, 5, 4, 1, 0),
        {"new_rows": 1},
    )
    for said in (people, causes):
        assert said(found["heavies@1"]) == said(found["heavy@1"])

    moved = done(study, "rebase", "heavies", "--onto", "study@2", "--apply")

    assert sorted(moved.out.split()) == ["heavies@2", "heavy@2"]
    shown = done(study, "dashboard", "show", "heavies", "--json").json
    assert (shown["dataset"], shown["cohort"]) == ("study@2", "heavy@2")
    tiles_file = study.folder / "board.json"
    same = done(study, "dashboard", "create", "heavies", "--from", "heavy@2", "--file", tiles_file)
    assert same.last_line == "heavies@2"
    again = done(study, "rebase", "heavies", "--onto", "study@2", "--apply", "--json").json
    assert (again["published"], sorted(again["current"])) == ([], ["heavies@2", "heavy@2"])
    assert done(study, "rebase", "--undo", "heavies@2").last_line == "heavies@3"
    undone = done(study, "dashboard", "show", "heavies", "--json").json
    assert (undone["dataset"], undone["cohort"]) == ("study@1", "heavy@1")
    assert done(study, "verify", "--deep").code == 0


def test_a_tile_whose_field_is_gone_moves_along_and_says_so(study: Study) -> None:
    found = plans(study, "board", "--onto", "other@1")["board@1"]

    assert (found["refused"], found["tiles_broken"]) == (None, 2)
    assert {each["kind"] for each in found["problems"]} == {"field gone", "code gone"}
    done(study, "rebase", "board", "--onto", "other@1", "--apply")
    tiles = done(study, "dashboard", "show", "board", "--json").json["tiles"]
    assert [each["problem"] is None for each in tiles] == [True, False, False, True]
    lines = [f"{each['old']},{each['new']}" for each in found["repairs"]]
    names = study.write("tiles.csv", "\n".join(["old,new", *lines]))
    done(study, "rebase", "board@1", "--onto", "other@1", "--map", names, "--apply")
    tiles = done(study, "dashboard", "show", "board", "--json").json["tiles"]
    assert {each["problem"] for each in tiles} == {None}
    refused = plans(study, "board@1", "--onto", "pounds@1")["board@1"]["refused"]
    assert "other field: patient.weight (units kg -> units lb)" in refused


def test_what_was_moved_is_recognised_when_it_is_made_again(study: Study) -> None:
    done(study, "rebase", "heavy", "listed", "--onto", "study@2", "--apply")

    words = ("--from", "study@2", "--filter", "patient.weight > 60")
    same = done(study, "cohort", "create", "heavy", *words, "--json").json
    listed = done(study, "cohort", "create", "listed", "--from", "study@2", "--ids",
                  study.folder / "ids.txt")  # fmt: skip

    assert (same["published"], same["current"], same["receipt"]["count"]) == ([], ["heavy@2"], 3)
    assert listed.last_line == "listed@2"
