"""Which nodes of a circuit are columns of their own, so that no expression gets long or deep.

A node that is used once is written where it is used. What is used often, or is deep, becomes a
column of a layer: each layer reads the one before it. A person's row goes through all layers in one
pass, and a statement for a chain of a thousand cohorts has some thirty of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from apollo_spark.query.cohorts.circuit import LEAVES, Node

DEEPEST = 24
"""Nodes of a path inside one expression."""
LARGEST_REPEATED = 8
"""Nodes of an expression that may be in a statement more than once."""


@dataclass(frozen=True)
class Layers:
    """Where the nodes of a circuit are written.

    Attributes:
        leaves: The leaves that are asked.
        columns: The nodes that are columns, by layer; the leaves are not among them.
        is_flat: Whether the answer is one expression in which each leaf occurs once.
        carried: The columns, leaves among them, that are read after each layer, from that of the
            leaves on.
    """

    leaves: tuple[int, ...]
    columns: tuple[tuple[int, ...], ...]
    is_flat: bool
    carried: tuple[frozenset[int], ...]


def plan_layers(nodes: Sequence[Node], roots: Sequence[int]) -> Layers:
    """Return where the nodes that some answers need are written."""
    reached = _reached(nodes, roots)
    uses = _uses(nodes, reached, roots)
    leaves = tuple(each for each in reached if nodes[each].gate in LEAVES)
    level: dict[int, int] = dict.fromkeys(leaves, 0)
    size: dict[int, int] = dict.fromkeys(leaves, 1)
    depth: dict[int, int] = dict.fromkeys(leaves, 0)
    columns: dict[int, int] = {}
    for each in reached:
        if each in level:
            continue
        of = nodes[each].of
        level[each] = max(level[one] for one in of)
        size[each] = 1 + sum(size[one] for one in of)
        depth[each] = 1 + max(depth[one] for one in of)
        is_repeated = uses[each] > 1 and size[each] > LARGEST_REPEATED
        if is_repeated or depth[each] >= DEEPEST:
            columns[each] = level[each] = level[each] + 1
            size[each], depth[each] = 1, 0
    by_layer = [
        tuple(each for each, number in columns.items() if number == layer)
        for layer in range(1, max(columns.values(), default=0) + 1)
    ]
    return Layers(
        leaves=leaves,
        columns=tuple(by_layer),
        is_flat=not columns and all(uses[each] == 1 for each in leaves),
        carried=_carried(nodes, by_layer, {*leaves, *columns}, roots),
    )


def _reached(nodes: Sequence[Node], roots: Sequence[int]) -> list[int]:
    """Return the nodes that some others need, each after those that it joins."""
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += nodes[each].of
    return sorted(found)


def _uses(nodes: Sequence[Node], reached: Sequence[int], roots: Sequence[int]) -> dict[int, int]:
    uses = dict.fromkeys(reached, 0)
    for each in (*roots, *(one for node in reached for one in nodes[node].of)):
        uses[each] += 1
    return uses


def _carried(
    nodes: Sequence[Node],
    by_layer: Sequence[Sequence[int]],
    columns: set[int],
    roots: Sequence[int],
) -> tuple[frozenset[int], ...]:
    """Return for each layer the columns that later ones read."""
    needed = set().union(*(columns_read(nodes, each, columns) for each in roots))
    found = [frozenset(needed)]
    for layer in reversed(by_layer):
        needed = needed - set(layer)
        for each in layer:
            needed |= set().union(*(columns_read(nodes, one, columns) for one in nodes[each].of))
        found.append(frozenset(needed))
    return tuple(reversed(found))


def columns_read(nodes: Sequence[Node], root: int, columns: set[int]) -> set[int]:
    """Return the columns that the expression of a node reads."""
    found: set[int] = set()
    waiting = [root]
    while waiting:
        each = waiting.pop()
        if each in columns:
            found.add(each)
        else:
            waiting += nodes[each].of
    return found
