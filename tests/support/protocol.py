"""A model of the protocol of publishing and sweeping.

A small model of what `lake/publishing.py`, `lake/retiring.py` and `verbs/gc.py` do, step by
step, over all interleavings: two writers of one name, a third that is based on it under another
name, one that retires, and a sweep. Anybody may be killed, or sleep over the end of a lease, at
any moment. Each guard of the protocol can be taken out, to show that the model would find the bug
that it keeps away. docs/decisions/protocol-model.md says what is in the model and what is not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

FREE = ""
STUDY, MERGED = "study", "merged"
ORDERS = [("writer1",), ("writer2",), ("writer1", "writer2"), ("writer2", "writer1")]


class Row(NamedTuple):
    """A published record: which name and version, and the file that it pins."""

    name: str
    version: int
    file: str
    retired: bool = False
    time: int = 0
    """When, by the clock of its writer, or not before the version before it."""


class Lease(NamedTuple):
    """Who holds a name; `is_valid` until time passes or the holder dies."""

    epoch: int = 0
    holder: str = FREE
    is_valid: bool = False


class Actor(NamedTuple):
    """A process: where it is, and all that it remembers."""

    at: str
    epoch: int = 0
    seen: int = -1
    """The version of the registry that it read last."""
    version: int = 0
    """The version that it is about to publish."""
    base: str = FREE
    """The file of the record that it is based on."""
    doomed: frozenset[str] = frozenset()


class State(NamedTuple):
    """Everything that is stored, and every process."""

    rows: tuple[Row, ...]
    registry: int
    """The version of the registry: it grows by one with each commit."""
    head: str
    """The file of the newest version of the one table; `+` is between several."""
    files: frozenset[str]
    lease: Lease
    actors: tuple[tuple[str, Actor], ...]

    def of(self, who: str) -> Actor:
        return dict(self.actors)[who]

    def put(self, who: str, actor: Actor) -> "State":
        return self._replace(
            actors=tuple((name, actor if name == who else each) for name, each in self.actors)
        )


@dataclass(frozen=True)
class Guards:
    """What the protocol checks; each can be taken out."""

    lease_epoch: bool = True
    lease_after_registry: bool = True
    compare_and_set: bool = True
    version_is_free: bool = True
    head_restored: bool = True
    parents_unretired: bool = True
    sweep_takes_lease: bool = True
    sweep_fences: bool = True
    sweep_reads_again: bool = True
    times_in_order: bool = True


def unretired(state: State, name: str) -> list[Row]:
    return [row for row in state.rows if row.name == name and not row.retired]


def next_version(state: State, name: str) -> int:
    return max((row.version for row in state.rows if row.name == name), default=0) + 1


def needed(state: State) -> frozenset[str]:
    """The files that unretired records read."""
    return frozenset(part for row in state.rows if not row.retired for part in row.file.split("+"))


class Protocol:
    """The steps of every actor; each yields the states that may follow."""

    def __init__(self, guards: Guards) -> None:
        self.guards = guards

    def successors(self, state: State) -> Iterator[tuple[str, State]]:
        for who, actor in state.actors:
            if actor.at in {"done", "dead"}:
                continue
            steps: Callable[[State, str, Actor], Iterator[State]] = getattr(
                self, f"{who.rstrip('12')}_{actor.at}"
            )
            for after in steps(state, who, actor):
                yield f"{who}: {actor.at}", after
            yield f"{who} is killed", self._killed(state, who)
        if state.lease.is_valid:
            yield "time passes", state._replace(lease=state.lease._replace(is_valid=False))

    def _killed(self, state: State, who: str) -> State:
        state = state.put(who, state.of(who)._replace(at="dead"))
        if state.lease.holder == who:
            state = state._replace(lease=state.lease._replace(is_valid=False))
        return state

    def _take(self, state: State, who: str, then: str) -> Iterator[State]:
        if state.lease.holder != FREE and state.lease.is_valid:
            return
        lease = Lease(epoch=state.lease.epoch + 1, holder=who, is_valid=True)
        actor = state.of(who)._replace(at=then, epoch=lease.epoch)
        yield state._replace(lease=lease).put(who, actor)

    def _release(self, state: State, who: str) -> State:
        if state.lease.holder == who and state.lease.epoch == state.of(who).epoch:
            state = state._replace(lease=state.lease._replace(holder=FREE, is_valid=False))
        return state.put(who, state.of(who)._replace(at="done"))

    def _is_ours(self, state: State, who: str) -> bool:
        held = state.lease.holder == who and state.lease.epoch == state.of(who).epoch
        return held or not self.guards.lease_epoch

    def _commit(self, state: State, who: str, row: Row, again: str) -> Iterator[State]:
        """Append a row by compare-and-set, or look at the registry again."""
        if self.guards.compare_and_set and state.registry != state.of(who).seen:
            yield state.put(who, state.of(who)._replace(at=again))
            return
        for rows in self._rows_after(state, row):
            yield self._release(state._replace(rows=rows, registry=state.registry + 1), who)

    def _rows_after(self, state: State, row: Row) -> Iterator[tuple[Row, ...]]:
        if row.retired:
            yield tuple(row if (e.name, e.version) == row[:2] else e for e in state.rows)
            return
        last = max((each.time for each in state.rows if each.name == row.name), default=0)
        # Nobody knows what the clock of a writer says.
        for clock in (0, 1):
            time = max(clock, last) if self.guards.times_in_order else clock
            yield (*state.rows, row._replace(time=time))

    # A writer adds one file to what the newest version has, and publishes.

    def writer_start(self, state: State, who: str, _: Actor) -> Iterator[State]:
        yield from self._take(state, who, "begin")

    def writer_begin(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        versions = unretired(state, STUDY)
        base = versions[-1].file if versions else FREE
        version = next_version(state, STUDY)
        yield state.put(who, actor._replace(at="prepare", base=base, version=version))

    def writer_prepare(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        head = actor.base if self.guards.head_restored else state.head
        yield state._replace(head=head).put(who, actor._replace(at="write"))

    def writer_write(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        yield state._replace(files=state.files | {who}).put(who, actor._replace(at="add"))

    def writer_add(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        head = f"{state.head}+{who}".strip("+")
        yield state._replace(head=head).put(who, actor._replace(at="pin"))

    def writer_pin(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        # A foreign commit after the base is seen here, and everything begins again.
        wanted = f"{actor.base}+{who}".strip("+")
        if self.guards.head_restored and state.head != wanted:
            yield self._release(state, who)
            return
        first = "look" if self.guards.lease_after_registry else "ask"
        yield state.put(who, actor._replace(at=first, base=state.head))

    def writer_look(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        after = "ask" if self.guards.lease_after_registry else "append"
        if self.guards.version_is_free and next_version(state, STUDY) != actor.version:
            yield self._release(state, who)
            return
        yield state.put(who, actor._replace(at=after, seen=state.registry))

    def writer_ask(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        if not self._is_ours(state, who):
            yield self._release(state, who)
            return
        after = "append" if self.guards.lease_after_registry else "look"
        yield state.put(who, actor._replace(at=after))

    def writer_append(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        again = "look" if self.guards.lease_after_registry else "ask"
        yield from self._commit(state, who, Row(STUDY, actor.version, actor.base), again)

    # A merge publishes the files of the newest version under another name; its lease is its own.

    def merger_start(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        versions = unretired(state, STUDY)
        if versions:
            parent = versions[-1]
            found = actor._replace(at="look", base=parent.file, version=parent.version)
            yield state.put(who, found)

    def merger_look(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        parents = [row.version for row in unretired(state, STUDY)]
        if self.guards.parents_unretired and actor.version not in parents:
            yield state.put(who, actor._replace(at="done"))
            return
        yield state.put(who, actor._replace(at="append", seen=state.registry))

    def merger_append(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        yield from self._commit(state, who, Row(MERGED, 1, actor.base), "look")

    # One retires the first version.

    def retirer_start(self, state: State, who: str, _: Actor) -> Iterator[State]:
        if any(row[:2] == (STUDY, 1) and not row.retired for row in state.rows):
            yield from self._take(state, who, "look")

    def retirer_look(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        yield state.put(who, actor._replace(at="ask", seen=state.registry))

    def retirer_ask(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        if self._is_ours(state, who):
            yield state.put(who, actor._replace(at="append"))
        else:
            yield self._release(state, who)

    def retirer_append(self, state: State, who: str, _: Actor) -> Iterator[State]:
        (first,) = [row for row in state.rows if row[:2] == (STUDY, 1)]
        yield from self._commit(state, who, first._replace(retired=True), "look")

    # A sweep deletes what nobody reads, with no grace period.

    def sweep_start(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        planned = actor._replace(at="take", doomed=state.files - needed(state))
        yield state.put(who, planned)

    def sweep_take(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        if self.guards.sweep_takes_lease:
            yield from self._take(state, who, "fence")
        else:
            yield state.put(who, actor._replace(at="fence"))

    def sweep_fence(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        registry = state.registry + 1 if self.guards.sweep_fences else state.registry
        yield state._replace(registry=registry).put(who, actor._replace(at="look"))

    def sweep_look(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        doomed = actor.doomed
        if self.guards.sweep_reads_again:
            doomed &= state.files - needed(state)
        yield state.put(who, actor._replace(at="ask", doomed=doomed))

    def sweep_ask(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        if self.guards.sweep_takes_lease and not self._is_ours(state, who):
            yield self._release(state, who)
            return
        yield state.put(who, actor._replace(at="restore"))

    def sweep_restore(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        versions = [row for row in state.rows if not row.retired]
        head = versions[-1].file if versions else FREE
        yield state._replace(head=head).put(who, actor._replace(at="delete"))

    def sweep_delete(self, state: State, who: str, actor: Actor) -> Iterator[State]:
        # One file at a time, so that others act and a crash falls in between.
        for name in sorted(actor.doomed)[:1]:
            rest = actor._replace(doomed=actor.doomed - {name})
            yield state._replace(files=state.files - {name}).put(who, rest)
        if not actor.doomed:
            yield self._release(state, who)


def faults(state: State) -> Iterator[str]:
    """Yield which promises a state breaks."""
    if not needed(state) <= state.files:
        yield "a file that a record reads is gone"
    versions = [(row.name, row.version) for row in state.rows]
    if len(set(versions)) != len(versions):
        yield "two records have one version"
    whole = {"old", *("+".join(["old", *more]) for more in ORDERS)} | {
        "+".join(more) for more in ORDERS
    }
    if any(row.file not in whole for row in state.rows):
        yield "a record has half of a writer's work"
    for before, after in zip(unretired(state, STUDY), unretired(state, STUDY)[1:], strict=False):
        if not set(before.file.split("+")) <= set(after.file.split("+")):
            yield "an update is lost"
    for name in (STUDY, MERGED):
        times = [row.time for row in state.rows if row.name == name]
        if times != sorted(times):
            yield "a version is older than the one before it"
    for who, actor in state.actors:
        is_published = any(who in row.file.split("+") for row in state.rows)
        if who.startswith("writer") and is_published and actor.at not in {"done", "dead"}:
            yield "work is published that its writer has not finished"
