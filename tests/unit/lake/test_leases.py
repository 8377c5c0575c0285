from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Event

import pytest

from apollo_spark.errors import LeaseHeldError, LeaseLostError, StorageRefusedError
from apollo_spark.lake.commits import open_head
from apollo_spark.lake.lease_keeper import LeaseKeeper
from apollo_spark.lake.leases import Lease, LeaseStore
from apollo_spark.lake.processes import ProcessIdentity, SystemProcesses
from apollo_spark.lake.storage import LakeRoot

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


class World:
    """A clock that stands, and processes that run until they are ended."""

    def __init__(self, folder: Path) -> None:
        self.root = LakeRoot(folder)
        self.now = NOON
        self.dead: set[int] = set()
        self.pauses: list[float] = []

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += timedelta(seconds=seconds)

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def writer(self, pid: int) -> LeaseStore:
        return LeaseStore(
            self.root, clock=lambda: self.now, processes=Writer(self, pid), pause=self.pause
        )


class Writer:
    def __init__(self, world: World, pid: int) -> None:
        self.world, self.pid = world, pid

    def me(self) -> ProcessIdentity:
        return ProcessIdentity(host="node1", machine="m", pid=self.pid, started="0")

    def is_dead(self, process: ProcessIdentity) -> bool:
        return process.pid in self.world.dead


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
        " ann (host node1, process 7) does so since 2026-03-01T12:00:00Z."
        " Run the command again when that is done."
    )
    assert world.pauses == []


def test_other_names_are_free(world: World) -> None:
    one, two = world.writer(7).take("one", "ann"), world.writer(8).take("two", "bob")

    assert world.writer(7).is_current(one)
    assert world.writer(8).is_current(two)


def test_a_waiting_writer_gets_the_lease_when_it_is_given_back(world: World) -> None:
    first = world.writer(7)
    lease = first.take("study", "ann")
    second = LeaseStore(
        world.root,
        clock=lambda: world.now,
        processes=Writer(world, 8),
        pause=lambda _: first.release(lease),
    )

    assert second.take("study", "bob", wait_seconds=5).epoch == 2


def test_a_waiting_writer_gives_up_in_the_end(world: World) -> None:
    world.writer(7).take("study", "ann")

    with pytest.raises(LeaseHeldError):
        world.writer(8).take("study", "bob", wait_seconds=3)
    assert world.pauses == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("is_first_ever", [True, False])
def test_of_two_who_saw_a_free_lease_one_takes_it(world: World, is_first_ever: bool) -> None:
    first = world.writer(7)
    if not is_first_ever:
        first.release(first.take("study", "ann"))
    looks = iter(["before looking", "after looking"])

    def clock() -> datetime:
        if next(looks, "") == "after looking":
            first.take("study", "ann")
        return world.now

    second = LeaseStore(world.root, clock=clock, processes=Writer(world, 8), pause=world.pause)

    with pytest.raises(LeaseHeldError, match="process 7"):
        second.take("study", "bob")


def test_a_lease_ends_a_minute_after_it_was_renewed(world: World) -> None:
    first = world.writer(7)
    lease = first.take("study", "ann")
    world.later(50)
    first.renew(lease)
    world.later(59)
    with pytest.raises(LeaseHeldError):
        world.writer(8).take("study", "bob")
    world.later(1)

    assert world.writer(8).take("study", "bob").epoch == 2
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
    first, second = world.writer(7), world.writer(8)
    lost = first.take("study", "ann")
    world.later(60)
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


def test_a_keeper_renews_until_it_is_stopped(world: World) -> None:
    renewed = Event()
    store = world.writer(7)
    lease = store.take("study", "ann")

    class Watched(LeaseStore):
        def renew(self, lease: Lease) -> Lease:
            if world.now == NOON:
                world.later(15)
                raise StorageRefusedError("The disk is full.")
            again = super().renew(lease)
            renewed.set()
            return again

    keeper = LeaseKeeper(
        Watched(world.root, clock=lambda: world.now, processes=Writer(world, 7)),
        lease,
        every_seconds=0.001,
    )
    keeper.start()
    assert renewed.wait(20)
    keeper.stop()

    found = store.find("study")
    assert found is not None
    assert found.renewed_at == NOON + timedelta(seconds=15)


def test_a_keeper_ends_when_the_lease_is_lost(world: World) -> None:
    lease = world.writer(7).take("study", "ann")
    world.later(60)
    world.writer(8).take("study", "bob")

    keeper = LeaseKeeper(world.writer(7), lease, every_seconds=0.001)
    keeper.start()
    keeper._thread.join(20)

    assert not keeper._thread.is_alive()


def stat_of(started: str, state: str = "S") -> str:
    fields = " ".join(str(number) for number in range(4, 22))
    return f"7 (a ) name) {state} {fields} {started} 23 24"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A folder like /proc with this process and process 7."""
    (tmp_path / "sys/kernel/random").mkdir(parents=True)
    (tmp_path / "sys/kernel/random/boot_id").write_text("boot-1\n")
    (tmp_path / "self/ns").mkdir(parents=True)
    (tmp_path / "self/ns/pid").symlink_to("pid:[1]")
    (tmp_path / "7").mkdir()
    (tmp_path / "7/stat").write_text(stat_of("1000"))
    return tmp_path


def process(proc: Path, **changes: object) -> ProcessIdentity:
    me = SystemProcesses(proc).me()
    return me.model_copy(update={"pid": 7, "started": "1000", **changes})


@pytest.mark.parametrize(
    ("stat", "changes", "expected"),
    [
        (stat_of("1000"), {}, False),
        (stat_of("2000"), {}, True),
        (stat_of("1000", "Z"), {}, True),
        (None, {}, True),
        (None, {"host": "elsewhere"}, False),
        (None, {"machine": "boot-0/pid:[1]"}, False),
    ],
    ids=["runs", "number used again", "zombie", "gone", "other host", "other boot"],
)
def test_a_process_is_dead_only_when_that_is_certain(
    proc: Path, stat: str | None, changes: dict[str, object], expected: bool
) -> None:
    if stat is None:
        (proc / "7/stat").unlink()
    else:
        (proc / "7/stat").write_text(stat)

    assert SystemProcesses(proc).is_dead(process(proc, **changes)) is expected


def test_where_the_system_tells_nothing_no_process_is_dead(tmp_path: Path) -> None:
    processes = SystemProcesses(tmp_path / "nothing")

    assert processes.me().machine == ""
    assert not processes.is_dead(processes.me())


def test_this_process_is_alive() -> None:
    processes = SystemProcesses()

    assert not processes.is_dead(processes.me())


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
