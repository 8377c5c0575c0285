"""An extension by rows that ends at any step changes nothing, and the next one makes it good."""

import shutil
from pathlib import Path

import pytest

from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.operations.outcome import Outcome
from tests.support.loading import (
    CrashError,
    StopError,
    do_at,
    published,
    raise_at,
    require_equal,
    require_sound,
    run_load,
)
from tests.support.rowing import give, states
from tests.support.study import Study

STEPS = (
    *("plan", "open engines", "take the lease", "prepare patient"),
    *("read rows", "check rows and keys", "write rows", "commit patient", "pin patient"),
    *("store parts", "count fields", "publish study@2", "write report"),
)


class Story:
    """A lake with one version, and what the extension makes of it when nothing disturbs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.study = Study(folder)
        self.study.write("more.csv", "patient_id,weight,sex\nP1,62,M\nP5,80,F\nP3,72,F\n")
        self.study.write("keys.csv", "patient_id\nP4\n")
        self.study.write("gone.csv", "visit_id\n4\n")
        run_load(self.study)
        self.steps: list[str] = []
        wanted = self.lake("undisturbed")
        deed(wanted, self.steps.append)
        self.wanted = published(wanted.lake)

    def lake(self, name: str) -> Study:
        """Return the study with a copy of the lake before the extension."""
        lake = self.folder / "lakes" / name
        shutil.copytree(self.folder / "lake", lake)
        return Study.reopen(self.folder, lake=lake, data=self.study.data)


def deed(study: Study, on_step: OnStep) -> Outcome:
    return give(study, data="patient=more.csv", delete="patient=keys.csv", on_step=on_step)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("story"))


def test_the_steps_are_those_that_are_disturbed_here(story: Story) -> None:
    assert tuple(story.steps) == STEPS
    assert list(story.wanted) == ["study@1", "study@2"]


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_an_extension_that_ends_at_a_step_is_made_good_by_the_next(
    story: Story, number: int
) -> None:
    study = story.lake(str(number))
    error = (CrashError, StopError)[number % 2]

    with pytest.raises(error):
        deed(study, raise_at(number, error))

    is_published = STEPS[number] == "write report"
    before = {"study@1": story.wanted["study@1"]}
    require_equal(published(study.lake), story.wanted if is_published else before)
    require_sound(study.lake)
    outcome = deed(study, no_step)
    assert (*outcome.published, *outcome.current) == ("study@2",)
    require_equal(published(study.lake), story.wanted)
    require_sound(study.lake)


def test_an_extension_on_a_version_that_came_meanwhile_keeps_what_that_changed(
    story: Story,
) -> None:
    study = story.lake("two writers")

    outcome = deed(study, do_at("open engines", lambda: give(study, delete="visit=gone.csv")))

    assert outcome.published == ("study@3",)
    found = published(study.lake)
    assert found["study@3"][1]["patient"] == story.wanted["study@2"][1]["patient"]
    assert [row["visit_id"] for row in found["study@3"][1]["visit"]] == [1, 2, 3]
    require_sound(study.lake)


def test_an_extension_that_ends_before_its_commit_leaves_no_file(story: Story) -> None:
    study = story.lake("before the commit")
    before = states(study.lake / "tables")

    with pytest.raises(CrashError):
        deed(study, raise_at(STEPS.index("commit patient"), CrashError))

    assert states(study.lake / "tables") == before
