"""Keeps a lease renewed while its holder works."""

import logging
from threading import Event, Thread
from types import TracebackType

from typing_extensions import Self

from apollo_spark.errors import (
    ApolloError,
    BrokenPinError,
    CommitRaceError,
    LeaseLostError,
    StorageRefusedError,
)
from apollo_spark.lake.leases.lease import Lease, lost_error
from apollo_spark.lake.leases.leases import RENEW_SECONDS, LeaseStore

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
        waits: Whether to wait for somebody else to finish, as long as the leases say.
    """

    def __init__(self, leases: LeaseStore, name: str, holder: str, *, waits: bool = True) -> None:
        self._leases = leases
        self._name = name
        self._holder = holder
        self._waits = waits
        self._lease: Lease | None = None
        self._keeper: LeaseKeeper | None = None
        self._reached: int | None = None

    def __enter__(self) -> Self:
        """Take the lease.

        Raises:
            LeaseHeldError: Somebody else holds it.
        """
        take = self._leases.take if self._waits else self._leases.try_take
        lease = take(self._name, self._holder)
        self._lease, self._keeper = lease, LeaseKeeper(self._leases, lease)
        self._keeper.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lease back.

        Raises:
            LeaseLostError: The work failed, and the lease had passed to somebody else, who may be
                why.
        """
        lease, self._lease = self._lease, None
        if self._keeper is None or lease is None:
            return
        self._keeper.stop()
        is_lost = _may_be_lost(error) and self._is_lost(lease)
        try:
            self._leases.release(lease, reached=self._reached)
        except ApolloError as refused:
            # It ends by itself, and what was published is published.
            logger.warning("could not give back the lease of %s: %s", self._name, refused)
        if is_lost:
            raise lost_error(lease) from error

    def _is_lost(self, lease: Lease) -> bool:
        try:
            return not self._leases.is_current(lease)
        except ApolloError:
            return False

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
            raise lost_error(self._lease)


def _may_be_lost(error: BaseException | None) -> bool:
    """Whether an error can come from another writer; faults of the input do not."""
    if isinstance(error, ApolloError):
        return isinstance(error, StorageRefusedError | BrokenPinError | CommitRaceError)
    return isinstance(error, Exception)
