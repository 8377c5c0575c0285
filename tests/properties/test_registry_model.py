"""The registry and the leases against a plain model: any writers, any order, any sleep."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from apollo_spark.errors import CommitRaceError, LeaseHeldError, LeaseLostError
from apollo_spark.lake.leases.leases import Lease, LeaseStore
from apollo_spark.lake.registry.registry import Registry
from apollo_spark.lake.registry.rows import StoredRecord
from apollo_spark.lake.storage.root import LakeRoot
from apollo_spark.lake.storage.system import ProcessIdentity
from apollo_spark.model.base import sha256_text
from apollo_spark.model.names import RecordReference
from tests.support.clock import HandClock
from tests.support.examples import examples

WRITERS = st.sampled_from(["ann", "bob", "eve"])
NAMES = st.sampled_from(["study", "Study", "other"])


class Machine:
    """Processes of one machine, one a writer; the dead ones come back under another number."""

    def __init__(self) -> None:
        self.pids = {"ann": 1, "bob": 2, "eve": 3}

    def alive(self) -> set[int]:
        return set(self.pids.values())


class Seat:
    """The view of one writer on the machine."""

    def __init__(self, machine: Machine, writer: str) -> None:
        self._machine, self._writer = machine, writer

    def me(self) -> ProcessIdentity:
        pid = self._machine.pids[self._writer]
        return ProcessIdentity(host="h", machine="m", pid=pid, started="")

    def is_dead(self, process: ProcessIdentity) -> bool:
        return process.pid not in self._machine.alive()


class Publishing(RuleBasedStateMachine):
    """Writers take leases, look, sleep, die and append; the model says what must happen."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="apollo_spark-"))
        self.clock = HandClock()
        self.machine = Machine()
        root = LakeRoot(self.folder)
        self.registry = Registry(root)
        self.leases = {
            writer: LeaseStore(root, clock=self.clock, processes=Seat(self.machine, writer))
            for writer in self.machine.pids
        }
        # The model: the process that holds each name, epochs, held leases, seen versions, records,
        # and when a writer first saw a lease as it is now.
        self.holders: dict[str, int | None] = {}
        self.watched: dict[tuple[str, str], float] = {}
        self.epochs: dict[str, int] = {}
        self.held: dict[tuple[str, str], Lease] = {}
        self.seen: dict[str, int] = {}
        self.records: list[tuple[str, int]] = []

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    @rule(seconds=st.sampled_from([1, 30, 59, 60]))
    def time_passes(self, seconds: int) -> None:
        self.clock.later(seconds)

    @rule(days=st.sampled_from([-400, -0.001, 3, 400]))
    def a_clock_is_set(self, days: float) -> None:
        self.clock.set(days)

    @rule(writer=WRITERS)
    def process_dies_and_another_starts(self, writer: str) -> None:
        self.machine.pids[writer] += 10

    @rule(writer=WRITERS, name=NAMES)
    def take(self, writer: str, name: str) -> None:
        key = name.lower()
        holder = self.holders.get(key)
        is_free = (
            holder is None
            or holder not in self.machine.alive()
            or self.clock.passed - self.watched.get((writer, key), self.clock.passed) >= 60
        )
        self.look_at_leases(writer)
        if holder is not None and not is_free:
            with pytest.raises(LeaseHeldError, match=rf"process {holder}\)"):
                self.leases[writer].take(name, writer)
            return
        lease = self.leases[writer].take(name, writer)
        self.epochs[key] = self.epochs.get(key, 0) + 1
        assert lease.epoch == self.epochs[key]
        self.changed(key, self.machine.pids[writer])
        self.held[writer, key] = lease

    def look_at_leases(self, writer: str) -> None:
        for key in self.epochs:
            self.watched.setdefault((writer, key), self.clock.passed)

    def changed(self, key: str, holder: int | None) -> None:
        self.holders[key] = holder
        self.watched = {pair: time for pair, time in self.watched.items() if pair[1] != key}

    def is_ours(self, lease: Lease) -> bool:
        key = lease.dataset
        return self.holders.get(key) is not None and self.epochs[key] == lease.epoch

    @rule(writer=WRITERS, name=NAMES)
    def renew(self, writer: str, name: str) -> None:
        key = name.lower()
        if (lease := self.held.get((writer, key))) is None:
            return
        if not self.is_ours(lease):
            with pytest.raises(LeaseLostError):
                self.leases[writer].renew(lease)
            return
        self.leases[writer].renew(lease)
        self.changed(key, lease.pid)

    @rule(writer=WRITERS, name=NAMES)
    def release(self, writer: str, name: str) -> None:
        key = name.lower()
        if (lease := self.held.get((writer, key))) is None:
            return
        self.leases[writer].release(lease)
        if self.is_ours(lease):
            self.changed(key, None)

    @rule(writer=WRITERS)
    def look(self, writer: str) -> None:
        self.seen[writer] = self.registry.snapshot().version

    @rule(writer=WRITERS, name=NAMES)
    def append(self, writer: str, name: str) -> None:
        if writer not in self.seen:
            return
        newest = max((v for n, v in self.records if n.lower() == name.lower()), default=0)
        record = StoredRecord(
            kind="dataset",
            name=name,
            version=newest + 1,
            id=f"{len(self.records)}",
            hash=sha256_text(name),
            actor=writer,
            time=self.clock.time,
            json_text=name,
        )
        if self.seen[writer] != len(self.records) - 1:
            with pytest.raises(CommitRaceError):
                self.registry.append([record], based_on=self.seen[writer])
            return
        version = self.registry.append([record], based_on=self.seen[writer])
        assert version == len(self.records)
        self.records.append((name, newest + 1))

    @invariant()
    def the_registry_holds_what_was_appended(self) -> None:
        snapshot = self.registry.snapshot()
        assert snapshot.version == len(self.records) - 1
        assert sorted((each.name, each.version) for each in snapshot.entries) == sorted(
            self.records
        )
        for name in {each.lower() for each, _ in self.records}:
            newest = max(v for n, v in self.records if n.lower() == name)
            assert snapshot.get(RecordReference(name=name.upper())).version == newest

    @invariant()
    def a_lease_is_current_for_one_writer_at_most(self) -> None:
        for (writer, _), lease in self.held.items():
            assert self.leases[writer].is_current(lease) == self.is_ours(lease)


Publishing.TestCase.settings = examples(25, stateful_step_count=20, deadline=None)
test_publishing_agrees_with_the_model = Publishing.TestCase
