"""The protocol of publishing and sweeping, explored state by state.

All interleavings of the actors in `tests/support/protocol.py`. Each guard can be taken out, to show
that the model would find the bug that it keeps away.
"""

from collections import deque
from dataclasses import dataclass, replace

import pytest

from tests.support.protocol import STUDY, Actor, Guards, Lease, Protocol, Row, State, faults


def begin(*who: str) -> State:
    """One version is published, and a crash has left a file and a head behind."""
    return State(
        rows=(Row(STUDY, 1, "old"),),
        registry=0,
        head="old+crashed",
        files=frozenset({"old", "crashed"}),
        lease=Lease(),
        actors=tuple((name, Actor(at="start")) for name in who),
    )


@dataclass(frozen=True)
class Exploration:
    """How many states there are, and the shortest way to each kind of fault."""

    states: int
    found: dict[str, list[str]]
    ends: frozenset[tuple[str, ...]]


def explore(guards: Guards, *who: str, until: str | None = None) -> Exploration:
    """Visit every state that can be reached, the nearest first, or until a fault is found."""
    protocol = Protocol(guards)
    first = begin(*who)
    came_from: dict[State, tuple[State, str] | None] = {first: None}
    waiting = deque([first])
    found: dict[str, list[str]] = {}
    ends = set()
    while waiting and until not in found:
        state = waiting.popleft()
        for fault in faults(state):
            found.setdefault(fault, way_to(state, came_from))
        after = list(protocol.successors(state))
        if not after:
            ends.add(tuple(sorted(f"{e.name}@{e.version}" for e in state.rows if not e.retired)))
        for deed, following in after:
            if following not in came_from:
                came_from[following] = (state, deed)
                waiting.append(following)
    return Exploration(len(came_from), found, frozenset(ends))


def way_to(state: State, came_from: dict[State, tuple[State, str] | None]) -> list[str]:
    deeds = []
    step = came_from[state]
    while step is not None:
        deeds.append(step[1])
        step = came_from[step[0]]
    return deeds[::-1]


CASTS = [
    ("writer1", "writer2"),
    ("writer1", "writer2", "sweep"),
    ("writer1", "retirer", "sweep"),
    ("writer1", "merger", "sweep"),
    ("merger", "retirer", "sweep"),
    ("writer1", "merger", "retirer"),
]


@pytest.mark.parametrize("cast", CASTS, ids=" and ".join)
def test_no_interleaving_breaks_a_promise(cast: tuple[str, ...]) -> None:
    explored = explore(Guards(), *cast)

    assert explored.found == {}
    assert explored.states > 100


def test_two_writers_can_both_publish_and_both_can_fail() -> None:
    ends = explore(Guards(), "writer1", "writer2").ends

    assert ends == {("study@1",), ("study@1", "study@2"), ("study@1", "study@2", "study@3")}


@pytest.mark.parametrize(
    ("guard", "cast", "fault"),
    [
        ("compare_and_set", ("writer1", "writer2"), "two records have one version"),
        ("head_restored", ("writer1", "writer2"), "a record has half of a writer's work"),
        ("lease_epoch", ("writer1", "sweep"), "a file that a record reads is gone"),
        ("lease_after_registry", ("writer1", "sweep"), "a file that a record reads is gone"),
        ("sweep_takes_lease", ("writer1", "sweep"), "a file that a record reads is gone"),
        ("sweep_fences", ("writer1", "sweep"), "a file that a record reads is gone"),
        ("sweep_reads_again", ("writer1", "sweep"), "a file that a record reads is gone"),
        ("parents_unretired", ("merger", "retirer", "sweep"), "a file that a record reads is gone"),
        ("version_is_free", ("writer1", "writer2"), "two records have one version"),
        ("times_in_order", ("writer1", "writer2"), "a version is older than the one before it"),
    ],
)
def test_each_guard_keeps_a_fault_away(guard: str, cast: tuple[str, ...], fault: str) -> None:
    explored = explore(replace(Guards(), **{guard: False}), *cast, until=fault)

    assert fault in explored.found
