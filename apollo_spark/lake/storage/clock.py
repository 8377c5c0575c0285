"""The clock of this machine: what time it is, how much has passed, and waiting."""

import time
from datetime import datetime, timezone
from typing import Protocol


class Clock(Protocol):
    """What leases and publications need to know about time; tests bring one that they move."""

    def now(self) -> datetime:
        """Return the time of this moment, in UTC, as people know it: it may be wrong, or jump."""
        ...

    def seconds(self) -> float:
        """Return seconds since some moment: they pass evenly, whatever time it is."""
        ...

    def pause(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The clock of the operating system."""

    def now(self) -> datetime:
        """Return the time of this moment, in UTC."""
        return datetime.now(timezone.utc)

    def seconds(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


SYSTEM_CLOCK: Clock = SystemClock()
