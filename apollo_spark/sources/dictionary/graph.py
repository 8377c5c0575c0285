"""Questions about small directed graphs: cycles, second paths, and what is not joined at all.

Nodes are names; successors are in the order in which the file gives them, so that the same
file always gets the same answers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

Graph = Mapping[str, Sequence[str]]


def find_cycles(graph: Graph) -> Iterator[tuple[str, ...]]:
    """Yield directed cycles, each as its nodes in order; the last one points to the first.

    Without the edges that close the yielded cycles the graph has no cycle. Deep graphs are no
    trouble: nothing here recurses.
    """
    finished: set[str] = set()
    for start in graph:
        if start in finished:
            continue
        path = {start: None}
        waiting = [iter(graph[start])]
        while waiting:
            following = next(waiting[-1], None)
            if following is None:
                waiting.pop()
                finished.add(path.popitem()[0])
            elif following in path:
                nodes = tuple(path)
                yield nodes[nodes.index(following) :]
            elif following not in finished:
                path[following] = None
                waiting.append(iter(graph.get(following, ())))


def find_path(links: Iterable[tuple[str, str]], start: str, end: str) -> tuple[str, ...]:
    """Return the nodes from start to end over links that are followed both ways, or nothing."""
    came_from = {start: start}
    reached = [start]
    neighbours = _neighbours(links)
    for node in reached:
        for each in neighbours.get(node, ()):
            if each not in came_from:
                came_from[each] = node
                reached.append(each)
    if end not in came_from:
        return ()
    path = [end]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))


def find_reachable(links: Iterable[tuple[str, str]], start: str) -> frozenset[str]:
    """Return the nodes that links, followed both ways, join to the start, which is one of them."""
    reached = {start}
    waiting = [start]
    neighbours = _neighbours(links)
    while waiting:
        for each in neighbours.get(waiting.pop(), ()):
            if each not in reached:
                reached.add(each)
                waiting.append(each)
    return frozenset(reached)


def _neighbours(links: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for first, second in links:
        found.setdefault(first, []).append(second)
        found.setdefault(second, []).append(first)
    return found
