"""A load that ends anywhere leaves the versions before it, and the next run needs no help."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from apollo_spark.engines.tasks import LocalTaskRunner
from apollo_spark.lake.lake import open_lake
from tests.support.crashing import kill_at
from tests.support.loading import (
    CrashError,
    StopError,
    Story,
    answers_of,
    published,
    raise_at,
    require_equal,
    require_sound,
    run_load,
    tell_story,
)
from tests.support.study import Study

BEGIN = ("plan", "open engines", "take the lease", "prepare patient", "prepare visit")
WRITE = ("write rows", "commit patient", "pin patient", "commit visit", "pin visit")
STEPS = (
    (
        *BEGIN,
        *WRITE,
        "check rows and keys",
        "store parts",
        "count fields",
        "publish study@1",
        "write report",
    ),
    (
        *(*BEGIN, "prepare stay"),
        *(*WRITE, "commit stay", "pin stay", "check rows and keys"),
        # A row is left out: its table is written again, and everything is checked again.
        *("write rows", "commit stay", "pin stay", "check rows and keys"),
        *("store parts", "count fields", "publish study@2", "write report"),
    ),
)
EVERY_STEP = [
    pytest.param(version, number, id=f"study@{version}-{number}-{name.replace(' ', '-')}")
    for version, steps in enumerate(STEPS, start=1)
    for number, name in enumerate(steps)
]
# Small enough to give every row a task of its own.
ONE_ROW = 8


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return tell_story(tmp_path_factory.mktemp("story"))


def require_as_before(story: Story, study: Study, version: int, step: str) -> None:
    """Require that readers see what they saw before the load, or after its commit all of it."""
    is_published = step == "write report"
    require_equal(published(study.lake), story.until(version if is_published else version - 1))


def require_recovered(story: Story, study: Study, version: int) -> None:
    """Run the load again, and require what a load that nothing disturbed leaves."""
    outcome = run_load(study)

    assert (*outcome.published, *outcome.current) == (f"study@{version}",)
    require_equal(published(study.lake), story.until(version))
    require_sound(study.lake)


def test_the_steps_are_those_that_are_disturbed_here(story: Story) -> None:
    assert story.steps == STEPS


def test_the_two_versions_are_not_alike(story: Story) -> None:
    assert list(story.undisturbed) == ["study@1", "study@2"]
    assert {record["lineage"]["operation"] for record, _ in story.undisturbed.values()} == {
        "load clinical"
    }
    first, second = (rows for _, rows in story.undisturbed.values())
    assert [row["weight"] for row in first["patient"]] == [61.5, None, 72.0]
    assert [row["weight"] for row in second["patient"]] == ["61.5", "light", None]
    assert [tuple(row.values()) for row in second["stay"]] == [("P1", 3), ("P4", 1)]
    for reference, (_, rows) in story.undisturbed.items():
        require_equal(answers_of(story.second.lake, reference), rows)


@pytest.mark.parametrize(("version", "number"), EVERY_STEP)
def test_a_load_that_ends_at_a_step_is_made_good_by_the_next(
    story: Story, tmp_path: Path, version: int, number: int
) -> None:
    study = story.study(version, tmp_path)
    error = (CrashError, StopError)[number % 2]

    with pytest.raises(error):
        run_load(study, on_step=raise_at(number, error))

    require_as_before(story, study, version, STEPS[version - 1][number])
    require_sound(study.lake)
    require_recovered(story, study, version)


def test_crashes_one_after_the_other_do_not_add_up(story: Story, tmp_path: Path) -> None:
    study = story.study(2, tmp_path)
    for number in range(5, STEPS[1].index("publish study@2") + 1, 5):
        with pytest.raises(CrashError):
            run_load(study, on_step=raise_at(number, CrashError))

    require_recovered(story, study, 2)


class FailingRunner:
    """Runs tasks like the local runner until the one of a number begins, from 0."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.failed = False

    def run(
        self, function: Callable[[Any], dict[str, Any]], items: Sequence[Any]
    ) -> list[dict[str, Any]]:
        def run_or_fail(item: Any) -> dict[str, Any]:
            self.left -= 1
            if self.left == -1:
                self.failed = True
                raise CrashError
            return function(item)

        # One thread: the number of a task is then the same in every run.
        return LocalTaskRunner(1).run(run_or_fail, items)


# The first version has 4 tasks. The second has 7 that write, 2 that look for the places of what is
# wrong, 2 that write that table again and 2 that keep the row left out.
@pytest.mark.parametrize(
    ("version", "number"),
    [(1, 3), (2, 0), (2, 6), (2, 7), (2, 9), (2, 12)],
)
def test_a_load_whose_task_fails_is_made_good_by_the_next(
    story: Story, tmp_path: Path, version: int, number: int
) -> None:
    study = story.study(version, tmp_path)
    runner = FailingRunner(number)

    with pytest.raises(CrashError):
        run_load(study, runner=runner, block_bytes=ONE_ROW)

    assert runner.failed
    require_as_before(story, study, version, "write rows")
    require_recovered(story, study, version)


@pytest.mark.parametrize(
    ("version", "step"),
    [
        (1, "take the lease"),
        (2, "write rows"),
        (2, "commit visit"),
        (2, "check rows and keys"),
        (2, "publish study@2"),
        (2, "write report"),
    ],
)
def test_a_load_that_is_killed_is_made_good_by_another_process(
    story: Story, tmp_path: Path, version: int, step: str
) -> None:
    study = story.study(version, tmp_path)

    killed = kill_at(study, step)

    assert killed.exitcode == -9
    lease = open_lake(str(study.lake)).leases.find("study")
    if step != "take the lease":
        assert lease is not None
        assert (lease.pid, lease.renewed_at is None) == (killed.pid, False)
    require_as_before(story, study, version, step)
    require_recovered(story, study, version)
