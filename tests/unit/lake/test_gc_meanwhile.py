"""Sweeping a lake: whatever happens meanwhile, and wherever it ends, nothing that is read goes."""

import shutil
from pathlib import Path
from threading import Event, Thread

import pytest

from apollo_spark.errors import (
    LeaseHeldError,
    LeaseLostError,
    StorageRefusedError,
)
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.lake.registry.rows import StoredRecord
from apollo_spark.lake.sweep.receipt import SweepReceipt
from apollo_spark.model.dataset import DatasetRecord
from tests.support.clock import Sleeper
from tests.support.contexts import stepping
from tests.support.ending import retire
from tests.unit.lake.small_lake import (
    FIRST,
    SECOND,
    STEPS,
    CrashError,
    crash_at,
    do_at,
    plain,
    publish,
    rows_of,
)
from tests.unit.lake.sweeping import data_files, files_of, named, require_sound, sweep, two_versions
from tests.unit.lake.test_retiring import merge


def crowded(lake: Lake) -> list[DatasetRecord]:
    """Publish, retire and crash, so that a sweep has all kinds of work; return what stays."""
    publish(lake, {**FIRST, "stay": [("S1", 1)]})
    second, third = publish(lake, SECOND), publish(lake, FIRST)
    publish(lake, name="gone")
    retire(stepping(lake), "study@1")
    retire(stepping(lake), "gone@1")
    lake.parts.put("nobody names this")
    with pytest.raises(CrashError):
        publish(lake, SECOND, on_step=crash_at(STEPS.index("pin patient")))
    return [second, third]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[DatasetRecord]]:
    """A crowded lake that tests copy, and what stays of it."""
    folder = tmp_path_factory.mktemp("crowd") / "lake"
    return folder, crowded(open_lake(str(folder)))


@pytest.fixture
def kept(lake: Lake, crowd: tuple[Path, list[DatasetRecord]]) -> list[DatasetRecord]:
    """What stays of the lake of the test, which is crowded."""
    shutil.copytree(crowd[0], lake.root.path)
    return crowd[1]


def steps_of_a_sweep(lake: Lake) -> list[str]:
    seen: list[str] = []
    sweep(lake, on_step=seen.append)
    return seen


@pytest.mark.usefixtures("kept")
def test_every_effect_of_a_sweep_is_announced(lake: Lake) -> None:
    assert sorted(set(steps_of_a_sweep(lake))) == [
        "bring back tables/study/patient",
        "bring back tables/study/visit",
        "delete from tables/study/patient",
        "delete from tables/study/visit",
        "delete parts",
        "plan",
        "read the registry again",
        "remove tables/gone/patient",
        "remove tables/gone/visit",
        "remove tables/study/stay",
        "take the lease of gone",
        "take the lease of study",
    ]
    assert steps_of_a_sweep(lake) == ["plan"]


@pytest.mark.parametrize("number", range(15))
def test_a_crash_at_a_step_leaves_everything_readable_and_the_next_sweep_ends_it(
    lake: Lake, kept: list[DatasetRecord], number: int
) -> None:
    with pytest.raises(CrashError):
        sweep(lake, on_step=crash_at(number))
    require_sound(lake)
    assert [rows_of(lake, each) for each in kept] == [plain(SECOND), plain(FIRST)]

    sweep(lake)

    assert data_files(lake) == files_of(lake, *kept)
    require_sound(lake)
    assert rows_of(lake, publish(lake, SECOND)) == plain(SECOND)


@pytest.mark.usefixtures("kept")
def test_the_steps_that_are_crashed_are_all(lake: Lake) -> None:
    assert len(steps_of_a_sweep(lake)) == 15


@pytest.mark.parametrize("moment", ["rename", "rmtree"])
def test_a_crash_while_a_table_goes_is_finished_by_the_next_sweep(
    lake: Lake, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(lake)
    retire(stepping(lake), "study@1")

    def crash(*_: object) -> None:
        raise CrashError

    place = "apollo_spark.lake.sweep.sweeper.list_files" if moment == "rename" else "shutil.rmtree"
    with monkeypatch.context() as patched:
        patched.setattr(place, crash)
        with pytest.raises(CrashError):
            sweep(lake)
    assert (lake.root.path / "tables" / "study").is_dir()

    sweep(lake)

    assert list((lake.root.path / "tables").iterdir()) == []


def test_a_sweep_leaves_alone_what_somebody_writes(lake: Lake) -> None:
    two_versions(lake)
    before = data_files(lake)
    outcomes: list[SweepReceipt] = []

    third = publish(lake, FIRST, on_step=do_at("pin patient", lambda: outcomes.append(sweep(lake))))

    (outcome,) = outcomes
    assert [each.partition(":")[0] for each in outcome.busy] == ["tables of study"]
    assert named(outcome.done) == set()
    assert before <= data_files(lake)
    assert rows_of(lake, third) == plain(FIRST)
    require_sound(lake)


def test_two_sweeps_at_once_are_one_too_many(lake: Lake) -> None:
    two_versions(lake)

    def interfere() -> None:
        with pytest.raises(LeaseHeldError):
            sweep(lake)

    sweep(lake, on_step=do_at("read the registry again", interfere))
    require_sound(lake)


@pytest.mark.parametrize(
    "step", ["commit patient", "pin patient", "store parts", "publish study@3"]
)
def test_a_sweep_in_the_sleep_of_a_writer_loses_nothing(lake: Lake, step: str) -> None:
    """With no grace at all: the lease and the registry alone must hold."""
    sleeper = Sleeper(lake)
    _, second = two_versions(lake)

    def sleep_and_sweep() -> None:
        sleeper.sleep()
        sweep(lake, days=10_000)

    # What it had written and not yet named may be gone.
    with pytest.raises((LeaseLostError, StorageRefusedError)):
        publish(lake, SECOND, on_step=do_at(step, sleep_and_sweep))

    assert [str(each) for each in lake.list_records()] == ["study@2"]
    assert rows_of(lake, second) == plain(SECOND)
    require_sound(lake)


@pytest.mark.parametrize("step", ["plan", "take the lease of study"])
def test_what_is_published_before_the_lease_is_taken_stays(lake: Lake, step: str) -> None:
    two_versions(lake)
    published: list[DatasetRecord] = []

    def again() -> None:
        published.append(publish(lake, FIRST))

    sweep(lake, on_step=do_at(step, again), days=10_000)

    assert rows_of(lake, published[0]) == plain(FIRST)
    require_sound(lake)


STEPS_OF_A_SWEEP = [
    "plan",
    "take the lease of study",
    "read the registry again",
    "delete from tables/study/patient",
    "delete from tables/study/visit",
]


@pytest.mark.parametrize("step", STEPS_OF_A_SWEEP)
def test_another_name_is_published_at_any_moment_of_a_sweep(lake: Lake, step: str) -> None:
    _, second = two_versions(lake)
    published: list[DatasetRecord] = []

    def derive() -> None:
        published.append(merge(lake, second))
        published.append(publish(lake, FIRST, name="other"))

    sweep(lake, on_step=do_at(step, derive), days=10_000)

    assert [rows_of(lake, each) for each in published] == [plain(SECOND), plain(FIRST)]
    require_sound(lake)


@pytest.mark.parametrize("step", STEPS_OF_A_SWEEP)
def test_a_version_that_is_retired_during_a_sweep_goes_with_a_later_one(
    lake: Lake, step: str
) -> None:
    two_versions(lake)
    third = publish(lake, FIRST)

    def retire_second() -> None:
        try:
            retire(stepping(lake), "study@2")
        except LeaseHeldError:
            assert step not in {"plan", "take the lease of study"}

    sweep(lake, on_step=do_at(step, retire_second), days=10_000)

    assert rows_of(lake, third) == plain(FIRST)
    require_sound(lake)


def test_a_sweep_that_loses_its_lease_stops(lake: Lake) -> None:
    two_versions(lake)
    sleeper = Sleeper(lake)
    before = data_files(lake)

    def taken_over() -> None:
        sleeper.sleep()
        lake.leases.take("study", "bob")

    outcome = sweep(lake, on_step=do_at("read the registry again", taken_over))

    assert data_files(lake) == before
    assert [each.partition(":")[0] for each in outcome.busy][:1] == ["tables/study/patient"]


def test_a_writer_who_sleeps_between_its_checks_and_its_commit_finds_out(lake: Lake) -> None:
    """It has read the registry and asked for its lease; both are fine, and then all is swept."""
    sleeper = Sleeper(lake)
    two_versions(lake)
    real = lake.registry.append
    swept: list[SweepReceipt] = []

    def append_after_sweep(records: list[StoredRecord], *, based_on: int) -> int:
        if not swept:
            sleeper.sleep()
            swept.append(sweep(lake, days=10_000))
        return real(records, based_on=based_on)

    lake.registry.append = append_after_sweep  # type: ignore[method-assign, assignment]
    with pytest.raises(LeaseLostError):
        publish(lake, FIRST)

    assert named(swept[0].done) != set()
    assert [str(each) for each in lake.list_records()] == ["study@2"]
    require_sound(lake)


def test_what_was_planned_to_go_and_is_published_before_the_lease_is_taken_stays(
    lake: Lake,
) -> None:
    """The plan finds files of a load that is about to publish them."""
    two_versions(lake)
    is_written, may_publish = Event(), Event()
    published: list[DatasetRecord] = []

    def wait() -> None:
        is_written.set()
        assert may_publish.wait(60)

    writer = Thread(
        target=lambda: published.append(
            publish(lake, FIRST, on_step=do_at("publish study@3", wait))
        )
    )
    writer.start()
    assert is_written.wait(60)

    def let_it_publish() -> None:
        may_publish.set()
        writer.join()

    outcome = sweep(lake, on_step=do_at("take the lease of study", let_it_publish), days=10_000)

    assert files_of(lake, published[0]) <= named(outcome.plan)
    assert files_of(lake, published[0]) & named(outcome.done) == set()
    assert rows_of(lake, published[0]) == plain(FIRST)
    require_sound(lake)
