"""An extension that ends anywhere leaves what is there, and the next run needs no help."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from apollo_spark.lake.lake import open_lake
from apollo_spark.lake.leases.keeper import HeldLease
from tests.support.extending import everything, run_extension
from tests.support.loading import (
    CrashError,
    StopError,
    as_seen,
    do_at,
    is_seen_whole,
    published,
    raise_at,
    require_equal,
    require_sound,
)
from tests.support.study import Study

BEGIN = ("plan", "open engines", "take the lease")
CHECK = ("check rows and keys",)
END = ("store parts", "count fields", "publish study@3", "write report")
FOLD = ("fold tables", "prepare patient.fields.3.folded")
WRITTEN = ("commit patient.fields.3", "pin patient.fields.3")
FOLDED = ("commit patient.fields.3.folded", "pin patient.fields.3.folded")
STEPS = {
    "fields": (
        *(*BEGIN, "prepare patient.fields.3", "write rows", *WRITTEN, *CHECK),
        *(*FOLD, *FOLDED, *END),
    ),
    "entity": (*BEGIN, "prepare stay", "write rows", "commit stay", "pin stay", *CHECK, *END),
}
FILES = {
    "fields": ("patient", "patient_id,second\nP1,b\nP3,d\n"),
    "entity": ("stay", "patient_id,days\nP1,3\nP1,4\n"),
}


@dataclass(frozen=True)
class Story:
    """A lake with one extension, and what a second one makes of it."""

    lake: Path
    file: Path
    entity: str
    steps: tuple[str, ...]
    before: Any
    after: Any


@pytest.fixture(scope="module", params=list(STEPS))
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("story")
    study = Study(folder)
    assert study.load().code == 0
    first = study.write("first.csv", "patient_id,first\nP1,1\nP2,2\n")
    run_extension(study.lake, first)
    entity, text = FILES[request.param]
    file = study.write("second.csv", text)
    after = folder / "after"
    shutil.copytree(study.lake, after)
    steps: list[str] = []
    run_extension(after, file, of=entity, on_step=steps.append)
    assert tuple(steps) == STEPS[request.param]
    before = published(study.lake)
    return Story(study.lake, file, entity, tuple(steps), before, published(after))


def test_the_versions_are_read_as_they_were(story: Story) -> None:
    shown = everything(story.lake.parent / "after")["study@3"]

    if story.entity == "stay":
        assert shown["stay"] == [{"patient_id": "P1", "days": days} for days in (3, 4)]
    else:
        pairs = [(each["first"], each["second"]) for each in shown["patient"]]
        assert pairs == [(1, "b"), (2, None), (None, "d"), (None, None)]


def test_an_extension_that_ends_at_a_step_is_made_good_by_the_next(
    story: Story, tmp_path: Path
) -> None:
    for number, step in enumerate(story.steps):
        lake = tmp_path / str(number)
        shutil.copytree(story.lake, lake)
        error = (CrashError, StopError)[number % 2]

        with pytest.raises(error):
            run_extension(lake, story.file, of=story.entity, on_step=raise_at(number, error))

        whole = is_seen_whole(number, story.steps)
        seen = as_seen(story.after if step == "write report" else story.before, whole=whole)
        require_equal(published(lake, whole=whole), seen)
        outcome = run_extension(lake, story.file, of=story.entity)
        assert (*outcome.published, *outcome.current) == ("study@3",), step
        require_equal(published(lake, whole=whole), as_seen(story.after, whole=whole))
        require_sound(lake)
        shutil.rmtree(lake)


def test_crashes_one_after_the_other_do_not_add_up(story: Story, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(story.lake, lake)
    for number in range(3, len(story.steps) - 1):
        with pytest.raises(CrashError):
            run_extension(lake, story.file, of=story.entity, on_step=raise_at(number, CrashError))

    run_extension(lake, story.file, of=story.entity)

    require_equal(published(lake), story.after)
    require_sound(lake)


def test_an_extension_stands_on_what_was_published_while_it_waited(
    story: Story, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(story.lake, lake)
    other = tmp_path / "other.csv"
    other.write_text("visit_id,room\n1,9\n")

    outcome = run_extension(
        lake,
        story.file,
        of=story.entity,
        on_step=do_at("take the lease", lambda: run_extension(lake, other, of="visit")),
    )

    assert outcome.published == ("study@4",)
    shown = everything(lake)["study@4"]
    assert [each["room"] for each in shown["visit"]] == [9, None, None, None]
    reference = everything(story.lake.parent / "after")["study@3"]
    assert shown[story.entity] == reference[story.entity]


def test_two_processes_with_the_same_file_publish_once(story: Story, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(story.lake, lake)

    outcome = run_extension(
        lake,
        story.file,
        of=story.entity,
        on_step=do_at("take the lease", lambda: run_extension(lake, story.file, of=story.entity)),
    )

    assert (outcome.published, outcome.current) == ((), ("study@3",))


def test_who_writes_the_dataset_keeps_others_out(story: Story, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(story.lake, lake)
    stores = open_lake(str(lake))

    with HeldLease(stores.leases, "study", "somebody"), pytest.raises(Exception, match="somebody"):
        run_extension(lake, story.file, of=story.entity)
