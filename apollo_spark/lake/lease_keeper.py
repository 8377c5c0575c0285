"""Keeps a lease renewed while its holder works."""

import logging
from threading import Event, Thread
from types import TracebackType

from typing_extensions import Self

from apollo_spark.errors import ApolloError, LeaseLostError
from apollo_spark.lake.leases import RENEW_SECONDS, Lease, LeaseStore, lost

logger = logging.getLogger(__name__)


class LeaseKeeper:
    """A thread that renews a lease every few seconds, and ends with its process.

    A renewal that fails is tried again at the next turn: whether the lease is still ours is asked
    again before anything is published.
    """

    def __init__(
        self, leases: LeaseStore, lease: Lease, *, every_seconds: float = RENEW_SECONDS
    ) -> None:
        self._leases = leases
        self._lease = lease
        self._every_seconds = every_seconds
        self._ended = Event()
        self._thread = Thread(target=self._keep, name=f"lease of {lease.dataset}", daemon=True)

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def stop(self) -> None:
        """Renew no more; returns when a renewal under way is done."""
        self._ended.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._ended.wait(self._every_seconds) and self._renew():
            pass

    def _renew(self) -> bool:
        try:
            self._leases.renew(self._lease)
        except LeaseLostError:
            return False
        except ApolloError as error:
            logger.warning("could not renew the lease of %s: %s", self._lease.dataset, error)
        return True


class HeldLease:
    """A context that holds the lease of a name, and keeps it renewed.

    Args:
        leases: Where the lease is taken.
        name: The name; upper and lower case are the same.
        holder: Who holds it, for the message to others.
        wait_seconds: How long to wait for somebody else to finish.
    """

    def __init__(
        self, leases: LeaseStore, name: str, holder: str, *, wait_seconds: float = 0
    ) -> None:
        self._leases = leases
        self._name = name
        self._holder = holder
        self._wait_seconds = wait_seconds
        self._lease: Lease | None = None
        self._keeper: LeaseKeeper | None = None
        self._reached: int | None = None

    def __enter__(self) -> Self:
        """Take the lease.

        Raises:
            LeaseHeldError: Somebody else holds it.
        """
        lease = self._leases.take(self._name, self._holder, wait_seconds=self._wait_seconds)
        self._lease, self._keeper = lease, LeaseKeeper(self._leases, lease)
        self._keeper.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lease back."""
        if self._keeper is not None and self._lease is not None:
            self._keeper.stop()
            try:
                self._leases.release(self._lease, reached=self._reached)
            except ApolloError as refused:
                # It ends by itself, and what was published is published.
                logger.warning("could not give back the lease of %s: %s", self._name, refused)
        self._keeper = self._lease = None

    def leave(self, reached: int) -> None:
        """Leave with the lease, when it is given back, the version that the registry reached."""
        self._reached = reached

    def require(self) -> None:
        """Require that the lease has not passed to somebody else.

        Raises:
            LeaseLostError: It has.
        """
        assert self._lease is not None, "a lease is held as a context"
        if not self._leases.is_current(self._lease):
            raise lost(self._lease)
