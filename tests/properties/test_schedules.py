"""Pairs of writing verbs under a deterministic scheduler: as if one had come after the other.

The real code runs on a small lake, in two threads that take turns at the steps of the protocol.
Whatever the schedule is, what stands at the end is what one of the orders leaves, where each verb
is done or refused. The short profile takes some schedules of each pair. The long one takes all
with two switches: `APOLLO_SCHEDULES=long pytest tests/properties/test_schedules.py`, some minutes.
"""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from apollo_spark.errors import ApolloError, NotFoundError
from apollo_spark.lake.lake import open_lake
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.workflows.gc import apply_gc
from apollo_spark.workflows.rebase import RebaseRequest, rebase
from apollo_spark.workflows.retire import retire
from apollo_spark.workflows.view import ViewRequest, publish_view
from apollo_spark.workflows.withdraw import WithdrawRequest, withdraw
from tests.support.loading import (
    FIRST,
    Published,
    published,
    require_sound,
    run_load,
    small_study,
)
from tests.support.rowing import give
from tests.support.study import Study
from tests.support.turns import Schedule

IS_LONG = os.environ.get("APOLLO_SCHEDULES") == "long"
REFUSALS = (13, 14)
"""A parent that is retired meanwhile, and a lease that somebody holds."""


class Stage:
    """A lake with two versions of a study and a view, copied for every schedule."""

    def __init__(self, folder: Path) -> None:
        self.study = small_study(folder, FIRST)
        run_load(self.study)
        self.study.replace("patient.csv", "61.5", "62.5")
        run_load(self.study)
        self.view(self.study.lake, no_step, name="part")
        self.study.replace("patient.csv", "62.5", "63.5")
        self.study.write("rows.csv", "visit_id,patient_id,seen\n7,P2,2022-01-01\n")
        self.study.write("gone.csv", "patient_id\nP3\n")

    def at(self, root: Path) -> Study:
        """Return the study with another lake."""
        return Study.reopen(self.study.folder, lake=root, data=self.study.data)

    def load(self, root: Path, on_step: OnStep) -> object:
        return run_load(self.at(root), on_step=on_step)

    def load_other(self, root: Path, on_step: OnStep) -> object:
        return run_load(self.at(root), name="other", on_step=on_step)

    def rows(self, root: Path, on_step: OnStep) -> object:
        return give(self.at(root), data="visit=rows.csv", on_step=on_step)

    def view(self, root: Path, on_step: OnStep, name: str = "less") -> object:
        request = ViewRequest(name="study@1", as_name=name, rows="patient.weight > 60")
        return publish_view(open_lake(str(root)), request, on_step=on_step)

    def rebase(self, root: Path, on_step: OnStep) -> object:
        request = RebaseRequest(records=("part",), onto=("study@2",), apply=True)
        return rebase(open_lake(str(root)), request, on_step=on_step)

    def retire(self, root: Path, on_step: OnStep) -> object:
        return retire(open_lake(str(root)), "study@1", on_step=on_step)

    def gc(self, root: Path, on_step: OnStep) -> object:
        return apply_gc(open_lake(str(root)), on_step=on_step)

    def withdraw(self, root: Path, on_step: OnStep) -> object:
        file = str(self.study.folder / "gone.csv")
        request = WithdrawRequest(file=file, of="study.patient", apply=True)
        return withdraw(open_lake(str(root)), request, on_step=on_step)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("stage"))


PAIRS = [
    ("load", "load"), ("load", "rows"), ("load", "load_other"), ("rows", "gc"), ("load", "gc"),
    ("view", "retire"), ("rebase", "retire"), ("rebase", "rows"), ("withdraw", "load"),
    ("withdraw", "view"), ("retire", "gc"),
]  # fmt: skip
MakeRoot = Callable[[], Path]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_pair_ends_as_if_one_had_come_after_the_other(
    stage: Stage, first: str, second: str, tmp_path: Path
) -> None:
    numbers = iter(range(10_000))

    def new_root() -> Path:
        root = tmp_path / str(next(numbers))
        shutil.copytree(stage.study.lake, root)
        return root

    steps, orders = one_after_the_other(stage, (first, second), new_root)
    for schedule in schedules(*steps):
        root = new_root()
        deeds = [partial(getattr(stage, each), root) for each in (first, second)]
        errors = schedule.run(deeds)
        told = [each for each in errors if each is not None]
        for error in told:
            assert isinstance(error, ApolloError), (schedule, error)
            assert error.exit_code in REFUSALS, (schedule, error)
        assert len(told) < 2, schedule
        ends = orders["both"] if not told else orders["first" if errors[1] else "second"]
        assert published(root) in ends, (schedule, errors)
        require_sound(root)
        shutil.rmtree(root)


def one_after_the_other(
    stage: Stage, pair: tuple[str, str], new_root: MakeRoot
) -> tuple[list[int], dict[str, list[Published]]]:
    """Return how many steps each verb has, and what stands after both, or one of them."""
    deeds = [getattr(stage, each) for each in pair]
    ends: dict[str, list[Published]] = {"both": []}
    counts = []
    for me, word in enumerate(("first", "second")):
        seen: list[str] = []
        root = new_root()
        deeds[me](root, seen.append)
        counts.append(len(seen))
        ends[word] = [published(root)]
        # One that is refused after the other leaves what stands.
        with contextlib.suppress(NotFoundError):
            deeds[1 - me](root, no_step)
        ends["both"].append(published(root))
    return counts, ends


def schedules(first: int, second: int) -> Iterator[Schedule]:
    """Yield schedules with two switches: all of them, or some spread over them."""
    chosen = [
        Schedule((before, inside), starter)
        for starter, (own, other) in enumerate(((first, second), (second, first)))
        for before in range(own)
        for inside in range(1, other + 1)
    ]
    return iter(chosen if IS_LONG else chosen[:: max(1, len(chosen) // 12)])
