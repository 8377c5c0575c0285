"""Charts of two fields of values: stacked bars, and lists of a field below another."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from apollo_spark.model.dashboard.answer import PairCount, ValueCount
from apollo_spark.query.aggregates.chart import Chart, TilePlan
from apollo_spark.query.aggregates.choice import ChosenValues, choose_values
from apollo_spark.query.aggregates.counting import (
    SPARSE,
    TOTALS,
    add_ranked,
    count_units_where,
    is_value,
    number_of_units,
    value_rows,
)
from apollo_spark.query.aggregates.fields import TileField
from apollo_spark.query.aggregates.statement import Parts, Statement
from apollo_spark.query.aggregates.values import ValuesChart, sparse_codes, value_count
from apollo_spark.query.filters.compare import joined

NAMES = ("first", "second")
PAIRS = "pairs"
MOST_NESTED = 20
"""Values of each of two fields that are shown; the others are counted together."""
Pairs = Mapping[tuple[str | None, str | None], int]


def add_pairs(statement: Statement, plan: TilePlan, chosen: Sequence[ChosenValues]) -> None:
    """Add how often values of two fields are found together, those that are not shown as one."""
    is_multiple = any(each.spec.is_multi_select for each in plan.fields)
    by_key = is_multiple and not plan.is_distinct
    rows, values = value_rows(statement, plan, *plan.fields, key=by_key)
    shown = [each.mapped(value) for each, value in zip(chosen, values, strict=True)]
    are_there = [is_value(each, value) for each, value in zip(plan.fields, values, strict=True)]
    query = rows.where(joined(exp.And, are_there), copy=False).group_by(*shown, copy=False)
    statement.add(
        plan.number, PAIRS, query,
        first=shown[0].copy(), second=shown[1].copy(),
        count=number_of_units(plan, by_key=by_key),
    )  # fmt: skip


def read_pairs(found: Parts) -> Pairs:
    """Return how often values are found together; None stands for all that are not shown."""
    return {(each.first, each.second): each.count for each in found.get(PAIRS, ())}


class StackedChart(Chart):
    """Bars of the values of one field, each cut by the values of another."""

    def __init__(self, plan: TilePlan) -> None:
        super().__init__(plan)
        self._chosen: list[ChosenValues] = []

    def ask(self, statement: Statement) -> None:
        """Ask for the commonest values of each field, and how many rows have both."""
        plan = self.plan
        for name, field in zip(NAMES, plan.fields, strict=True):
            add_ranked(statement, plan, field, name, limit=plan.limit, prefix=f"{name} ")
        both = joined(exp.And, [is_value(each, each.stored) for each in plan.fields])
        query = exp.select().from_(statement.rows(plan.asked(*plan.fields)), copy=False)
        counts = [count_units_where(plan, each) for each in (None, both)]
        statement.add(plan.number, TOTALS, query, count=counts[0], numbers=counts[1:])

    def choose(self, found: Sequence[Parts]) -> None:
        """Show the commonest of all cohorts together."""
        self._chosen = [
            choose_values(field, found, name, self.plan.limit)
            for name, field in zip(NAMES, self.plan.fields, strict=True)
        ]

    def ask_again(self, statement: Statement) -> None:
        """Ask for the pairs."""
        add_pairs(statement, self.plan, self._chosen)

    def read(self, first: Parts, second: Parts, people: int) -> dict[str, Any]:
        """Return pairs in the order of the values."""
        counts = read_pairs(second)
        orders: list[list[str | None]] = [[*each.texts, None] for each in self._chosen]
        pairs = [
            self._pair(one, other, counts[one, other])
            for one in orders[0]
            for other in orders[1]
            if (one, other) in counts
        ]
        (totals,) = first[TOTALS]
        rows = people if self.plan.counts_people else totals.count
        sparse = [
            each
            for name, field in zip(NAMES, self.plan.fields, strict=True)
            for each in sparse_codes(field, first.get(f"{name} {SPARSE}", ()), rows, several=True)
        ]
        missing = rows - int(totals.numbers[0] or 0)
        return {"rows": rows, "missing": missing, "sparse": tuple(sparse), "pairs": tuple(pairs)}

    def _pair(self, first: str | None, second: str | None, count: int) -> PairCount:
        codes = [
            None if text is None else field.code_of(text)
            for field, text in zip(self.plan.fields, (first, second), strict=True)
        ]
        labels = [_label(*each) for each in zip(self.plan.fields, codes, strict=True)]
        return PairCount(
            first=codes[0], first_label=labels[0], second=codes[1], second_label=labels[1],
            count=count,
        )  # fmt: skip


class NestedChart(Chart):
    """A list of the values of one field, each with the values of another below it."""

    def __init__(self, plan: TilePlan) -> None:
        super().__init__(plan)
        limit = min(plan.limit, MOST_NESTED)
        options = plan.tile.options.model_copy(update={"limit": limit})
        tile = plan.tile.model_copy(update={"options": options})
        self._first = ValuesChart(replace(plan, tile=tile, fields=plan.fields[:1]))
        self._second: ChosenValues | None = None
        self._limit = limit

    def ask(self, statement: Statement) -> None:
        """Ask for the commonest values of each field."""
        self._first.ask(statement)
        below = self.plan.fields[1]
        add_ranked(statement, self.plan, below, NAMES[1], limit=self._limit, prefix=f"{NAMES[1]} ")

    def choose(self, found: Sequence[Parts]) -> None:
        """Show the commonest of all cohorts together."""
        self._first.choose(found)
        self._second = choose_values(self.plan.fields[1], found, NAMES[1], self._limit)

    def ask_again(self, statement: Statement) -> None:
        """Ask for the pairs, and for the values of the first field where it is needed."""
        self._first.ask_again(statement)
        add_pairs(statement, self.plan, self._chosen)

    @property
    def _chosen(self) -> tuple[ChosenValues, ChosenValues]:
        assert self._second is not None, "what is shown is chosen"
        return self._first.chosen, self._second

    def read(self, first: Parts, second: Parts, people: int) -> dict[str, Any]:
        """Return the values of the first field, each followed by those below it."""
        found = self._first.read(first, second, people)
        counts = read_pairs(second)
        texts = self._first.chosen.texts
        values: list[ValueCount] = []
        for text, each in zip(texts, found["values"], strict=True):
            values += [each, *self._below(text, each, counts)]
        return {**found, "values": tuple(values)}

    def _below(self, text: str, above: ValueCount, counts: Pairs) -> list[ValueCount]:
        field = self.plan.fields[1]
        shown = [each for each in self._chosen[1].texts if (text, each) in counts]
        more: dict[str, Any] = {"depth": 1, "parent": above.value}
        of = above.count if isinstance(above.count, int) else 0
        found = [value_count(field, each, counts[text, each], of, **more) for each in shown]
        if others := counts.get((text, None)):
            share = others / of if of else None
            found.append(ValueCount(value=None, count=others, share=share, **more))
        return found


def _label(field: TileField, code: str | None) -> str | None:
    return None if code is None else field.label_of(code)
