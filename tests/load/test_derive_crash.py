"""Views, merges, rebases and copies that end anywhere, and what the next run makes of it.

And what the life of versions ends in: retirements, withdrawals and sweeps.
"""

import shutil
from pathlib import Path

import pytest

from apollo_spark.lake.lake import open_lake
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.verbs.table import perform
from apollo_spark.verbs.withdraw.withdraw import WithdrawRequest
from tests.support.contexts import stepping
from tests.support.ending import apply_gc, retire
from tests.support.killing import die_in_command
from tests.support.loading import (
    CrashError,
    Published,
    Rows,
    State,
    answers_of,
    as_seen,
    is_seen_whole,
    published,
    raise_at,
    require_equal,
    require_sound,
    state_of,
)
from tests.support.study import CommandResult, Study
from tests.support.watching import watched

DATA = ["patient=patient.csv", "visit=visit.csv", "site=site.csv", "passport=passport.csv"]
VERBS = [
    "view", "merge", "assay", "linked", "rebase", "rebase a merge", "undo", "cohort", "move",
    "dashboard",
]  # fmt: skip


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
        "move": ("rebase", "light", "--onto", "study@2", "--apply"),
        "cohort": ("cohort", "create", "new", "--from", "light", "--ids", study.folder / "ids.txt"),
        "dashboard": ("dashboard", "create", "new", "--from", "light", "--file",
                      study.folder / "tiles.json"),
    }[verb]  # fmt: skip


def done(study: Study, *words: object) -> CommandResult:
    result = study.ask(*words)
    assert result.code == 0, (words, result.err)
    return result


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A lake with everything that the verbs are about."""
    study = Study(tmp_path_factory.mktemp("base"))
    study.write("ids.txt", "P1\nP4\n")
    study.write("tiles.json", '{"tiles": [{"chart": "bar", "fields": ["patient.weight"]}]}')
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
    light = ("--filter", "patient.weight < 70")
    done(study, "cohort", "create", "light", "--from", "study@1", *light)
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
    # The files stay where they were, so that the same names are in the records.
    return Study.reopen(base.folder, lake=folder / "lake", data=DATA)


@pytest.mark.parametrize("verb", VERBS)
def test_a_stop_at_any_step_changes_nothing_for_the_next_run(
    base: Study, verb: str, tmp_path: Path
) -> None:
    words = words_of(base, verb)
    new, steps, wanted = undisturbed(base, words, tmp_path)
    before = {key: each for key, each in wanted.items() if key != new}
    commit = steps.index(f"publish {new}")
    assert "store parts" in steps[:commit]
    for number, step in enumerate(steps):
        study = copy(base, tmp_path / str(number))
        whole = is_seen_whole(number, steps)
        with watched(raise_at(number, CrashError)):
            assert study.ask(*words).code == 1
        seen = as_seen(before if number <= commit else wanted, whole=whole)
        require_equal((step, published(study.lake, whole=whole)), (step, seen))

        done(study, *words)

        seen = as_seen(wanted, whole=whole)
        require_equal((step, published(study.lake, whole=whole)), (step, seen))
        require_sound(study.lake, new.partition("@")[0])


def undisturbed(
    base: Study, words: tuple[object, ...], folder: Path
) -> tuple[str, list[str], Published]:
    """Publish as ever, and return the version, the steps and what is there then."""
    steps: list[str] = []
    study = copy(base, folder / "undisturbed")
    with watched(steps.append):
        new = done(study, *words).last_line
    return new, steps, published(study.lake)


@pytest.mark.parametrize(
    ("verb", "step"),
    [("linked", "commit rna_link"), ("linked", "publish new@1"), ("rebase", "publish part@2")],
)
def test_a_process_that_is_killed_changes_nothing_for_the_next_run(
    base: Study, verb: str, step: str, tmp_path: Path
) -> None:
    words = words_of(base, verb)
    new, steps, wanted = undisturbed(base, words, tmp_path)
    study = copy(base, tmp_path / "killed")

    code = die_in_command(steps.index(step), "--lake", study.lake, *words)

    assert code == -9
    require_equal(published(study.lake), {key: each for key, each in wanted.items() if key != new})
    done(study, *words)
    require_equal(published(study.lake), wanted)
    require_sound(study.lake, new.partition("@")[0])


SHOWN = ("study@2", "part@1", "both@1")


def end(study: Study, verb: str, on_step: OnStep) -> None:
    """Do a verb that ends something."""
    lake = open_lake(str(study.lake))
    if verb == "retire":
        retire(stepping(lake, on_step), "study@1")
    elif verb == "withdraw":
        file = str(study.folder / "gone.csv")
        request = WithdrawRequest(file=file, of="study.patient", apply=True)
        perform(stepping(lake, on_step), request)
    else:
        apply_gc(stepping(lake, on_step), grace_hours=0)


def everything(study: Study) -> tuple[State, dict[str, Rows]]:
    return state_of(study.lake), {each: answers_of(study.lake, each) for each in SHOWN}


def require_state(study: Study, wanted: tuple[State, dict[str, Rows]], *, whole: bool) -> None:
    """Require what a lake says, and with it all that it answers or only the hashes of it."""
    if whole:
        require_equal(everything(study), wanted)
    else:
        seen = wanted[0]._replace(published=as_seen(wanted[0].published, whole=False))
        require_equal(state_of(study.lake, whole=False), seen)


def files(study: Study) -> set[str]:
    """Return the files of rows and of parts."""
    kinds = {".parquet", ".gz"}
    inside = (study.lake / "tables", study.lake / "registry" / "parts")
    return {
        str(x.relative_to(study.lake)) for y in inside for x in y.rglob("*") if x.suffix in kinds
    }


@pytest.mark.parametrize(("verb", "until"), [("retire", 2), ("withdraw", 4), ("sweep", 19)])
def test_an_end_that_is_not_reached_is_reached_by_the_next_run(
    base: Study, verb: str, until: int, tmp_path: Path
) -> None:
    start = copy(base, tmp_path / "start")
    start.write("gone.csv", "patient_id\nP1\n")
    if verb == "sweep":
        # A retired version of one dataset, a dataset as a whole, and what a crash left.
        done(start, "retire", "rna@2")
        done(start, "retire", "other@1")
        with watched(raise_at(5, CrashError)):
            assert start.ask(*words_of(start, "linked")).code == 1
    before, all_files = everything(start), files(start)
    steps: list[str] = []
    undisturbed = again(start, tmp_path / "undisturbed")
    end(undisturbed, verb, steps.append)
    wanted, files_left = everything(undisturbed), files(undisturbed)
    # A retirement looks once more whether it is done.
    assert len(steps) == until + (verb == "retire"), steps
    assert wanted != before if verb != "sweep" else files_left < all_files
    for number, step in enumerate(steps):
        study = again(start, tmp_path / str(number))
        with pytest.raises(CrashError):
            end(study, verb, raise_at(number, CrashError))
        # A sweep has many steps, and changes nothing that anybody sees.
        whole = verb != "sweep" or is_seen_whole(number, steps)
        require_state(study, before if number < until else wanted, whole=whole)
        require_sound(study.lake)

        end(study, verb, no_step)

        require_state(study, wanted, whole=whole)
        if verb == "sweep":
            assert files(study) == files_left, step
    require_sound(study.lake)


def again(study: Study, folder: Path) -> Study:
    """Return the study with a copy of its lake."""
    shutil.copytree(study.lake, folder)
    return Study.reopen(study.folder, lake=folder, data=DATA)


def test_a_copy_that_was_not_finished_holds_no_dataset(base: Study, tmp_path: Path) -> None:
    steps: list[str] = []
    whole = tmp_path / "whole"
    with watched(steps.append):
        done(base, "extract", "sealed", "both", "-o", whole)
    wanted = sealed(whole)
    for number in range(steps.index("publish both@1") + 1):
        folder = tmp_path / str(number)
        words = ("extract", "sealed", "both", "-o", folder)
        with watched(raise_at(number, CrashError)):
            assert base.ask(*words).code == 1
        # It is made beside, and put there when it is whole: what may be hidden by now is gone.
        assert [each for each in tmp_path.iterdir() if each.name.startswith(str(number))] == []
        if number % 5 == 0:
            done(base, *words)
            require_equal(sealed(folder), wanted)
            require_sound(folder, "both")


def sealed(folder: Path) -> Published:
    """Return what a copy holds; every copy has a fingerprint, and its assays ids, of its own."""
    copied = published(folder)
    for record, _ in copied.values():
        del record["lineage"]["fingerprint"]
        for assay in record["assays"]:
            del assay["uuid"]
    return copied
