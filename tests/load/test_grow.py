"""A week's files come in by one command, and what was made of them moves along within limits."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from apollo_spark.api.lake import open_lake
from apollo_spark.lake.lake import open_lake as open_stored_lake
from apollo_spark.lake.leases.keeper import HeldLease
from apollo_spark.verbs.grow.grow import GROWERS_LEASE
from tests.support.loading import versions
from tests.support.study import CommandResult, Study

STEPS = """
limits: {{lost: {lost}}}
steps:
  - load clinical: study
    dictionary: {folder}/data_dictionary.csv
    codings: {folder}/codings.csv
    entities: {folder}/entity_dictionary.csv
    data:
      patient: {folder}/patient.csv
      visit: {folder}/visit.csv
      site: {folder}/site.csv
      passport: {folder}/passport.csv
  - extend: study
    data: {{patient: "{folder}/drops/*/patient*.csv", visit: "{folder}/drops/*/visit*.csv"}}
  - extend: rna
    assay: rna
    source: "{folder}/drops/*/counts.csv"
  - compact:
  - merge assay: both
    source: rna
    target: study
    assay: rna
    link: patient.patient_id
  - rebase: "*"
    except: paper*
  - verify:
    deep: true
  - retire: "*"
    keep: {{last: 1}}
  - gc:
    grace: 0
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A lake that grew once without files of a week, and what was made in it."""
    study = Study(tmp_path_factory.mktemp("study"))
    matrix = study.write("rna.csv", "feature_id,P1,P2\nENSG00000000001,1,5\n")
    done(
        study, "load", "expression", "rna", "--assay", "rna", "--unit", "count", "--source", matrix
    )
    study.write("grow.yaml", STEPS.format(folder=study.folder, lost=1))
    study.write("tiles.json", '{"tiles": [{"chart": "bar", "fields": ["patient.weight"]}]}')
    first = grow(study)
    assert first["published"] == ["study@1", "both@1"]
    done(study, "cohort", "create", "heavy", "--from", "study", "--filter", "patient.weight > 60")
    done(study, "cohort", "create", "named", "--from", "study", "--filter", 'in cohort "heavy"')
    done(study, "view", "study", "--as", "women", "--rows", 'patient.sex = "F"')
    done(study, "cohort", "create", "paper", "--from", "study", "--filter", "patient.weight > 70")
    done(study, "cohort", "create", "young", "--from", "both", "--filter", "patient.smokes >= 0")
    done(study, "dashboard", "create", "board", "--from", "young",
         "--file", study.folder / "tiles.json")  # fmt: skip
    week(study, "w1")
    return study


@pytest.fixture
def study(base: Study, tmp_path: Path) -> Study:
    """Return the study with copies of its lake and its drops."""
    shutil.copytree(base.folder, tmp_path / "study")
    copied = Study.reopen(tmp_path / "study", lake=tmp_path / "study" / "lake", data=base.data)
    text = copied.read("grow.yaml").replace(f"{base.folder}/drops", f"{copied.folder}/drops")
    copied.write("grow.yaml", text)
    return copied


def week(study: Study, name: str, *, person: str = "P5", weight: str = "59") -> None:
    """Write the files of a week: one person more, P1 of another weight, a visit, a sample."""
    header = "patient_id,sex,born,weight,smokes,site_id\n"
    study.write(f"drops/{name}/patient.csv", f"{header}{person},F,1980-01-01,90,0,1\n"
                f"P1,F,1961-05-04,{weight},0,1\n")  # fmt: skip
    visit = int(person[1:])
    study.write(f"drops/{name}/visit.csv", "visit_id,patient_id,seen,symptoms,note\n"
                f"{visit},{person},2021-01-01 08:00:00,R2,\n")  # fmt: skip
    study.write(f"drops/{name}/counts.csv", f"feature_id,{person}\nENSG00000000001,2\n")


def done(study: Study, *words: object) -> CommandResult:
    result = study.ask(*words)
    assert result.code == 0, (words, result.err)
    return result


def grow(study: Study, *words: object, code: int = 0) -> Any:
    result = study.ask("grow", "--config", study.folder / "grow.yaml", "--json", *words)
    assert result.code == code, result.err
    return result.json


def shorten(study: Study, *kept: str) -> None:
    """Keep the steps that begin with some words."""
    head, *steps = study.read("grow.yaml").split("  - ")
    study.write("grow.yaml", "  - ".join([head, *(x for x in steps if x.startswith(kept))]))


def report(study: Study) -> Any:
    """Return the last report of the lake."""
    last = max((study.lake / "growths").iterdir())
    page = (last / "report.html").read_text()
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    return json.loads((last / "report.json").read_text())


def test_a_week_comes_in_and_all_that_was_made_of_it_moves(study: Study) -> None:
    files = {each: each.stat().st_mtime_ns for each in study.lake.rglob("*")}
    planned = grow(study, "--dry-run")

    assert {each: each.stat().st_mtime_ns for each in study.lake.rglob("*")} == files
    states = {each["does"]: each["state"] for each in planned["steps"]}
    assert states["load clinical study"] == "nothing to do"
    assert states["extend study"] == "planned"
    assert states["rebase *"] == "waits"
    plans = {each["does"]: each["plan"] for each in planned["steps"]}
    assert "plan: publish study@2" in plans["extend study"]
    assert (
        plans["rebase *"]
        == ["move 5 onto the next study, rna, both: heavy@1, named@1, women@1, young@1, board@1"]
        or len(plans["rebase *"]) == 1
    )

    found = grow(study)

    assert [each for each in found["published"] if each.startswith(("study", "rna", "both"))] == [
        "study@2", "study@3", "rna@2", "rna@3", "both@2",
    ]  # fmt: skip
    moved = {"heavy@2", "named@2", "women@2", "young@2", "board@2"}
    assert moved <= set(found["published"])
    assert not [each for each in versions(study.lake) if each.startswith("paper@2")]
    # Of study@1 the paper is, and nothing keeps the others.
    ended = ("study@2", "rna@1", "rna@2", "both@1")
    moved_away = ("heavy@1", "named@1", "women@1", "young@1", "board@1")
    assert set(found["retired"]) == {*ended, *moved_away}
    told = report(study)
    assert [each["state"] for each in told["steps"]].count("done") == 8
    assert (told["actor"], told["config"]) == (told["actor"], str(study.folder / "grow.yaml"))
    (rebase,) = [each for each in told["steps"] if each["does"] == "rebase *"]
    people = {each["record"]: each["people_lost"] for each in rebase["moves"]}
    assert people["heavy@1"] == 1
    assert all(each["seconds"] >= 0 for each in told["steps"])

    # A week without files, and the same files once more under another name, change nothing.
    before = versions(study.lake)
    shutil.copytree(study.folder / "drops/w1", study.folder / "drops/w1_again")
    again = grow(study)
    assert (again["published"], again["retired"]) == ([], [])
    assert versions(study.lake) == before
    assert report(study)["steps"][1]["state"] == "nothing to do"


def test_what_exceeds_a_limit_is_left_with_what_is_made_of_it(study: Study) -> None:
    study.replace("grow.yaml", "limits: {lost: 1}", "limits: {lost: 0}")

    result = study.ask("grow", "--config", study.folder / "grow.yaml")

    assert result.code == 12
    assert "These records were left as they were, and all else was done:" in result.err
    assert "Move them with apollo rebase, or change the limits." in result.err
    assert "  heavy@1: 1 of 2 people would go, and at most 0 may\n" in result.err
    assert "  named@1: heavy@1 that it is made of is left as it is" in result.err
    assert {"women@2", "young@2", "board@2", "both@2"} <= set(versions(study.lake))
    assert not {"heavy@2", "named@2"} & set(versions(study.lake))
    left = [each for step in report(study)["steps"] for each in step["left"]]
    assert [each["record"] for each in left] == ["heavy@1", "named@1"]
    # Nothing is new, and they are left again: nobody is told once alone.
    assert grow(study, code=12)["published"] == []
    study.replace("grow.yaml", "limits: {lost: 0}", "limits: {lost_share: 0.5}")
    assert sorted(grow(study)["published"]) == ["heavy@2", "named@2"]


def test_what_is_broken_is_left_and_the_others_move(study: Study) -> None:
    tiles = '{"tiles": [{"chart": "bar", "fields": ["visit.note"]}]}'
    study.write("notes.json", tiles)
    done(study, "cohort", "create", "of_paper", "--from", "study", "--filter", 'in cohort "paper"')
    done(study, "dashboard", "create", "notes", "--from", "study", "--file",
         study.folder / "notes.json")  # fmt: skip
    study.replace("data_dictionary.csv", "visit,note,string,,,,,,,,,,,,Note,\n", "")
    for name in ("visit.csv", "drops/w1/visit.csv"):
        lines = study.read(name).replace('"first\nline, and ""second"""', "x").splitlines()
        study.write(name, "".join(f"{line.rpartition(',')[0]}\n" for line in lines))
    config = study.read("grow.yaml")
    start, end = config.index("  - load"), config.index("  - extend: rna")
    study.write(
        "grow.yaml", config[:start] + config[end:].replace("keep: {last: 1}", "keep: {last: 9}")
    )
    study.replace("grow.yaml", 'rebase: "*"', 'rebase: "*"\n    onto: [study, both]')
    assert study.load().last_line == "study@2"

    found = grow(study, code=12)

    assert {each["record"]: each["why"] for each in found["left"]} == {
        "of_paper@1": "paper@1 that it is made of is left as it is",
        "paper@1": "it is not among the records that this step moves",
        "notes@1": "tiles that could not be answered: 1, and at most 0 may be",
    }
    assert {"heavy@2", "women@2", "both@2", "board@2"} <= set(found["published"])


def test_a_file_that_is_older_than_what_was_read_brings_nothing_back(study: Study) -> None:
    shorten(study, "extend: study")
    week(study, "w2", person="P6", weight="65")
    grow(study)
    week(study, "w1b", person="P7", weight="30")

    result = study.ask("grow", "--config", study.folder / "grow.yaml")

    assert result.code == 0
    assert "drops/w1b/visit.csv were not read: files with later names were, and what these" in (
        result.err
    )
    fields = "patient.patient_id,patient.weight"
    rows = done(study, "extract", "fields", "study", "--fields", fields, "--values", "raw")
    assert "P1,65" in rows.out
    assert "P7" not in rows.out


def test_a_step_that_fails_ends_the_growth_and_the_next_run_goes_on(study: Study) -> None:
    shorten(study, "load", "extend: study", "gc")
    study.replace("drops/w1/visit.csv", "R2", "secret")

    failed = study.ask("grow", "--config", study.folder / "grow.yaml")

    assert failed.code == 12
    told = report(study)
    assert [each["state"] for each in told["steps"][:3]] == ["nothing to do", "failed", "not begun"]
    assert "secret" not in json.dumps(told)
    assert versions(study.lake).count("study@2") == 1
    study.replace("drops/w1/visit.csv", "secret", "R2")
    found = grow(study)
    assert [each for each in found["published"] if each.startswith("study")] == ["study@3"]


def test_a_merge_is_made_again_with_what_it_was_extended_by(study: Study) -> None:
    shorten(study, "extend: study", "merge")
    risk = study.write("risk.csv", "patient_id,risk\nP1,3\n")
    done(study, "extend", "both", "--data", f"patient={risk}")

    assert grow(study)["published"] == ["study@2", "study@3", "both@3"]

    fields = "patient.patient_id,patient.risk,patient.weight"
    rows = done(study, "extract", "fields", "both", "--fields", fields, "--values", "raw").out
    assert "P1,3,59" in rows
    assert grow(study)["published"] == []
    # Merged by other options it would lose the field.
    study.replace(
        "grow.yaml", "    assay: rna\n    link", "    assay: rna\n    name: blood\n    link"
    )
    refused = study.ask("grow", "--config", study.folder / "grow.yaml")
    assert refused.code == 14
    assert "both@3 was merged otherwise." in refused.err
    assert "patient.risk" in refused.err


def test_one_growth_at_a_time(study: Study) -> None:
    lake = open_stored_lake(str(study.lake))
    with HeldLease(lake.leases, GROWERS_LEASE, "somebody"):
        refused = study.ask("grow", "--config", study.folder / "grow.yaml", "--wait", "0")

    assert refused.code == 14
    assert "somebody" in refused.err


def test_python_grows_as_the_command_does(study: Study, tmp_path: Path) -> None:
    shorten(study, "extend: study", "rebase")
    lake = open_lake(str(study.lake))
    config = str(study.folder / "grow.yaml")

    planned = lake.grow(config, dry_run=True)
    grown = lake.grow(config, report=str(tmp_path / "report"))

    assert (planned.version, planned.is_new) == (None, False)
    assert grown.is_new
    assert grown.receipt.left == ()
    assert {"study@3", "both@2", "board@2"} <= set(grown.receipt.published)
    assert grown.receipt.steps[1].moves[0].people_before == 2
    assert (tmp_path / "report" / "report.html").exists()
