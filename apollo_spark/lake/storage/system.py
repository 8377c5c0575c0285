"""What a lake asks the operating system: the time, and which processes run."""

import os
import socket
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Protocol

from apollo_spark.model.base import Record


class ProcessIdentity(Record):
    """A process, told apart from any later one with its number.

    `machine` sets machines of one host name apart, `started` the processes of one number; both
    are empty where the system does not say.
    """

    host: str
    machine: str
    pid: int
    started: str


class Processes(Protocol):
    """What leases need to know about processes."""

    def me(self) -> ProcessIdentity:
        """Return this process."""
        ...

    def is_dead(self, process: ProcessIdentity) -> bool:
        """Whether a process has certainly ended; False where that cannot be known."""
        ...


class SystemProcesses:
    """Processes as Linux shows them in /proc; elsewhere none is known to be dead."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc

    def me(self) -> ProcessIdentity:
        """Return this process."""
        pid = os.getpid()
        return ProcessIdentity(
            host=socket.gethostname(),
            machine=self._machine(),
            pid=pid,
            started=self._started(pid) or "",
        )

    def is_dead(self, process: ProcessIdentity) -> bool:
        """Whether a process of this machine has certainly ended."""
        machine = self._machine()
        if not machine or (process.host, process.machine) != (socket.gethostname(), machine):
            return False
        return self._started(process.pid) != process.started

    def _machine(self) -> str:
        """Return what changes with every start of the machine, and with every container."""
        try:
            boot = (self._proc / "sys/kernel/random/boot_id").read_text().strip()
            # The same number means another process in each name space of numbers.
            return f"{boot}/{(self._proc / 'self/ns/pid').readlink()}"
        except OSError:
            return ""

    def _started(self, pid: int) -> str | None:
        """Return when a process began, in ticks since the machine did; None if it has ended."""
        try:
            text = (self._proc / str(pid) / "stat").read_text()
        except OSError:
            return None
        # The name of the command is in parentheses and may hold blanks and parentheses.
        state, *fields = text.rpartition(")")[2].split()
        return None if state in {"Z", "X"} else fields[18]


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
