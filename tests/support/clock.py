"""A clock that is moved by hand: waiting moves it, and nobody sleeps."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from apollo_spark.errors import LeaseHeldError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.leases.lease import Lease
from apollo_spark.lake.leases.leases import LeaseStore
from apollo_spark.lake.storage.root import LakeRoot
from apollo_spark.lake.storage.system import SystemClock

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


class HandClock:
    """What people call the time, and how much of it passed, each moved on its own.

    Attributes:
        time: The time of day.
        passed: Seconds since the clock began.
        pauses: How long was waited each time.
        on_pause: Called at each pause: what others do meanwhile.
    """

    def __init__(self, time: datetime = NOON, *, on_pause: Callable[[], object] = int) -> None:
        self.time = time
        self.passed = 0.0
        self.pauses: list[float] = []
        self.on_pause = on_pause

    def now(self) -> datetime:
        return self.time

    def seconds(self) -> float:
        return self.passed

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.later(seconds)
        self.on_pause()

    def later(self, seconds: float) -> None:
        self.passed += seconds
        self.time += timedelta(seconds=seconds)

    def set(self, days: float) -> None:
        """Set the time of day wrong; nothing else passes."""
        self.time += timedelta(days=days)


class Sleeper:
    """Lets the holder of a lease sleep over its end, while somebody watches."""

    def __init__(self, lake: Lake) -> None:
        self.clock = HandClock()
        self._leases = lake.leases
        self._leases._clock = self.clock

    def sleep(self, name: str = "study") -> None:
        with pytest.raises(LeaseHeldError):
            self._leases.try_take(name, "watcher")
        self.clock.later(61)


def steal(folder: Path, name: str = "study", holder: str = "bob") -> Lease:
    """Take a lease over as somebody does who watched it for a minute without a renewal."""
    clock = HandClock(datetime.now(timezone.utc))
    leases = LeaseStore(LakeRoot(folder), clock=clock, wait_seconds=90)
    return leases.take(name, holder)


def take_the_place_of_the_system_clock(monkeypatch: pytest.MonkeyPatch, clock: HandClock) -> None:
    """Let commands of this process ask a clock that is moved by hand."""
    for name in ("now", "seconds", "pause"):
        monkeypatch.setattr(SystemClock, name, lambda _, *args, n=name: getattr(clock, n)(*args))
