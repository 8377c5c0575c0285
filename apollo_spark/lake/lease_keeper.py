"""Keeps a lease renewed while its holder works."""

import logging
from threading import Event, Thread

from apollo_spark.errors import ApolloError, LeaseLostError
from apollo_spark.lake.leases import RENEW_SECONDS, Lease, LeaseStore

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
