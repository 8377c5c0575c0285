from datetime import datetime
from pathlib import Path

import pytest

from apollo_spark.errors import LeaseHeldError, LeaseLostError, StorageRefusedError, UsageError
from apollo_spark.lake.leases import table as lease_table
from apollo_spark.lake.leases.lease import Lease
from apollo_spark.lake.leases.leases import LeaseStore
from apollo_spark.lake.leases.table import LeaseTable
from apollo_spark.lake.tables.commits import open_head
from apollo_spark.workers.files import small_table
from tests.support.clock import NOON, HandClock
from tests.unit.lake.leasing import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_lease_says_who_holds_it_and_since_when(world: World) -> None:
    lease = world.writer(7).take("Study", "ann")

    assert lease == Lease(
        dataset="study", epoch=1, holder="ann", host="node1", machine="m", pid=7, started="0",
        taken_at=NOON, renewed_at=NOON,
    )  # fmt: skip
    assert world.writer(8).find("STUDY") == lease


def test_a_second_writer_is_told_who_is_writing(world: World) -> None:
    world.writer(7).take("study", "ann")

    with pytest.raises(LeaseHeldError) as refused:
        world.writer(8).take("STUDY", "bob")
    assert str(refused.value) == (
        "Somebody is writing 'study' already."
        " ann (host node1, process 7) is writing 'study' since 2026-03-01T12:00:00Z."
        " Run the command again when that is done."
        " With --wait 90 it takes over what nobody renews any more."
    )
    assert (world.clock.pauses, world.told) == ([], [])


def test_other_names_are_free(world: World) -> None:
    one, two = world.writer(7).take("one", "ann"), world.writer(8).take("two", "bob")

    assert world.writer(7).is_current(one)
    assert world.writer(8).is_current(two)


def test_a_waiting_writer_gets_the_lease_when_it_is_given_back(world: World) -> None:
    first = world.writer(7)
    lease = first.take("study", "ann")
    world.clock.on_pause = lambda: first.release(lease)

    assert world.writer(8, wait=5).take("study", "bob").epoch == 2
    assert world.clock.pauses == [1.0]
    (told,) = world.told
    assert told == (
        "waiting up to 5 s: ann (host node1, process 7) is writing 'study' "
        "since 2026-03-01T12:00:00Z"
    )


def test_a_waiting_writer_gives_up_in_the_end(world: World) -> None:
    world.writer(7).take("study", "ann")

    with pytest.raises(LeaseHeldError):
        world.writer(8, wait=2.5).take("study", "bob")
    assert world.clock.pauses == [1.0, 1.0, 0.5]
    assert len(world.told) == 1


def test_a_verb_that_meets_several_writers_waits_no_longer_for_all_of_them(world: World) -> None:
    for name in ("one", "two"):
        world.writer(7).take(name, "ann")
    second = world.writer(8, wait=4)

    for name, seconds in (("one", 4), ("two", 4)):
        with pytest.raises(LeaseHeldError):
            second.take(name, "bob")
        assert world.clock.passed == seconds
    with pytest.raises(LeaseHeldError):
        second.waiting().take("one", "bob")
    assert world.clock.passed == 8


def test_who_does_not_wait_keeps_its_time_for_others(world: World) -> None:
    world.writer(7).take("study", "ann")
    second = world.writer(8, wait=3)

    with pytest.raises(LeaseHeldError):
        second.try_take("study", "bob")
    assert world.clock.pauses == []
    with pytest.raises(LeaseHeldError):
        second.take("study", "bob")
    assert world.clock.passed == 3


@pytest.mark.parametrize("wrong", [-1, -0.001, float("nan"), "5", None])
def test_a_time_to_wait_is_a_number_of_seconds(world: World, wrong: object) -> None:
    with pytest.raises(UsageError, match="a number of seconds"):
        LeaseStore(world.root, wait_seconds=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("days", [-400, -3, 0, 3, 400])
def test_a_lease_that_nobody_renews_ends_whatever_time_it_states(world: World, days: int) -> None:
    wrong = HandClock()
    wrong.set(days)
    world.writer(7, clock=wrong).take("study", "ann")

    assert world.writer(8, wait=90).take("study", "bob").epoch == 2
    assert world.clock.passed == 60


@pytest.mark.parametrize("days", [-400, -3, 3, 400])
def test_a_lease_that_is_renewed_lives_whatever_time_it_states(world: World, days: int) -> None:
    wrong = HandClock()
    wrong.set(days)
    first = world.writer(7, clock=wrong)
    lease = first.take("study", "ann")
    # Its clock stands, too.
    world.clock.on_pause = lambda: world.clock.passed % 15 or first.renew(lease)

    with pytest.raises(LeaseHeldError):
        world.writer(8, wait=200).take("study", "bob")
    assert world.clock.passed == 200
    assert first.is_current(lease)


def test_a_clock_that_jumps_while_one_waits_ends_no_lease(world: World) -> None:
    world.writer(7).take("study", "ann")
    world.clock.on_pause = lambda: world.clock.set(days=5)

    with pytest.raises(LeaseHeldError):
        world.writer(8, wait=30).take("study", "bob")
    assert world.clock.passed == 30


def test_what_was_watched_for_one_verb_is_known_to_the_next(world: World) -> None:
    world.writer(7).take("study", "ann")
    second = world.writer(8, wait=40)
    with pytest.raises(LeaseHeldError):
        second.take("study", "bob")

    assert second.waiting().take("study", "bob").epoch == 2
    assert world.clock.passed == 60


def test_a_lease_that_this_process_left_after_a_failure_is_taken_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.writer(7)
    lease = first.take("study", "ann")
    with pytest.raises(LeaseHeldError):
        world.writer(7).take("study", "ann")
    with monkeypatch.context() as full:
        full.setattr(small_table, "write_small_table", refuse)
        with pytest.raises(StorageRefusedError):
            first.release(lease)

    again = world.writer(7).take("study", "ann")

    assert (again.epoch, world.clock.pauses) == (2, [])
    with pytest.raises(LeaseHeldError):
        world.writer(8).take("study", "bob")


def refuse(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_table_of_leases_that_was_swept_while_it_was_read_is_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = world.writer(7)
    lease = writer.take("study", "ann")
    real = lease_table.read_rows

    def sweep_first(*words: object) -> object:
        monkeypatch.setattr(lease_table, "read_rows", real)
        old = list(world.root.place("registry", "leases").glob("*.parquet"))
        LeaseTable(world.root).write({"study": lease}, based_on=0)
        for file in old:
            file.unlink()
        return real(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(lease_table, "read_rows", sweep_first)

    assert writer.find("study") == lease


@pytest.mark.parametrize("is_first_ever", [True, False])
def test_of_two_who_saw_a_free_lease_one_takes_it(world: World, is_first_ever: bool) -> None:
    first = world.writer(7)
    if not is_first_ever:
        first.release(first.take("study", "ann"))
    looks = iter([lambda: first._change(lambda found: first._taken(found, "study", "ann"))])

    class Looking(HandClock):
        def now(self) -> datetime:
            # The second one has seen that the lease is free, and is about to take it.
            next(looks, NOON.today)()
            return NOON

    second = world.writer(8, clock=Looking())

    with pytest.raises(LeaseHeldError, match="process 7"):
        second.take("study", "bob")


def test_a_lease_ends_a_minute_after_it_was_seen_renewed(world: World) -> None:
    first, second = world.writer(7), world.writer(8)
    lease = first.take("study", "ann")
    for seconds in (0, 50, 9, 59, 0.5):
        world.later(seconds)
        with pytest.raises(LeaseHeldError):
            second.take("study", "bob")
        if seconds == 50:
            first.renew(lease)
    world.later(0.5)

    assert second.take("study", "bob").epoch == 2
    assert not first.is_current(lease)
    with pytest.raises(LeaseLostError, match="passed to somebody else"):
        first.renew(lease)


def test_the_lease_of_a_dead_process_is_taken_over_at_once(world: World) -> None:
    world.writer(7).take("study", "ann")
    world.dead.add(7)

    assert world.writer(8).take("study", "bob").epoch == 2


def test_a_lease_that_was_given_back_is_not_current(world: World) -> None:
    writer = world.writer(7)
    lease = writer.take("study", "ann")
    writer.release(lease)

    assert not writer.is_current(lease)
    with pytest.raises(LeaseLostError):
        writer.renew(lease)


def test_giving_back_a_lost_lease_leaves_the_new_holder_alone(world: World) -> None:
    first = world.writer(7)
    lost = first.take("study", "ann")
    second = world.writer(8, wait=60)
    current = second.take("study", "bob")

    first.release(lost)

    assert second.is_current(current)


def test_the_table_of_leases_stays_small(world: World) -> None:
    writer = world.writer(7)
    lease = writer.take("study", "ann")
    for _ in range(60):
        writer.renew(lease)
    folder = world.root.place("registry", "leases")

    writer.sweep(older_than_hours=0)

    table = open_head(folder)
    assert table is not None
    assert table.metadata().configuration["delta.enableExpiredLogCleanup"] == "true"
    assert len(list(folder.glob("*.parquet"))) == 1
    assert list((folder / "_delta_log").glob("*.checkpoint.parquet")) != []
    assert writer.is_current(lease)


def test_a_lease_given_back_leaves_what_the_registry_reached(world: World) -> None:
    ann, bob = world.writer(7), world.writer(8)
    ann.release(ann.take("none", "ann"))
    assert ann.reached() == -1
    ann.release(ann.take("one", "ann"), reached=5)
    bob.release(bob.take("two", "bob"), reached=7)

    # Taking it again, and giving it back without having published, changes nothing of it.
    bob.release(bob.renew(bob.take("two", "bob")))

    assert ann.reached() == 7
    assert ann.find("one").reached == 5  # type: ignore[union-attr]
