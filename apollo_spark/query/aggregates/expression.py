"""Box plots of a measured feature, of all samples or by the values of a field."""

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from apollo_spark.model.dashboard.tile import ExpressionScale
from apollo_spark.model.field import FieldType
from apollo_spark.query.aggregates.boxes import BOX, add_boxes, read_box, read_groups
from apollo_spark.query.aggregates.chart import Chart, TilePlan
from apollo_spark.query.aggregates.choice import ChosenValues, choose_values
from apollo_spark.query.aggregates.counting import MISSING, SPARSE, add_ranked_of, is_value
from apollo_spark.query.aggregates.fields import TileField
from apollo_spark.query.aggregates.measured import measured_value, place_of_assay
from apollo_spark.query.aggregates.rows import ROWS, RowsNeeded
from apollo_spark.query.aggregates.statement import Found, Parts, TileStatement
from apollo_spark.query.aggregates.values import sparse_codes
from apollo_spark.query.filters.measured import KEY, VALUE
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.sql import cast, column, derived, labelled, literal

GROUPS = "groups"
_MEASURED, _GROUP = "measured", "group"


class ExpressionChart(Chart):
    """The values of a feature in the samples, by groups of what they belong to."""

    def __init__(self, plan: TilePlan) -> None:
        super().__init__(plan)
        self._group: TileField | None = next(iter(plan.fields), None)
        self._chosen: ChosenValues | None = None

    def ask(self, statement: TileStatement) -> None:
        """Ask for all samples together, and for the commonest groups."""
        group = self._group
        if group is None:
            add_boxes(statement, self.plan.number, self._rows(statement), self.number, None)
            return
        rows = self._rows(statement)
        add_ranked_of(
            statement, self.plan, group, GROUPS, limit=self.plan.limit, of=(rows, group.stored)
        )

    def choose(self, found: Sequence[Parts]) -> None:
        """Show the commonest groups of all cohorts together."""
        if self._group is not None:
            self._chosen = choose_values(self._group, found, GROUPS, self.plan.limit)

    def ask_again(self, statement: TileStatement) -> None:
        """Ask for the values of each group."""
        if self._group is None or self._chosen is None:
            return
        value = self._group.stored
        rows = self._rows(statement).where(is_value(self._group, value), copy=False)
        shown = labelled(self._chosen.mapped(value), _GROUP)
        inner = derived(rows.select(shown, labelled(self.number, VALUE), copy=False), "grouped")
        query = exp.select().from_(inner, copy=False)
        by, number = column("grouped", _GROUP), column("grouped", VALUE)
        add_boxes(statement, self.plan.number, query, number, (self._group, by))

    def read(self, first: Parts, second: Parts, people: int) -> dict[str, Any]:  # noqa: ARG002 samples are counted
        """Return the boxes."""
        if self._group is None or self._chosen is None:
            (found,) = first[BOX]
            box = read_box(found)
            return {"rows": found.count, "box": box, **_not_drawn([found])}
        sparse = sparse_codes(self._group, first.get(SPARSE, ()), 0)
        missing = sum(each.count for each in first.get(MISSING, ()))
        listed = first.get(GROUPS, ())
        of_groups = int(listed[0].numbers[1] or 0) if listed else 0
        rows = missing + of_groups + sum(int(str(each.count)) for each in sparse)
        found_groups = read_groups(self._group, self._chosen, first, second, GROUPS)
        more = {**found_groups, **_not_drawn(second.get(BOX, ()))}
        return {"rows": rows, "missing": missing, "sparse": sparse, **more}

    def _rows(self, statement: TileStatement) -> exp.Select:
        """Return the measured samples with the rows that they belong to."""
        place = place_of_assay(statement.scope, self.plan.tile)
        assert place is not None, "the tile was checked"
        link = ".".join(place)
        paths = dict.fromkeys([*(each.path for each in self.plan.fields), link])
        source = statement.rows(RowsNeeded(self.plan.entity, tuple(paths)))
        return self.join_measured(statement.scope, exp.select().from_(source, copy=False))

    def join_measured(self, scope: QueryScope, rows: exp.Select) -> exp.Select:
        """Return rows, which have the field that samples refer to, with what was measured."""
        measured, place = scope.measured, place_of_assay(scope, self.plan.tile)
        assert measured is not None, "the tile was checked"
        assert place is not None, "the tile was checked"
        values = measured.values(measured_value(measured, self.plan.tile))
        same = exp.EQ(this=column(ROWS, ".".join(place)), expression=column(_MEASURED, KEY))
        return rows.join(derived(values, _MEASURED), on=same, copy=False)

    @property
    def number(self) -> exp.Expr:
        """The value of a sample, on the scale of the tile."""
        value = cast(column(_MEASURED, VALUE), FieldType.FLOAT)
        if self.plan.scale is not ExpressionScale.LOG2:
            return value
        more = exp.Add(this=value, expression=literal(1.0))
        is_above = exp.GT(this=exp.Paren(this=more), expression=literal(0.0))
        log = exp.Log(this=literal(2.0), expression=more.copy())
        return exp.Case(ifs=[exp.If(this=is_above, true=log)])


def _not_drawn(found: Sequence[Found]) -> dict[str, Any]:
    """Return how many values have no logarithm."""
    number = sum(each.count - int(each.numbers[0] or 0) for each in found)
    return {"not_drawn": ((f"{ExpressionScale.LOG2}: -1 or less", number),)} if number else {}
