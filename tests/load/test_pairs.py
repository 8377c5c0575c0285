"""Pairs of verbs: one runs as a whole at steps of the other, or both as processes at once.

What the first one reads and what the second one leaves behind are both as if one had come after
the other: every version that is there reads as before, and everything is as published.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.jobs.processes import APOLLO, environment
from tests.support.loading import State, require_sound, state_of
from tests.support.study import LOCAL_SETTINGS, CommandResult, Study
from tests.support.watching import watched


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with two versions of a study, another study, a view and a retired version."""
    study = Study(tmp_path_factory.mktemp("prepared"))
    for words in (
        study.load_words(),
        study.load_words(name="other"),
        ("--lake", study.lake, "view", "study@1", "--as", "part", "--rows", "patient.weight > 60"),
    ):
        done(study, *words)
    study.replace("patient.csv", "61.5", "62.5")
    done(study, *study.load_words())
    study.write("more.csv", "patient_id,bmi\nP1,20\nP3,22\n")
    study.write("rows.csv", "visit_id,patient_id,note\n7,P2,late\n")
    study.write("gone.csv", "patient_id\nP4\n")
    study.write("few.txt", "P1\nP3\n")
    study.write("tiles.json", '{"tiles": [{"chart": "bar", "fields": ["patient.weight"]}]}')
    return study.folder


@pytest.fixture
def study(prepared: Path, tmp_path: Path) -> Study:
    folder = tmp_path / "study"
    shutil.copytree(prepared, folder)
    data = ["patient=patient.csv", "visit=visit.csv", "site=site.csv", "passport=passport.csv"]
    return Study.reopen(folder, lake=folder / "lake", data=data)


def done(study: Study, *words: object) -> CommandResult:
    result = study.ask(*words) if words[0] != "--lake" else study.ask(*words[2:])
    assert result.code == 0, (words, result.err)
    return result


def words_of(study: Study, verb: str) -> tuple[object, ...]:
    folder = study.folder
    return {
        "load": tuple(study.load_words()[2:]),
        "fields": ("extend", "study", "--data", f"patient={folder / 'more.csv'}"),
        "rows": ("extend", "other", "--data", f"visit={folder / 'rows.csv'}", "--mode", "rows"),
        "merge": ("merge", "clinical", "other", "study@1", "--as", "both", "--on-clash",
                  "prefix:b_"),
        "view": ("view", "study@1", "--as", "less", "--rows", 'patient.sex = "F"'),
        "rebase": ("rebase", "part", "--onto", "study@2", "--apply"),
        "cohort": ("cohort", "create", "few", "--from", "study@1", "--ids", folder / "few.txt"),
        "dashboard": ("dashboard", "create", "board", "--from", "study@1", "--file",
                      folder / "tiles.json"),
        "gc": ("gc", "--apply", "--grace", "0"),
        "retire": ("retire", "study@1"),
        "withdraw": ("withdraw", folder / "gone.csv", "--of", "study.patient", "--apply"),
    }[verb]  # fmt: skip


def readings(study: Study) -> dict[str, str]:
    """Return what every version that is there reads as."""
    found = {}
    for each in study.ask("list", "--json").json["records"]:
        for version in study.ask("history", each["name"], "--json").json["versions"]:
            name = f"{each['name']}@{version['version']}"
            if version["retired"] is None:
                words = ("extract", "fields", name, "--fields", "patient.patient_id,patient.weight")
                if each["kind"] == "dashboard":
                    words = ("dashboard", "data", name)
                found[name] = done(study, *words).out
    return found


PAIRS = [
    ("fields", "gc"), ("rows", "gc"), ("load", "gc"), ("merge", "retire"), ("view", "gc"),
    ("rebase", "retire"), ("merge", "withdraw"), ("load", "withdraw"), ("view", "load"),
    ("rebase", "fields"), ("cohort", "retire"), ("cohort", "gc"),
    ("dashboard", "retire"), ("dashboard", "gc"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_verb_inside_another_leaves_everything_as_one_after_the_other(
    study: Study, first: str, second: str
) -> None:
    if first == "load":
        study.replace("patient.csv", "72", "71")
    steps: list[str] = []
    copy = study.folder.parent / "dry"
    shutil.copytree(study.folder, copy)
    with watched(steps.append):
        outcome = Study.reopen(copy, lake=copy / "lake", data=study.data)
        done(outcome, *words_of(outcome, first))
    # The first, a middle and the last step: before anything, while tables are written, before the
    # commit and, where there is one, after it.
    before = readings(study)
    chosen = sorted({0, len(steps) // 2, len(steps) - 2, len(steps) - 1} & set(range(len(steps))))
    for place in chosen:
        folder = study.folder.parent / f"at-{place}"
        shutil.copytree(study.folder, folder)
        once = Study.reopen(folder, lake=folder / "lake", data=study.data)
        check(once, first, second, place, before)


def check(study: Study, first: str, second: str, place: int, before: dict[str, str]) -> None:
    seen: list[str] = []
    inner: list[CommandResult] = []

    def interrupt(name: str) -> None:
        seen.append(name)
        if len(seen) == place + 1:
            # The one outside does nothing meanwhile: waiting for its lease is for nothing.
            inner.append(study.ask(*words_of(study, second), "--wait", 0))

    with watched(interrupt):
        outer = study.ask(*words_of(study, first))
    # A lease that is held (14) or a parent that is retired (13) refuses; it never breaks anything.
    assert outer.code in (0, 13, 14), outer.err
    assert inner[0].code in (0, 13, 14), inner[0].err
    assert 0 in (outer.code, inner[0].code)
    after = readings(study)
    if second != "withdraw" or inner[0].code != 0:
        assert {name: after[name] for name in before if name in after} == {
            name: before[name] for name in before if name in after
        }
        assert set(before) - set(after) <= {"study@1"}
    verified = study.ask("verify", "--deep")
    assert verified.code == 0, verified.err


REAL_PAIRS = [
    ("load", "fields"), ("rows", "gc"), ("view", "retire"), ("rebase", "retire"),
    ("withdraw", "load"),
]  # fmt: skip


@pytest.mark.parametrize("pair", REAL_PAIRS)
def test_two_processes_at_once_leave_everything_as_one_after_the_other(
    study: Study, pair: tuple[str, str]
) -> None:
    study.replace("patient.csv", "72", "71")
    alone: list[State] = []
    in_turn: list[State] = []
    for order in (pair, pair[::-1]):
        once = with_own_lake(study, "then".join(order))
        done(once, *words_of(once, order[0]))
        alone.append(state_of(once.lake))
        assert once.ask(*words_of(once, order[1])).code in (0, 13)
        in_turn.append(state_of(once.lake))
    together = with_own_lake(study, "together")
    start = (*APOLLO, "--lake", together.lake, "--conf", LOCAL_SETTINGS)
    running = [
        subprocess.Popen(
            [str(each) for each in (*start, *words_of(together, verb))],
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for verb in pair
    ]

    errors = [each.communicate()[1] for each in running]

    codes = [each.returncode for each in running]
    assert set(codes) <= {0, 13, 14}, errors
    assert 0 in codes, errors
    ends = in_turn if codes == [0, 0] else [alone[codes.index(0)]]
    assert state_of(together.lake) in ends, errors
    require_sound(together.lake)


def with_own_lake(study: Study, name: str) -> Study:
    """Return the study with a copy of its lake."""
    lake = study.folder.parent / name
    shutil.copytree(study.lake, lake)
    return Study.reopen(study.folder, lake=lake, data=study.data)
