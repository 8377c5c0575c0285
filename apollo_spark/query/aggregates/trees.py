"""Lists of a field whose codes are a tree: each code with all that are below it."""

import json
from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from apollo_spark.model.dashboard.answer import Others
from apollo_spark.query.aggregates.chart import Chart, TilePlan
from apollo_spark.query.aggregates.code_tree import CodeTree, TreePlace
from apollo_spark.query.aggregates.counting import (
    add_ranked,
    add_totals,
    number_of_units,
    value_rows,
)
from apollo_spark.query.aggregates.fields import TileField
from apollo_spark.query.aggregates.statement import Found, Parts, TileStatement
from apollo_spark.query.aggregates.values import VALUES, read_totals, value_count
from apollo_spark.query.dialects import CodeRows
from apollo_spark.query.sql import cast, column, derived, labelled, literal
from apollo_spark.query.values import stored_form
from apollo_spark.workers.values.code_values import parse_code

NODES, OTHERS = "nodes", "others"
_CODE, _NODE, _ABOVE, _LISTED = "c", "m", "above", "listed"


class TreeChart(Chart):
    """A list of a tree: whole levels of it, as many as fit.

    A code under several parents is at each of them, and whoever has it counts once above.
    """

    def __init__(self, plan: TilePlan) -> None:
        super().__init__(plan)
        (self._field,) = plan.fields
        assert self._field.coding is not None, "a tree is a coding"
        self._tree = CodeTree(self._field.coding)
        self._places: list[TreePlace] = []
        self._left: list[str] = []
        self._pairs: list[tuple[str, str]] = []

    @property
    def _is_plain(self) -> bool:
        return not (self._field.spec.is_multi_select or self.plan.is_distinct)

    def ask(self, statement: TileStatement) -> None:
        """Ask for all codes that there are: never more than the coding has."""
        add_ranked(statement, self.plan, self._field, VALUES, limit=None)
        add_totals(statement, self.plan, self._field)

    def choose(self, found: Sequence[Parts]) -> None:
        """Show whole levels; of a first level that does not fit, what is commonest."""
        own = sorted({str(row.first) for each in found for row in each.get(VALUES, ())})
        codes = {text: self._field.code_of(text) for text in own}
        above = {text: self._tree.above(code) for text, code in codes.items()}
        held = frozenset[str]().union(*above.values())
        self._places, is_long = self._tree.places(
            held, self.plan.tile.options.under, self.plan.limit
        )
        if is_long:
            self._keep_commonest(found, above)
        shown = {each.code for each in self._places} | set(self._left)
        self._pairs = [(text, node) for text, all_ in above.items() for node in all_ & shown]

    def _keep_commonest(self, found: Sequence[Parts], above: dict[str, frozenset[str]]) -> None:
        sums: dict[str, int] = {}
        for each in found:
            for row in each.get(VALUES, ()):
                for code in above[str(row.first)]:
                    sums[code] = sums.get(code, 0) + row.count
        ordered = sorted(self._places, key=lambda each: (-sums[each.code], each.code))
        self._places = ordered[: self.plan.limit]
        self._left = [each.code for each in ordered[self.plan.limit :]]

    def ask_again(self, statement: TileStatement) -> None:
        """Ask for each code that is shown with what is below it, where that does not add up."""
        if self._is_plain or not self._pairs:
            return
        left = set(self._left)
        wanted = [
            (text, OTHERS if node in left else NODES, "" if node in left else node)
            for text, node in self._pairs
        ]
        self._ask_for(statement, NODES, [(t, n) for t, part, n in wanted if part == NODES])
        if left:
            self._ask_for(statement, OTHERS, [(t, n) for t, part, n in wanted if part == OTHERS])

    def _ask_for(self, statement: TileStatement, part: str, pairs: list[tuple[str, str]]) -> None:
        by_key = not self.plan.is_distinct
        rows, (value,) = value_rows(statement, self.plan, self._field, key=by_key)
        same = exp.EQ(this=value, expression=column(_ABOVE, _CODE))
        rows = rows.join(_above(self._field, pairs), on=same, copy=False)
        node = column(_ABOVE, _NODE)
        statement.add(
            self.plan.number, part, rows.group_by(node, copy=False),
            first=node.copy(), count=number_of_units(self.plan, by_key=by_key),
        )  # fmt: skip

    def read(self, first: Parts, second: Parts, people: int) -> dict[str, Any]:
        """Return the codes of the levels that are shown."""
        totals = read_totals(self.plan, first, people, VALUES)
        of_all = totals.pop("any")
        counts = self._sums(first.get(VALUES, ()))
        if not self._is_plain:
            counts = {str(each.first): each.count for each in second.get(NODES, ())}
        values = [
            value_count(
                self._field, each.code, counts.get(each.code, 0), of_all,
                depth=each.depth, parent=each.parent,
            )
            for each in self._places
        ]  # fmt: skip
        return {**totals, "values": tuple(values), **self._others(first, second)}

    def _sums(self, rows: Sequence[Found]) -> dict[str, int]:
        own = {str(each.first): each.count for each in rows}
        sums: dict[str, int] = {}
        for text, node in self._pairs:
            sums[node] = sums.get(node, 0) + own.get(text, 0)
        return sums

    def _others(self, first: Parts, second: Parts) -> dict[str, Others]:
        if not self._left:
            return {}
        if self._is_plain:
            below = {text for text, node in self._pairs if node in self._left}
            rows = first.get(VALUES, ())
            count = sum(each.count for each in rows if str(each.first) in below)
        else:
            count = sum(each.count for each in second.get(OTHERS, ()))
        held = {str(each.first) for each in first.get(VALUES, ())}
        own = {node for text, node in self._pairs if text in held} & set(self._left)
        return {"others": Others(values=len(own), count=count)} if own else {}


def _above(field: TileField, pairs: Sequence[tuple[str, str]]) -> exp.Subquery:
    """Return a table of values, each with a code that it is below or is."""
    values = {text: value for value, text in _texts_of(field, {text for text, _ in pairs}).items()}
    content = json.dumps(
        [{_CODE: stored_form(values[text]), _NODE: node} for text, node in dict.fromkeys(pairs)]
    )
    listed = derived(exp.select(CodeRows(this=literal(content))), _LISTED)
    code = labelled(cast(column(_LISTED, _CODE), field.spec.type), _CODE)
    return derived(exp.select(code, column(_LISTED, _NODE)).from_(listed, copy=False), _ABOVE)


def _texts_of(field: TileField, texts: set[str]) -> dict[Any, str]:
    found = ((parse_code(each, field.spec.type), each) for each in sorted(texts))
    return {value: text for value, text in found if value is not None}
