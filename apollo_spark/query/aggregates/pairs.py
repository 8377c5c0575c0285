"""Charts of two fields of values: stacked bars, and lists of a field below another."""

from collections import Counter
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
from apollo_spark.query.aggregates.statement import Found, Parts, TileStatement
from apollo_spark.query.aggregates.values import ValuesChart, sparse_codes, value_count
from apollo_spark.query.filters.compare import joined
from apollo_spark.query.sql import column, derived, labelled

NAMES = ("first", "second")
PAIRS, ALL = "pairs", "all pairs"
MOST_PAIRS = 1_000
"""Different pairs of values that are read as they are."""
MOST_NESTED = 20
"""Values of each of two fields that are shown; the others are counted together."""
Pairs = Mapping[tuple[str | None, str | None], int]


def add_pairs(statement: TileStatement, plan: TilePlan, chosen: Sequence[ChosenValues]) -> None:
    """Add how often values of two fields are found together, those that are not shown as one."""
    is_multiple = any(each.spec.is_multi_select for each in plan.fields)
    by_key = is_multiple and not plan.is_distinct
    rows, values = value_rows(statement, plan, *plan.fields, key=by_key)
    shown = [each.mapped(value) for each, value in zip(chosen, values, strict=True)]
    are_there = [is_value(each, value) for each, value in zip(plan.fields, values, strict=True)]
    query = rows.where(joined(exp.And, are_there), copy=False).group_by(*shown, copy=False)
    named = [labelled(each.copy(), name) for each, name in zip(shown, NAMES, strict=True)]
    units = labelled(number_of_units(plan, by_key=by_key), "number")
    query = query.select(*named, units, copy=False)
    texts = [
        field.text(column(PAIRS, name)) for field, name in zip(plan.fields, NAMES, strict=True)
    ]
    statement.add(
        plan.number, PAIRS, exp.select().from_(derived(query, PAIRS), copy=False),
        first=texts[0], second=texts[1], count=column(PAIRS, "number"),
    )  # fmt: skip


def add_all_pairs(statement: TileStatement, plan: TilePlan) -> None:
    """Add all pairs of two fields with one value in a cell, missing ones too, as far as few."""
    stored = [each.stored for each in plan.fields]
    query = exp.select().from_(statement.rows(plan.asked(*plan.fields)), copy=False)
    shown = [labelled(each, name) for each, name in zip(stored, NAMES, strict=True)]
    number = labelled(exp.Count(this=exp.Star()), "number")
    query = query.select(*shown, number, copy=False)
    query = query.group_by(*(each.copy() for each in stored), copy=False)
    query = query.limit(MOST_PAIRS + 1, copy=False)
    texts = [field.text(column(ALL, name)) for field, name in zip(plan.fields, NAMES, strict=True)]
    statement.add(
        plan.number, ALL, exp.select().from_(derived(query, ALL), copy=False),
        first=texts[0], second=texts[1], count=column(ALL, "number"),
    )  # fmt: skip


def read_pairs(found: Parts) -> Pairs:
    """Return how often values are found together; None stands for all that are not shown."""
    return {(each.first, each.second): each.count for each in found.get(PAIRS, ())}


class StackedChart(Chart):
    """Bars of the values of one field, each cut by the values of another.

    Where there are few different pairs and their counts add up, they say everything at once.
    """

    def __init__(self, plan: TilePlan) -> None:
        super().__init__(plan)
        self._chosen: list[ChosenValues] = []
        self._is_long = plan.is_distinct
        self._was_long = plan.is_distinct

    def ask(self, statement: TileStatement) -> None:
        """Ask for all pairs, as far as they are few."""
        if self._is_long:
            self._ask_values(statement)
        else:
            add_all_pairs(statement, self.plan)

    def choose(self, found: Sequence[Parts]) -> None:
        """Show the commonest of all cohorts together."""
        if self._is_long:
            self._choose(found)
            return
        self._is_long = any(len(each.get(ALL, ())) > MOST_PAIRS for each in found)
        if not self._is_long:
            self._choose([self._summed(each) for each in found])

    def ask_again(self, statement: TileStatement) -> None:
        """Ask for the pairs that are shown, or for the commonest values of each field."""
        if self._was_long:
            add_pairs(statement, self.plan, self._chosen)
        elif self._is_long:
            self._ask_values(statement)

    def choose_again(self, found: Sequence[Parts]) -> None:
        """Show the commonest where there were many pairs."""
        if self._is_long and not self._was_long:
            self._choose(found)

    def ask_last(self, statement: TileStatement) -> None:
        """Ask for the pairs that are shown where there were many."""
        if self._is_long and not self._was_long:
            add_pairs(statement, self.plan, self._chosen)

    def read(self, first: Parts, second: Parts, people: int) -> dict[str, Any]:
        """Return pairs in the order of the values."""
        if not self._is_long:
            first = self._summed(first)
            counts = self._shown(first)
        else:
            first = first if self._was_long else second
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

    def _ask_values(self, statement: TileStatement) -> None:
        plan = self.plan
        for name, field in zip(NAMES, plan.fields, strict=True):
            add_ranked(statement, plan, field, name, limit=plan.limit, prefix=f"{name} ")
        both = joined(exp.And, [is_value(each, each.stored) for each in plan.fields])
        query = exp.select().from_(statement.rows(plan.asked(*plan.fields)), copy=False)
        counts = [count_units_where(plan, each) for each in (None, both)]
        statement.add(plan.number, TOTALS, query, count=counts[0], numbers=counts[1:])

    def _choose(self, found: Sequence[Parts]) -> None:
        self._chosen = [
            choose_values(field, found, name, self.plan.limit)
            for name, field in zip(NAMES, self.plan.fields, strict=True)
        ]

    def _summed(self, found: Parts) -> Parts:
        """Return what the long way would have answered, from all pairs."""
        rows = found.get(ALL, ())
        summed: dict[str, list[Found]] = {}
        are_values = []
        for place, (name, field) in enumerate(zip(NAMES, self.plan.fields, strict=True)):
            counts: Counter[str] = Counter()
            for each in rows:
                text = (each.first, each.second)[place]
                if text is not None:
                    counts[text] += each.count
            sparse = {each for each in counts if field.is_sparse_text(each)}
            values = {each: counts[each] for each in counts if each not in sparse}
            numbers = (float(len(values)), float(sum(values.values())))
            summed[name] = [Found(each, None, n, numbers) for each, n in values.items()]
            summed[f"{name} {SPARSE}"] = [Found(e, None, counts[e], ()) for e in sorted(sparse)]
            are_values.append(values)
        both = [
            each for each in rows if each.first in are_values[0] and each.second in are_values[1]
        ]
        total = sum(each.count for each in rows)
        with_both = float(sum(each.count for each in both))
        return {**summed, ALL: both, TOTALS: [Found(None, None, total, (with_both,))]}

    def _shown(self, summed: Parts) -> Pairs:
        shown = [frozenset(each.texts) for each in self._chosen]
        counts: Counter[tuple[str | None, str | None]] = Counter()
        for each in summed[ALL]:
            one = each.first if each.first in shown[0] else None
            other = each.second if each.second in shown[1] else None
            counts[one, other] += each.count
        return counts

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

    def ask(self, statement: TileStatement) -> None:
        """Ask for the commonest values of each field."""
        self._first.ask(statement)
        below = self.plan.fields[1]
        add_ranked(statement, self.plan, below, NAMES[1], limit=self._limit, prefix=f"{NAMES[1]} ")

    def choose(self, found: Sequence[Parts]) -> None:
        """Show the commonest of all cohorts together."""
        self._first.choose(found)
        self._second = choose_values(self.plan.fields[1], found, NAMES[1], self._limit)

    def ask_again(self, statement: TileStatement) -> None:
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
