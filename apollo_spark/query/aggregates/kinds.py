"""Which class asks for which kind of chart."""

from collections.abc import Callable, Mapping

from apollo_spark.model.dashboard.tile import ChartKind
from apollo_spark.query.aggregates.binning import HistogramChart, ScatterChart
from apollo_spark.query.aggregates.boxes import BoxChart, GroupedBoxChart
from apollo_spark.query.aggregates.chart import Chart, TilePlan
from apollo_spark.query.aggregates.expression import ExpressionChart
from apollo_spark.query.aggregates.pairs import NestedChart, StackedChart
from apollo_spark.query.aggregates.survival import SurvivalChart
from apollo_spark.query.aggregates.tables import TableChart
from apollo_spark.query.aggregates.trees import TreeChart
from apollo_spark.query.aggregates.values import ValuesChart

_KINDS: Mapping[ChartKind, Callable[[TilePlan], Chart]] = {
    ChartKind.BAR: ValuesChart,
    ChartKind.STACKED: StackedChart,
    ChartKind.HISTOGRAM: HistogramChart,
    ChartKind.BOX: BoxChart,
    ChartKind.GROUPED_BOX: GroupedBoxChart,
    ChartKind.SCATTER: ScatterChart,
    ChartKind.SURVIVAL: SurvivalChart,
    ChartKind.TABLE: TableChart,
    ChartKind.EXPRESSION: ExpressionChart,
}


def chart_of(plan: TilePlan) -> Chart:
    """Return what asks for a tile."""
    if plan.tile.chart is ChartKind.LIST:
        if len(plan.fields) > 1:
            return NestedChart(plan)
        return TreeChart(plan) if plan.fields[0].is_tree else ValuesChart(plan)
    return _KINDS[plan.tile.chart](plan)
