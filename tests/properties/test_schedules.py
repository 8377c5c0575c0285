"""Pairs of writing verbs under a deterministic scheduler: as if one had come after the other.

The real code runs on a small lake, in two threads that take turns at the steps of the protocol,
and also between reading and committing the registry and the leases, and before each part. Nobody
waits for a lease: who does not get it is refused. Whatever the schedule is, what is there at the
end is what one of the orders leaves, where each verb is done or refused.

The short profile takes the schedules that switch right before a commit to the registry, and some
others by chance. `APOLLO_SCHEDULES=long pytest tests/properties/test_schedules.py` takes all with
two switches, which takes hours; choose pairs with `-k`.
"""

import contextlib
import os
import random
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from apollo_spark.errors import ApolloError, NotFoundError
from apollo_spark.lake.lake import open_lake
from apollo_spark.lake.leases import table as lease_table
from apollo_spark.lake.publishing import OnStep, no_step
from apollo_spark.lake.registry import registry
from apollo_spark.lake.registry.registry import Registry
from apollo_spark.lake.storage.parts import PartStore
from apollo_spark.lake.sweep.receipt import SweepReceipt
from apollo_spark.verbs.rebase.rebase import RebaseRequest
from apollo_spark.verbs.table import perform
from apollo_spark.verbs.view import ViewRequest
from apollo_spark.verbs.withdraw.withdraw import WithdrawRequest
from tests.support.contexts import stepping
from tests.support.ending import apply_gc, retire
from tests.support.loading import (
    FIRST,
    CrashError,
    State,
    do_at,
    require_sound,
    run_load,
    small_study,
    state_of,
)
from tests.support.rowing import give
from tests.support.study import Study
from tests.support.turns import Schedule, announced, steps_of

IS_LONG = os.environ.get("APOLLO_SCHEDULES") == "long"
BY_CHANCE = 2
REFUSALS = (13, 14)
"""A parent that is retired meanwhile, and a lease that somebody holds."""
FIELDS = "patient.weight"
"""What the view shows that comes again: a part of its own."""
COMMIT = "commit to the registry"
EFFECTS = (
    (Registry, "snapshot", "read the registry"),
    (registry, "commit_rows", COMMIT),
    (lease_table, "commit_rows", "commit to the leases"),
    (PartStore, "put", "store a part"),
    (PartStore, "remove", "remove a part"),
)


def crash() -> None:
    raise CrashError


class Stage:
    """A lake with three versions of a study and a view, and with all that a sweep may delete.

    It is copied for every schedule.
    """

    def __init__(self, folder: Path) -> None:
        self.study = small_study(folder, FIRST)
        root = self.study.lake
        for old, new in (("61.5", "62.5"), ("62.5", "63.5"), ("63.5", "64.5"), ("64.5", "65.5")):
            run_load(self.study)
            self.study.replace("patient.csv", old, new)
        self.view(root, no_step, name="part", of="study@1", fields=None)
        retire(stepping(open_lake(str(root))), "study@4")
        # What crashes leave behind is what comes again, so that a sweep and a verb want the same.
        with pytest.raises(CrashError):
            run_load(self.study, on_step=do_at("publish study@5", crash))
        with pytest.raises(CrashError):
            self.view(root, do_at("publish less@1", crash))
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

    def view(
        self,
        root: Path,
        on_step: OnStep,
        *,
        name: str = "less",
        of: str = "study@2",
        fields: str | None = FIELDS,
    ) -> object:
        request = ViewRequest(name=of, as_name=name, fields=fields, rows="patient.weight > 60")
        return perform(stepping(open_lake(str(root)), on_step), request)

    def rebase(self, root: Path, on_step: OnStep) -> object:
        request = RebaseRequest(records=("part",), onto=("study@2",), apply=True)
        return perform(stepping(open_lake(str(root)), on_step), request)

    def retire(self, root: Path, on_step: OnStep) -> object:
        return retire(stepping(open_lake(str(root)), on_step), "study@2")

    def gc(self, root: Path, on_step: OnStep) -> SweepReceipt:
        return apply_gc(stepping(open_lake(str(root)), on_step), grace_hours=0)

    def retire_and_gc(self, root: Path, on_step: OnStep) -> object:
        self.retire(root, on_step)
        return self.gc(root, on_step)

    def withdraw(self, root: Path, on_step: OnStep) -> object:
        file = str(self.study.folder / "gone.csv")
        request = WithdrawRequest(file=file, of="study.patient", apply=True)
        return perform(stepping(open_lake(str(root)), on_step), request)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("stage"))


PAIRS = [
    ("load", "load"), ("load", "rows"), ("load", "load_other"), ("load", "gc"), ("view", "gc"),
    ("view", "retire_and_gc"), ("rebase", "retire_and_gc"), ("rebase", "rows"),
    ("withdraw", "rows"), ("withdraw", "view"),
]  # fmt: skip
MORE_PAIRS = [("rows", "gc"), ("withdraw", "load"), ("withdraw", "gc"), ("retire", "gc")]
MakeRoot = Callable[[], Path]


def test_the_sweep_of_the_pairs_has_all_kinds_of_work(stage: Stage, tmp_path: Path) -> None:
    root = tmp_path / "lake"
    shutil.copytree(stage.study.lake, root)
    seen: list[str] = []

    swept = stage.gc(root, seen.append)

    assert {each.partition(" tables")[0] for each in seen} == {
        "plan", "take the lease of study", "read the registry again", "bring back",
        "delete from", "delete parts",
    }  # fmt: skip
    assert swept.done == swept.plan


@pytest.mark.parametrize(("first", "second"), PAIRS + MORE_PAIRS * IS_LONG)
def test_a_pair_ends_as_if_one_had_come_after_the_other(
    stage: Stage, first: str, second: str, tmp_path: Path
) -> None:
    numbers = iter(range(100_000))

    def new_root() -> Path:
        root = tmp_path / str(next(numbers))
        shutil.copytree(stage.study.lake, root)
        return root

    with announced(*EFFECTS):
        steps, orders = one_after_the_other(stage, (first, second), new_root)
        for schedule in schedules(*steps):
            root = new_root()
            deeds = [partial(getattr(stage, each), root) for each in (first, second)]
            errors = schedule.run(deeds)
            if "gc" in second:
                # What is published no later sweep takes.
                stage.gc(root, no_step)
            require_one_after_the_other(schedule, errors, root, orders)
            shutil.rmtree(root)


def require_one_after_the_other(
    schedule: Schedule,
    errors: list[BaseException | None],
    root: Path,
    orders: dict[str, list[State]],
) -> None:
    """Require that each verb is done or refused, and that nothing else is to be seen."""
    told = [each for each in errors if each is not None]
    for error in told:
        assert isinstance(error, ApolloError), (schedule, error)
        assert error.exit_code in REFUSALS, (schedule, error)
    assert len(told) < 2, schedule
    ends = orders["both"] if not told else orders["first" if errors[1] else "second"]
    assert state_of(root) in ends, (schedule, errors)
    require_sound(root)


def one_after_the_other(
    stage: Stage, pair: tuple[str, str], new_root: MakeRoot
) -> tuple[list[list[str]], dict[str, list[State]]]:
    """Return the steps of each verb, and what is there after both, or one of them."""
    deeds = [getattr(stage, each) for each in pair]
    ends: dict[str, list[State]] = {"both": []}
    steps = []
    for me, word in enumerate(("first", "second")):
        root = new_root()
        steps.append(steps_of(partial(deeds[me], root)))
        ends[word] = [state_of(root)]
        # One that is refused after the other leaves what is there.
        with contextlib.suppress(NotFoundError):
            deeds[1 - me](root, no_step)
        ends["both"].append(state_of(root))
    return steps, ends


def schedules(first: list[str], second: list[str]) -> Iterator[Schedule]:
    """Yield schedules with two switches: all of them, or those that matter most and some more."""
    every, most = [], []
    for starter, (own, other) in enumerate(((first, second), (second, first))):
        turns = [(x, y) for x in range(len(own)) for y in range(1, len(other) + 1)]
        every += [Schedule(each, starter) for each in turns]
        late = last_commit(own)
        most += [
            Schedule((late, len(other)), starter),
            Schedule((late, last_commit(other)), starter),
        ]
    if IS_LONG:
        return iter(every)
    # The same schedules every time.
    chance = random.Random(f"{first} {second}")
    return iter([*most, *chance.sample(every, BY_CHANCE)])


def last_commit(steps: list[str]) -> int:
    """Return the number of the step that is the last commit to the registry."""
    return max(number for number, step in enumerate(steps) if step == COMMIT)
