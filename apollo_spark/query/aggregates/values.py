"""Bars and lists of one field: how often each value was found."""

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from apollo_spark.model.dashboard.answer import Others, ValueCount
from apollo_spark.query.aggregates.chart import Chart, TilePlan
from apollo_spark.query.aggregates.choice import (
    ChosenValues,
    choose_values,
    different_values,
    rows_with_values,
)
from apollo_spark.query.aggregates.counting import (
    ANY,
    HELD,
    MISSING,
    SPARSE,
    TOTALS,
    add_ranked,
    add_totals,
    is_value,
    number_of_units,
    value_rows,
)
from apollo_spark.query.aggregates.fields import TileField
from apollo_spark.query.aggregates.statement import Found, Parts, TileStatement
from apollo_spark.query.sql import column, derived, labelled

VALUES, CHOSEN = "values", "chosen"
_VALUE, _NUMBER = "value", "number"


class ValuesChart(Chart):
    """A bar chart, or a list of one field without a tree."""

    def __init__(self, plan: TilePlan) -> None:
        super().__init__(plan)
        (self._field,) = plan.fields
        self.chosen = ChosenValues(self._field, (), is_all=True, is_known=True)

    @property
    def _is_plain(self) -> bool:
        """Whether counts add up: one value in a cell, and rows, or people with one row."""
        return not (self._field.spec.is_multi_select or self.plan.is_distinct)

    def ask(self, statement: TileStatement) -> None:
        """Ask for the commonest values."""
        add_ranked(statement, self.plan, self._field, VALUES, limit=self.plan.limit)
        if not self._is_plain:
            add_totals(statement, self.plan, self._field)

    def choose(self, found: Sequence[Parts]) -> None:
        """Show the commonest of all cohorts together."""
        self.chosen = choose_values(self._field, found, VALUES, self.plan.limit)

    def ask_again(self, statement: TileStatement) -> None:
        """Ask for exactly what is shown, and for the others together."""
        if self.chosen.is_known and (self.chosen.is_all or self._is_plain):
            return
        by_key = self._field.spec.is_multi_select and not self.plan.is_distinct
        rows, (value,) = value_rows(statement, self.plan, self._field, key=by_key)
        shown = self.chosen.mapped(value)
        query = rows.where(is_value(self._field, value), copy=False).group_by(shown, copy=False)
        units = labelled(number_of_units(self.plan, by_key=by_key), _NUMBER)
        query = query.select(labelled(shown.copy(), _VALUE), units, copy=False)
        statement.add(
            self.plan.number, CHOSEN, exp.select().from_(derived(query, CHOSEN), copy=False),
            first=self._field.text(column(CHOSEN, _VALUE)), count=column(CHOSEN, _NUMBER),
        )  # fmt: skip

    def read(self, first: Parts, second: Parts, people: int) -> dict[str, Any]:
        """Return values, others, missing and sparse codes."""
        totals = read_totals(self.plan, first, people, VALUES)
        rows = {str(each.first): each.count for each in first.get(VALUES, ())}
        again = second.get(CHOSEN, ())
        rows |= {str(each.first): each.count for each in again if each.first is not None}
        of_all = totals.pop("any")
        values = [
            value_count(self._field, each, rows.get(each, 0), of_all) for each in self.chosen.texts
        ]
        return {**totals, "values": tuple(values), **self._others(first, again, rows)}

    def _others(
        self, first: Parts, again: Sequence[Found], rows: dict[str, int]
    ) -> dict[str, Others]:
        own = [each for each in self.chosen.texts if rows.get(each)]
        number = different_values(first, VALUES) - len(own)
        if number <= 0:
            return {}
        if self._is_plain:
            count = rows_with_values(first, VALUES) - sum(rows[each] for each in own)
        else:
            count = sum(each.count for each in again if each.first is None)
        return {"others": Others(values=number, count=count)}


def value_count(spec: TileField, text: str, count: int, of_all: int, **more: Any) -> ValueCount:
    """Return how often a value was found, under its code and meaning."""
    code = spec.code_of(text)
    share = count / of_all if of_all else None
    return ValueCount(value=code, label=spec.label_of(code), count=count, share=share, **more)


def read_totals(plan: TilePlan, found: Parts, people: int, part: str) -> dict[str, Any]:
    """Return rows, missing and sparse codes, and under `any` how many have any value.

    Args:
        plan: The tile.
        found: What was asked of its first field.
        people: How many people there are.
        part: The part with the values.
    """
    sparse = sum(each.count for each in found.get(SPARSE, ()))
    missing = sum(each.count for each in found.get(MISSING, ()))
    rows = missing + sparse + rows_with_values(found, part)
    any_ = rows - missing - sparse
    if totals := found.get(TOTALS):
        rows = people if plan.counts_people else totals[0].count
        held, any_ = (int(totals[0].numbers[each] or 0) for each in (HELD, ANY))
        missing = rows - held
    return {
        "rows": rows,
        "missing": missing,
        "any": any_,
        "sparse": sparse_codes(plan.fields[0], found.get(SPARSE, ()), rows),
    }


def sparse_codes(
    field: TileField, found: Sequence[Found], of: int, *, several: bool = False
) -> tuple[ValueCount, ...]:
    """Return how often each sparse code was found, in the order of the coding.

    Args:
        field: The field.
        found: The rows of the answer.
        of: What shares are of.
        several: Whether the tile has several fields, so that each code says which is its own.
    """
    places = {code: place for place, code in enumerate(field.codes.values())}
    ordered = sorted(found, key=lambda each: places.get(field.code_of(str(each.first)), 0))
    path = field.path if several else None
    return tuple(
        value_count(field, str(each.first), each.count, of, field=path) for each in ordered
    )
