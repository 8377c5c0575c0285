"""Writers of one lake, with a clock that a test moves."""

from pathlib import Path

from apollo_spark.lake.leases.leases import LeaseStore
from apollo_spark.lake.storage.root import LakeRoot
from apollo_spark.lake.storage.system import ProcessIdentity
from tests.support.clock import HandClock


class World:
    """A clock that stands, and processes that run until they are ended."""

    def __init__(self, folder: Path) -> None:
        self.root = LakeRoot(folder)
        self.clock = HandClock()
        self.dead: set[int] = set()
        self.told: list[str] = []

    def later(self, seconds: float) -> None:
        self.clock.later(seconds)

    def writer(self, pid: int, *, wait: float = 0, clock: HandClock | None = None) -> LeaseStore:
        return LeaseStore(
            self.root, clock=clock or self.clock, processes=Writer(self, pid), wait_seconds=wait,
            tell=self.told.append,
        )  # fmt: skip


class Writer:
    def __init__(self, world: World, pid: int) -> None:
        self.world, self.pid = world, pid

    def me(self) -> ProcessIdentity:
        return ProcessIdentity(host="node1", machine="m", pid=self.pid, started="0")

    def is_dead(self, process: ProcessIdentity) -> bool:
        return process.pid in self.world.dead
