"""The people of cohorts as SQL: their keys, or for each person which questions hold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from sqlglot import exp

from apollo_spark.errors import UsageError
from apollo_spark.model.cohort import CohortStep
from apollo_spark.model.filter import Filter, InCohort
from apollo_spark.query.cohorts.circuit import Circuit, Gate, Node
from apollo_spark.query.cohorts.layers import Layers, plan_layers
from apollo_spark.query.dialects import Barrier
from apollo_spark.query.filters.compare import joined
from apollo_spark.query.filters.rows import EntitySource
from apollo_spark.query.filters.sql import filter_conditions
from apollo_spark.query.sql import column, derived, labelled, name, table, typed_if_possible
from apollo_spark.sources.filters.text import parse_filter

if TYPE_CHECKING:
    from apollo_spark.model.field import FieldType

KEY = "key"
FEW_LISTS = 8
"""Lists of ids that are asked one by one; more are read together."""
BITS = 60
"""Lists that one whole number of 64 bits tells of."""

_LISTS, _LIST = "id lists", "bits"
_BARRIER = "barrier"


class MemberSource(EntitySource, Protocol):
    """What cohorts may read: a `QueryScope` is one."""

    @property
    def label(self) -> str:
        """What is put before the names of tables."""
        ...


@dataclass(frozen=True)
class Members:
    """Who is meant: a program of cohorts, of which the last one is the answer."""

    steps: tuple[CohortStep, ...]

    @cached_property
    def circuit(self) -> tuple[Circuit, list[int]]:
        """The program as a circuit, and the node of each of its cohorts."""
        circuit = new_circuit()
        return circuit, circuit.add_steps(self.steps)

    def keys(self, scope: MemberSource) -> exp.Select:
        """Ask for the keys, as `key`, of the people that are shown and meant."""
        circuit, found = self.circuit
        return Statement(scope, circuit.nodes).keys(found[-1])


def new_circuit() -> Circuit:
    """Return an empty circuit that reads filters as people write them."""
    return Circuit(parse_filter, cohort_named)


def cohort_named(tree: Filter) -> str | None:
    """Return the cohort that a condition names; None for every other condition."""
    return tree.cohort if isinstance(tree, InCohort) else None


def limited_by(
    members: Members, scope: MemberSource
) -> tuple[tuple[str, ...], Callable[[exp.Select], exp.Select]]:
    """Return the field that tells people apart, and what limits a query on the main entity."""
    key, _ = main_key(scope)
    kept = exp.In(
        this=column(scope.dictionary.main_entity, key),
        query=exp.Subquery(this=members.keys(scope)),
    )
    return (key,), lambda query: query.where(kept, copy=False)


class Statement:
    """Writes questions about people.

    Args:
        scope: What may be read.
        nodes: The circuit.

    Raises:
        UsageError: The main entity has no key, by which people could be told apart.
    """

    def __init__(self, scope: MemberSource, nodes: Sequence[Node]) -> None:
        self._scope = scope
        self._nodes = nodes
        self._main = scope.dictionary.main_entity
        self._key, self._type = main_key(scope)
        self._key_column = column(self._main, self._key)

    def keys(self, root: int) -> exp.Select:
        """Ask for the keys of the people for whom a node holds."""
        layers = plan_layers(self._nodes, [root])
        if layers.is_flat:
            found, leaves = self._base(layers.leaves)
            return found.select(labelled(self._key_column.copy(), KEY), copy=False).where(
                self._expression(root, leaves), copy=False
            )
        found, columns = self._layered(layers)
        return found.select(column(None, KEY), copy=False).where(
            self._expression(root, columns), copy=False
        )

    def flags(self, roots: Sequence[int]) -> exp.Select:
        """Ask for each person that is shown, by `key`, which nodes hold: `flag 0`, `flag 1` ..."""
        found, columns = self._layered(plan_layers(self._nodes, roots), in_scans=len(roots) > 1)
        flags = [
            labelled(self._expression(each, columns), f"flag {number}")
            for number, each in enumerate(roots)
        ]
        return found.select(column(None, KEY), *flags, copy=False)

    def _base(
        self, leaves: Sequence[int], *, in_scans: bool = False
    ) -> tuple[exp.Select, dict[int, exp.Expr]]:
        """Return the rows of all people, without what is selected, and the answer of each leaf."""
        filters = [each for each in leaves if self._nodes[each].gate is Gate.FILTER]
        trees = [tree for each in filters if (tree := self._nodes[each].tree) is not None]
        asked = filter_conditions(trees, self._scope, main_alias=self._main, in_scans=in_scans)
        answers: dict[int, exp.Expr] = dict(zip(filters, asked.conditions, strict=True))
        fields = list(dict.fromkeys([self._key, *asked.fields]))
        found = exp.select().from_(self._scope.source(self._main, fields), copy=False)
        for each in asked.joins:
            found.append("joins", each)
        lists = {each: str(self._nodes[each].keys) for each in leaves if each not in answers}
        answers |= self._in_lists(lists, found)
        is_there = exp.Not(this=exp.Is(this=self._key_column.copy(), expression=exp.Null()))
        return found.where(is_there, copy=False), answers

    def _in_lists(self, lists: Mapping[int, str], found: exp.Select) -> dict[int, exp.Expr]:
        """Return whether a person is in each of some lists; many of them are joined as one."""
        if len(lists) <= FEW_LISTS:
            return {node: self._in_list(keys) for node, keys in lists.items()}
        answers: dict[int, exp.Expr] = {}
        items = list(lists.items())
        for start in range(0, len(items), BITS):
            some = items[start : start + BITS]
            alias = f"{_LISTS} {start // BITS}"
            same = exp.EQ(this=column(alias, KEY), expression=self._key_column.copy())
            joined_lists = derived(self._lists([keys for _, keys in some]), alias)
            found.append("joins", exp.Join(this=joined_lists, side="left", on=same))
            for place, (node, _) in enumerate(some):
                bits = exp.Coalesce(this=column(alias, _LIST), expressions=[exp.Literal.number(0)])
                bit = exp.BitwiseAnd(this=bits, expression=exp.Literal.number(1 << place))
                answers[node] = exp.NEQ(this=exp.Paren(this=bit), expression=exp.Literal.number(0))
        return answers

    def _in_list(self, keys: str) -> exp.Expr:
        listed = exp.Subquery(this=self._listed(keys))
        return exp.Paren(this=exp.In(this=self._key_column.copy(), query=listed))

    def _lists(self, tables: Sequence[str]) -> exp.Select:
        """Ask for each id in some lists which of them it is in."""
        rows: exp.Query | None = None
        for place, keys in enumerate(tables):
            bit = labelled(exp.Literal.number(1 << place), _LIST)
            one = self._listed(keys).select(bit, copy=False)
            rows = one if rows is None else exp.union(rows, one, distinct=False, copy=False)
        assert rows is not None, "there is a list"
        bits = labelled(exp.BitwiseOrAgg(this=column(_LISTS, _LIST)), _LIST)
        key = column(_LISTS, KEY)
        found = exp.select(key, bits).from_(derived(rows, _LISTS), copy=False)
        return found.group_by(key.copy(), copy=False)

    def _listed(self, keys: str) -> exp.Select:
        """Ask for the ids of a list, in the type that the key has here: versions differ in it."""
        label = f"{self._scope.label}{keys}"
        key = typed_if_possible(column(label, KEY), self._type)
        return exp.select(labelled(key, KEY)).from_(table(label), copy=False)

    def _layered(
        self, layers: Layers, *, in_scans: bool = False
    ) -> tuple[exp.Select, dict[int, exp.Expr]]:
        """Return the rows of the last layer, without what is selected, and its columns."""
        base, answers = self._base(layers.leaves, in_scans=in_scans)
        shown = [labelled(each, _column(node)) for node, each in answers.items()]
        key = labelled(self._key_column.copy(), KEY)
        stages = [base.select(key, *shown, labelled(Barrier(), _BARRIER), copy=False)]
        for number, nodes in enumerate(layers.columns, start=1):
            before = {each: _read(each) for each in layers.carried[number - 1]}
            new = [
                labelled(self._expression_of_gate(each, before), _column(each)) for each in nodes
            ]
            kept = [_read(each) for each in sorted(layers.carried[number] - set(nodes))]
            barrier = labelled(Barrier(this=column(None, _BARRIER)), _BARRIER)
            found = exp.select(column(None, KEY), *kept, *new, barrier)
            stages.append(found.from_(table(_stage(number - 1)), copy=False))
        found = exp.select().from_(table(_stage(len(stages) - 1)), copy=False)
        is_past = exp.GTE(this=column(None, _BARRIER), expression=exp.Literal.number(0))
        found = found.where(is_past, copy=False)
        for number, stage in enumerate(stages):
            found.with_(name(_stage(number)), as_=stage, copy=False)
        return found, {each: _read(each) for each in layers.carried[-1]}

    def _expression(self, node: int, columns: Mapping[int, exp.Expr]) -> exp.Expr:
        found = columns.get(node)
        return self._expression_of_gate(node, columns) if found is None else found.copy()

    def _expression_of_gate(self, node: int, columns: Mapping[int, exp.Expr]) -> exp.Expr:
        """Return a node in terms of columns; expressions are never deeper than a layer allows."""
        gate = self._nodes[node].gate
        of = [self._expression(each, columns) for each in self._nodes[node].of]
        if gate is Gate.NOT:
            return exp.Not(this=exp.Paren(this=of[0]))
        if gate is Gate.ONE:
            return exp.Paren(this=_exactly_one(of))
        return exp.Paren(this=joined(exp.And if gate is Gate.AND else exp.Or, of))


def main_key(scope: EntitySource) -> "tuple[str, FieldType]":
    """Return the key of the main entity, and its type.

    Raises:
        UsageError: It has none.
    """
    main = scope.dictionary.find_entity(scope.dictionary.main_entity)
    spec = main.find_field(main.primary_key or "") if main else None
    if spec is None:
        raise UsageError("Cohorts tell people by their primary key, and there is none.")
    return spec.name, spec.type


def _exactly_one(of: Sequence[exp.Expr]) -> exp.Expr:
    ones = [
        exp.Case(ifs=[exp.If(this=each, true=exp.Literal.number(1))], default=exp.Literal.number(0))
        for each in of
    ]
    total = exp.Paren(this=joined(exp.Add, ones))
    return exp.EQ(this=total, expression=exp.Literal.number(1))


def _column(node: int) -> str:
    return f"is {node}"


def _read(node: int) -> exp.Column:
    return column(None, _column(node))


def _stage(number: int) -> str:
    return f"members {number}"
