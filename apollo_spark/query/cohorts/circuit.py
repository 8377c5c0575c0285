"""Who is in some cohorts, as a circuit of yes and no: filters, lists of ids, what joins them.

Every cohort of a program is a node, and what is asked twice is one node. Nothing here descends
into cohorts of cohorts: a program has each after those that it is made of, however deep they go.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from apollo_spark.model.cohort import CohortOperation, CohortStep
from apollo_spark.model.filter import And, Filter, Not, Or, with_deep_recursion
from apollo_spark.query.cohorts.outward import cohorts_outside


class Gate(Enum):
    """What a node says."""

    FILTER = "filter"
    KEYS = "keys"
    AND = "and"
    OR = "or"
    NOT = "not"
    ONE = "one"


LEAVES = frozenset({Gate.FILTER, Gate.KEYS})


@dataclass(frozen=True)
class Node:
    """One question about a person.

    Attributes:
        gate: What it says.
        of: The nodes that it joins.
        tree: The filter of a leaf.
        keys: The table of ids of a leaf.
    """

    gate: Gate
    of: tuple[int, ...] = ()
    tree: Filter | None = None
    keys: str | None = None


class Circuit:
    """Nodes, each after those that it joins.

    Args:
        parse: Reads the text of a filter.
        named: Returns the cohort that a condition names, None for every other condition.
    """

    def __init__(
        self,
        parse: Callable[[str], Filter],
        named: Callable[[Filter], str | None] = lambda _: None,
    ) -> None:
        self._parse = parse
        self._named = named
        self._places: dict[Node, int] = {}
        self.nodes: list[Node] = []

    def add_steps(self, steps: Sequence[CohortStep]) -> list[int]:
        """Add a program and return the node of each of its cohorts."""
        found: list[int] = []
        for step in steps:
            found.append(self.add_step(step, found))
        return found

    @with_deep_recursion
    def add_step(self, step: CohortStep, known: Sequence[int]) -> int:
        """Add one cohort, given the nodes of those before it, and return its node."""
        of = tuple(known[each] for each in step.of)
        if step.text is not None:
            cohorts = {name: known[number] for name, number in step.named}
            return self.both(*of, self.filter(self._parse(step.text), cohorts))
        if step.keys is not None:
            return self.both(*of, self._node(Node(Gate.KEYS, keys=step.keys)))
        return self._combine(step.operation, of)

    def _combine(self, operation: CohortOperation, of: tuple[int, ...]) -> int:
        if operation is CohortOperation.UNION:
            return self._join(Gate.OR, of)
        if operation is CohortOperation.INTERSECT:
            return self.both(*of)
        if operation is CohortOperation.SUBTRACT:
            return self.both(of[0], self.opposite(self._join(Gate.OR, of[1:])))
        if operation is CohortOperation.COMPLEMENT:
            return self.opposite(of[0])
        return self._node(Node(Gate.ONE, of))

    def filter(self, tree: Filter, cohorts: dict[str, int]) -> int:
        """Return the node of a filter; the cohorts that it names are nodes already."""
        return self._filter(cohorts_outside(tree), cohorts)

    def _filter(self, tree: Filter, cohorts: dict[str, int]) -> int:
        if not self._names_any(tree):
            return self._node(Node(Gate.FILTER, tree=tree))
        if isinstance(tree, And | Or):
            gate = Gate.AND if isinstance(tree, And) else Gate.OR
            return self._join(gate, tuple(self._filter(each, cohorts) for each in tree.parts))
        if isinstance(tree, Not):
            return self.opposite(self._filter(tree.part, cohorts))
        name = self._named(tree)
        assert name is not None, "a cohort is named beside and, or, not"
        return cohorts[name]

    def _names_any(self, tree: Filter) -> bool:
        if isinstance(tree, And | Or):
            return any(map(self._names_any, tree.parts))
        if isinstance(tree, Not):
            return self._names_any(tree.part)
        return self._named(tree) is not None

    def both(self, *of: int) -> int:
        """Return the node that says that all of some nodes hold."""
        return self._join(Gate.AND, of)

    def opposite(self, of: int) -> int:
        """Return the node that says the opposite of one."""
        node = self.nodes[of]
        return node.of[0] if node.gate is Gate.NOT else self._node(Node(Gate.NOT, (of,)))

    def _join(self, gate: Gate, of: tuple[int, ...]) -> int:
        different = tuple(dict.fromkeys(of))
        return different[0] if len(different) == 1 else self._node(Node(gate, different))

    def _node(self, node: Node) -> int:
        if node not in self._places:
            self._places[node] = len(self.nodes)
            self.nodes.append(node)
        return self._places[node]
