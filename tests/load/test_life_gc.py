"""The command that cleans up: what it plans, deletes, keeps and says."""

import signal
from pathlib import Path

import pytest

from apollo_spark.lake.lake import open_lake
from tests.support.killing import die_in_sweep
from tests.support.loading import published, require_equal, require_sound
from tests.support.study import Study, loaded_twice, prepared
from tests.unit.lake.small_lake import tree


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study of two versions."""
    return prepared(loaded_twice, tmp_path)


def data_files(study: Study) -> set[str]:
    return {each for each in tree(study.lake / "tables") if each.endswith(".parquet")}


def test_a_plan_of_gc_prints_tables_and_bytes_and_deletes_nothing(study: Study) -> None:
    study.ask("retire", "study@1")
    before = tree(study.lake)

    plain, shown = study.ask("gc", "--grace", "0"), study.ask("gc", "--grace", "0", "--json").json

    assert plain.code == 0
    *tables, parts = plain.out.splitlines()[1:]
    assert [line.split()[:2] for line in tables] == [
        [f"study/{name}", "1"] for name in ("passport", "patient", "site", "visit")
    ]
    # What was counted of the fields that differ.
    assert parts == "1 part of records"
    assert plain.err.splitlines()[-1] == "add --apply to do it"
    assert (shown["applied"], shown["files"], shown["grace_hours"]) == (False, 5, 0)
    names = {f"{t['location'][7:]}/{name}" for t in shown["tables"] for name in t["names"]}
    files = [study.lake / "tables" / each for each in names]
    files += [study.lake / "registry" / "parts" / each for each in shown["parts"]]
    assert shown["bytes"] == sum(each.stat().st_size for each in files)
    assert tree(study.lake) == before


def test_gc_deletes_exactly_what_it_planned(study: Study) -> None:
    study.ask("retire", "study@1")
    before = data_files(study)
    plan = study.ask("gc", "--grace", "0", "--json").json
    left = published(study.lake)

    done = study.ask("gc", "--grace", "0", "--apply", "--json").json

    names = {f"{t['location'][7:]}/{name}" for t in plan["tables"] for name in t["names"]}
    assert before - data_files(study) == names
    assert (done["applied"], done["files"], done["bytes"]) == (True, 5, plan["bytes"])
    require_equal(published(study.lake), left)
    require_sound(study.lake)


def test_gc_keeps_a_week_by_default(study: Study) -> None:
    study.ask("retire", "study@1")

    done = study.ask("gc", "--apply")

    assert (done.code, done.out) == (0, "")
    assert done.err == "deleted 0 files, 0 B\n"
    assert study.ask("gc", "--grace", "-1").code == 2


def test_gc_says_what_it_leaves_alone(study: Study) -> None:
    study.ask("retire", "study@1")
    lake = open_lake(str(study.lake))
    lease = lake.leases.take("study", "ann")

    done = study.ask("gc", "--grace", "0", "--apply", "--wait", 0)

    assert done.code == 0
    assert "left alone: tables of study: Somebody is writing 'study' already. ann" in done.err
    lake.leases.release(lease)
    assert "deleted 5 files" in study.ask("gc", "--grace", "0", "--apply").err


def test_a_load_after_gc_goes_on_as_ever(study: Study) -> None:
    study.ask("retire", "study@2")
    study.ask("gc", "--grace", "0", "--apply")
    study.replace("patient.csv", "62.5", "63.5")

    assert study.load().last_line == "study@3"

    assert study.ask("diff", "study@1", "study@3").code == 0
    require_sound(study.lake)


@pytest.mark.parametrize("number", [2, 5, 8, 11])
def test_a_sweep_that_is_killed_leaves_all_readable_and_the_next_ends_it(
    study: Study, number: int
) -> None:
    study.load(name="other")
    study.ask("retire", "other@1")
    study.ask("retire", "study@1")
    left = published(study.lake)

    code = die_in_sweep(study.lake, number)

    assert code == -signal.SIGKILL
    require_equal(published(study.lake), left)
    assert study.ask("verify", "--deep").code == 0
    again = study.ask("gc", "--grace", "0", "--apply", "--json")
    assert (again.code, again.json["left_alone"]) == (0, [])
    assert study.ask("gc", "--grace", "0", "--json").json["files"] == 0
    assert not (study.lake / "tables" / "other").exists()
    require_equal(published(study.lake), left)
    require_sound(study.lake)
