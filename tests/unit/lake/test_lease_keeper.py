"""What renews a lease while its holder works."""

from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from apollo_spark.errors import StorageRefusedError
from apollo_spark.lake.leases.keeper import LeaseKeeper
from apollo_spark.lake.leases.lease import Lease
from apollo_spark.lake.leases.leases import LeaseStore
from tests.support.clock import NOON
from tests.unit.lake.leasing import World, Writer


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_keeper_renews_until_it_is_stopped(world: World) -> None:
    renewed = Event()
    store = world.writer(7)
    lease = store.take("study", "ann")

    class Watched(LeaseStore):
        def renew(self, lease: Lease) -> Lease:
            if world.clock.now() == NOON:
                world.later(15)
                raise StorageRefusedError("The disk is full.")
            again = super().renew(lease)
            renewed.set()
            return again

    keeper = LeaseKeeper(
        Watched(world.root, clock=world.clock, processes=Writer(world, 7)),
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
    world.writer(8, wait=60).take("study", "bob")

    keeper = LeaseKeeper(world.writer(7), lease, every_seconds=0.001)
    keeper.start()
    keeper._thread.join(20)

    assert not keeper._thread.is_alive()
