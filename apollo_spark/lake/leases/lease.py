"""One lease: who holds it, and how those who wait judge whether they still live."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock

from apollo_spark.errors import LeaseHeldError, LeaseLostError, UsageError
from apollo_spark.lake.storage.system import ProcessIdentity

VALID_SECONDS = 60.0
"""A lease that nobody renewed for so long, while it was watched, has ended."""
WAIT_SECONDS = 90.0
"""How long a verb waits for another writer by default: longer than a lease that nobody renews."""
Tell = Callable[[str], None]
"""Tells a person whom a verb waits for."""


def no_waiting(text: str) -> None:
    """Say nothing of waiting."""


def require_seconds(seconds: object) -> float:
    """Return how long to wait.

    Raises:
        UsageError: That is not a number of seconds.
    """
    # Not a number is neither less nor more than any.
    if isinstance(seconds, int | float) and seconds >= 0:
        return seconds
    raise UsageError("How long to wait is a number of seconds, 0 or more.")


class Lease(ProcessIdentity):
    """The right of one process to publish under a name; given back where `renewed_at` is None.

    `reached` is the version of the registry that the last publication under the name made.
    """

    dataset: str
    epoch: int
    holder: str
    taken_at: datetime
    renewed_at: datetime | None
    reached: int | None = None

    @property
    def is_given_back(self) -> bool:
        """Whether its holder is done."""
        return self.renewed_at is None


class LeaseWatch:
    """Leases as they were first seen: one that stays the same has not been renewed since."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[tuple[int, datetime | None], float]] = {}

    def look(self, leases: dict[str, Lease], seconds: float) -> None:
        """Take a look at all leases, at a moment of the own clock."""
        for name, lease in leases.items():
            state = (lease.epoch, lease.renewed_at)
            if name not in self._seen or self._seen[name][0] != state:
                self._seen[name] = (state, seconds)

    def has_ended(self, lease: Lease, seconds: float) -> bool:
        """Whether a lease is the same as a minute ago."""
        return seconds - self._seen[lease.dataset][1] >= VALID_SECONDS


Mark = tuple[str, str, int]
"""A lease: the folder of its table, the name and the epoch."""


class OwnLeases:
    """The leases that threads of this process hold now: others in its name failures have left."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[Mark] = Counter()

    def __contains__(self, mark: Mark) -> bool:
        """Whether a thread of this process holds a lease, or is just about to."""
        return self._counts[mark] > 0

    @contextmanager
    def adding(self, mark: Mark) -> Iterator[None]:
        """Hold a lease from before its commit on, unless that fails."""
        # Several threads may try at once, and one of them gets it.
        self._add(mark, 1)
        try:
            yield
        except BaseException:
            self.remove(mark)
            raise

    def remove(self, mark: Mark) -> None:
        """Hold a lease no more."""
        self._add(mark, -1)

    def _add(self, mark: Mark, count: int) -> None:
        with self._lock:
            self._counts[mark] += count
            if self._counts[mark] <= 0:
                del self._counts[mark]


class IsHeldError(Exception):
    """Somebody holds the lease that was asked for."""

    def __init__(self, lease: Lease) -> None:
        super().__init__(lease.dataset)
        self.lease = lease


def held_error(lease: Lease, waited: float) -> LeaseHeldError:
    """Return the error for a lease that somebody held as long as this verb waited."""
    fix = "Run the command again when that is done."
    if waited < VALID_SECONDS:
        fix += f" With --wait {WAIT_SECONDS:g} it takes over what nobody renews any more."
    return LeaseHeldError(
        f"Somebody is writing {lease.dataset!r} already.", why=f"{describe_lease(lease)}.", fix=fix
    )


def describe_lease(lease: Lease) -> str:
    """Return who is writing what, and since when by their clock."""
    return (
        f"{lease.holder} (host {lease.host}, process {lease.pid}) is writing {lease.dataset!r} "
        f"since {lease.taken_at:%Y-%m-%dT%H:%M:%SZ}"
    )


def lost_error(lease: Lease) -> LeaseLostError:
    """Return the error for a lease that passed to somebody else."""
    return LeaseLostError(
        f"The lease of {lease.dataset!r} passed to somebody else; nothing was published.",
        why=f"It was not renewed for {VALID_SECONDS:g} seconds, or its process seemed dead.",
        fix="Run the command again.",
    )
