"""Views, merges, rebases and copies that end anywhere, and what the next run makes of it."""

import shutil
from pathlib import Path

import pytest

from tests.support.loading import (
    CrashError,
    Published,
    published,
    raise_at,
    require_equal,
    require_sound,
)
from tests.support.study import CommandResult, Study
from tests.support.watching import watched

DATA = ["patient=patient.csv", "visit=visit.csv", "site=site.csv", "passport=passport.csv"]
VERBS = ["view", "merge", "assay", "linked", "rebase", "rebase a merge", "undo"]


def words_of(study: Study, verb: str) -> tuple[object, ...]:
    assay = ("merge", "assay", "rna", "study@1", "--as", "new", "--assay", "rna", "--link",
             "patient.patient_id")  # fmt: skip
    return {
        "view": ("view", "study@1", "--as", "new", "--rows", 'patient.sex = "F"'),
        "merge": ("merge", "clinical", "other", "study@1", "--as", "new", "--on-clash", "join"),
        "assay": assay,
        "linked": (*assay, "--link-file", study.folder / "link.csv"),
        "rebase": ("rebase", "part", "--onto", "study@2", "--apply"),
        "rebase a merge": ("rebase", "both", "--onto", "rna@2", "--apply"),
        "undo": ("rebase", "--undo", "moved@2"),
    }[verb]


def done(study: Study, *words: object) -> CommandResult:
    result = study.ask(*words)
    assert result.code == 0, (words, result.err)
    return result


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A lake with everything that the verbs are about."""
    study = Study(tmp_path_factory.mktemp("base"))
    study.write("link.csv", "sample,person\nP1,P2\nP2,P1\n")
    study.load()
    study.replace("patient.csv", "61.5", "62.5")
    study.load()
    study.write("other.csv", "patient_id,bmi\nP1,20\nP9,22\n")
    study.write(
        "other_dictionary.csv",
        study.read("data_dictionary.csv").splitlines()[0]
        + "\npatient,patient_id,string,global,,,,,,,,,,,,\npatient,bmi,float,,,,,,,,,,,,,\n",
    )
    done(
        study,
        "load",
        "clinical",
        "other",
        "--dictionary",
        study.folder / "other_dictionary.csv",
        "--data",
        f"patient={study.folder / 'other.csv'}",
    )
    for value in (1, 2):
        matrix = study.write("rna.csv", f"feature_id,P1,P2\nENSG00000000001,{value},5\n")
        done(
            study,
            "load",
            "expression",
            "rna",
            "--assay",
            "rna",
            "--unit",
            "count",
            "--source",
            matrix,
        )
    done(study, "view", "study@1", "--as", "part", "--rows", "patient.weight > 60")
    done(study, "view", "study@1", "--as", "moved", "--rows", "patient.weight > 60")
    done(study, "rebase", "moved", "--onto", "study@2", "--apply")
    done(
        study,
        "merge",
        "assay",
        "rna@1",
        "study@1",
        "--as",
        "both",
        "--assay",
        "rna",
        "--link-file",
        study.folder / "link.csv",
    )
    return study


def copy(base: Study, folder: Path) -> Study:
    shutil.copytree(base.folder, folder)
    # The files stay where they were, so that the same names stand in the records.
    return Study.reopen(base.folder, lake=folder / "lake", data=DATA)


@pytest.mark.parametrize("verb", VERBS)
def test_a_stop_at_any_step_changes_nothing_for_the_next_run(
    base: Study, verb: str, tmp_path: Path
) -> None:
    words = words_of(base, verb)
    steps: list[str] = []
    undisturbed = copy(base, tmp_path / "undisturbed")
    with watched(steps.append):
        new = done(undisturbed, *words).last_line
    wanted = published(undisturbed.lake)
    before = {key: each for key, each in wanted.items() if key != new}
    commit = steps.index(f"publish {new}")
    assert "store parts" in steps[:commit]
    for number, step in enumerate(steps):
        study = copy(base, tmp_path / str(number))
        with watched(raise_at(number, CrashError)):
            assert study.ask(*words).code == 1
        require_equal((step, found(study)), (step, before if number <= commit else wanted))

        done(study, *words)

        require_equal((step, found(study)), (step, wanted))
        require_sound(study.lake, new.partition("@")[0])


def found(study: Study) -> Published:
    return published(study.lake)


def test_a_copy_that_was_not_finished_holds_no_dataset(base: Study, tmp_path: Path) -> None:
    steps: list[str] = []
    with watched(steps.append):
        done(base, "extract", "sealed", "both", "-o", tmp_path / "whole")
    for number in range(steps.index("publish both@1") + 1):
        folder = tmp_path / str(number)
        words = ("extract", "sealed", "both", "-o", folder)
        with watched(raise_at(number, CrashError)):
            assert base.ask(*words).code == 1

        copied = Study.reopen(base.folder, lake=folder, data=DATA)
        assert copied.ask("list", "--json").json == {"records": []}
        again = base.ask(*words)
        assert again.code == 0 or "is not empty" in again.err
