"""Numbers in short: box plots, of all rows or of each group."""

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from apollo_spark.model.dashboard.answer import Box, GroupBox, Others
from apollo_spark.query.aggregates.chart import Chart, TilePlan
from apollo_spark.query.aggregates.choice import ChosenValues, choose_values
from apollo_spark.query.aggregates.counting import (
    SPARSE,
    TOTALS,
    add_ranked,
    add_sparse,
    is_value,
    value_rows,
)
from apollo_spark.query.aggregates.fields import TileField
from apollo_spark.query.aggregates.statement import Found, Parts, TileStatement
from apollo_spark.query.aggregates.values import sparse_codes
from apollo_spark.query.dialects import ListItem, Quartiles
from apollo_spark.query.sql import column, derived, labelled

BOX, GROUPS, OTHERS = "box", "groups", "others"
_NUMBERS, _QUARTILES, _GROUP, _ROWS, _VALUE = "numbers", "quartiles", "group", "all rows", "value"
_NAMES = ("n", "min", "max", "mean")


def add_boxes(
    statement: TileStatement,
    tile: int,
    query: exp.Select,
    value: exp.Expr,
    group: tuple[TileField, exp.Expr] | None,
) -> None:
    """Add numbers in short, of all rows or by group.

    Args:
        statement: What is asked.
        tile: The number of the tile.
        query: FROM and what comes after it.
        value: The numbers; missing ones are counted in `all rows` alone.
        group: The field that groups go by, and its value.
    """
    numbers = [
        labelled(exp.Count(this=exp.Star()), _ROWS),
        labelled(exp.Count(this=value.copy()), "n"),
        labelled(exp.Min(this=value.copy()), "min"),
        labelled(exp.Max(this=value.copy()), "max"),
        labelled(exp.Avg(this=value.copy()), "mean"),
        labelled(Quartiles(this=value.copy()), _QUARTILES),
    ]
    groups = [] if group is None else [labelled(group[1], _GROUP)]
    query = query.select(*groups, *numbers, copy=False)
    if group is not None:
        query = query.group_by(group[1].copy(), copy=False)
    items = [
        ListItem(this=column(_NUMBERS, _QUARTILES), place=exp.Literal.number(each))
        for each in range(3)
    ]
    statement.add(
        tile, BOX, exp.select().from_(derived(query, _NUMBERS), copy=False),
        first=None if group is None else group[0].text(column(_NUMBERS, _GROUP)),
        count=column(_NUMBERS, _ROWS),
        numbers=[*(column(_NUMBERS, each) for each in _NAMES), *items],
    )  # fmt: skip


def read_box(found: Found) -> Box:
    """Return numbers in short."""
    n, least, most, mean, *quartiles = found.numbers
    if not n:
        return Box(n=0)
    q1, median, q3 = quartiles
    return Box(n=int(n), min=least, q1=q1, median=median, q3=q3, max=most, mean=mean)


class BoxChart(Chart):
    """A box plot of one field of numbers."""

    def ask(self, statement: TileStatement) -> None:
        """Ask for the numbers, and for sparse codes."""
        (field,) = self.plan.fields
        query = exp.select().from_(statement.rows(self.plan.asked(field)), copy=False)
        add_boxes(statement, self.plan.number, query, field.number(), None)
        add_sparse(statement, self.plan, field)

    def read(self, first: Parts, second: Parts, people: int) -> dict[str, Any]:  # noqa: ARG002 all is asked at first
        """Return the box."""
        (found,) = first[BOX]
        return {**read_numbers(self.plan, first, found.count), "box": read_box(found)}


def read_numbers(plan: TilePlan, found: Parts, rows: int) -> dict[str, Any]:
    """Return rows, missing and sparse codes of a chart of one field of numbers."""
    (field,) = plan.fields
    sparse = sparse_codes(field, found.get(SPARSE, ()), rows)
    (box,) = found[BOX]
    n = int(box.numbers[0] or 0)
    with_codes = sum(each.count for each in found.get(SPARSE, ()))
    return {"rows": rows, "missing": rows - n - with_codes, "sparse": sparse}


class GroupedBoxChart(Chart):
    """Box plots of a field of numbers by the values of another field."""

    def __init__(self, plan: TilePlan) -> None:
        super().__init__(plan)
        self._group, self._number = plan.fields
        self._chosen = ChosenValues(self._group, (), is_all=True, is_known=True)

    def ask(self, statement: TileStatement) -> None:
        """Ask for the commonest groups, and for sparse codes."""
        plan = self.plan
        add_ranked(statement, plan, self._group, GROUPS, limit=plan.limit)
        add_sparse(statement, plan, self._number, prefix="second ")
        query = exp.select().from_(statement.rows(plan.asked()), copy=False)
        statement.add(plan.number, TOTALS, query, count=exp.Count(this=exp.Star()))

    def choose(self, found: Sequence[Parts]) -> None:
        """Show the commonest groups of all cohorts together."""
        self._chosen = choose_values(self._group, found, GROUPS, self.plan.limit)

    def ask_again(self, statement: TileStatement) -> None:
        """Ask for the numbers of each group."""
        rows, (group, _) = value_rows(statement, self.plan, self._group, self._number)
        number = self._number.number()
        if not self._chosen.is_all or self._group.spec.is_sparse:
            # What is missing or a code is not to be among the others.
            rows = rows.where(is_value(self._group, group), copy=False)
        shown = labelled(self._chosen.mapped(group), _GROUP)
        inner = derived(rows.select(shown, labelled(number, _VALUE), copy=False), "grouped")
        query = exp.select().from_(inner, copy=False)
        value, by = column("grouped", _VALUE), column("grouped", _GROUP)
        add_boxes(statement, self.plan.number, query, value, (self._group, by))

    def read(self, first: Parts, second: Parts, people: int) -> dict[str, Any]:  # noqa: ARG002 rows are counted
        """Return the boxes."""
        rows = first[TOTALS][0].count
        found = second.get(BOX, ())
        are_groups = [each for each in found if each.first is not None or not self._chosen.is_all]
        both = sum(int(each.numbers[0] or 0) for each in are_groups)
        sparse = [
            *sparse_codes(self._group, first.get(SPARSE, ()), rows, several=True),
            *sparse_codes(self._number, first.get(f"second {SPARSE}", ()), rows, several=True),
        ]
        boxes = read_groups(self._group, self._chosen, first, second, GROUPS)
        # Of several values in a cell a row is in several boxes.
        missing = {} if self._group.spec.is_multi_select else {"missing": rows - both}
        return {"rows": rows, "sparse": tuple(sparse), **missing, **boxes}


def read_groups(
    group: TileField, chosen: ChosenValues, first: Parts, second: Parts, part: str
) -> dict[str, Any]:
    """Return the boxes of groups, and the groups that are not shown."""
    rows = {each.first: each for each in second.get(BOX, ())}
    boxes = [
        GroupBox(value=code, label=group.label_of(code), box=read_box(rows[text]))
        for text in chosen.texts
        if text in rows and rows[text].numbers[0]
        for code in [group.code_of(text)]
    ]
    found: dict[str, Any] = {"boxes": tuple(boxes)}
    if None in rows and not chosen.is_all:
        own = sum(1 for each in first.get(part, ()) if each.first in chosen.texts)
        number = int(first[part][0].numbers[0] or 0) - own
        found["others"] = Others(values=number, count=int(rows[None].numbers[0] or 0))
    return found
