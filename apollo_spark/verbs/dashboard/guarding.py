"""What of the answers of tiles leaves a guarded record: every number by the people behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from apollo_spark.engines.base import Engine
from apollo_spark.lake.lake import Lake
from apollo_spark.model.dashboard.answer import TileAnswer
from apollo_spark.model.dashboard.tile import ChartKind
from apollo_spark.operations.disclosing import Disclosure, open_disclosure
from apollo_spark.operations.guarded import charts as of_values
from apollo_spark.operations.guarded import numbers as of_numbers
from apollo_spark.operations.guarded.cells import Sheet
from apollo_spark.operations.guarded.charts import GuardedChart
from apollo_spark.operations.guarded.rows import (
    Everybody,
    OwnedRows,
    has_owners,
    read_people,
    read_rows,
)
from apollo_spark.operations.guarded.survival import GuardedSurvival
from apollo_spark.query.aggregates.chart import Chart
from apollo_spark.query.aggregates.expression import ExpressionChart
from apollo_spark.query.aggregates.measured import place_of_assay
from apollo_spark.query.aggregates.survival import SurvivalChart
from apollo_spark.query.aggregates.trees import TreeChart
from apollo_spark.verbs.dashboard.answering import Whom, notes_of

MEASURED = "measured"
TABLE = "rows of a table are single people, and {} is guarded"
OWNERLESS = "a row of {} may belong to several people, and {} is guarded"
WHISKERS = "whiskers end at 5 % and 95 %"


def guard_of(
    lake: Lake, whom: Sequence[Whom], engine: Engine, names: Sequence[str] = ()
) -> "TileGuard | None":
    """Return what decides about answers; None where nothing is guarded.

    Args:
        lake: Where it is.
        whom: The people.
        engine: Who answers.
        names: What else is involved: the dashboard, by its version.
    """
    cohorts = tuple(dict.fromkeys(name for each in whom for name in each.opened.cohorts))
    whole = replace(whom[0].opened, members=None, lists={}, cohorts=())
    found = open_disclosure(lake, whole, engine, names=(*cohorts, *names))
    return None if found is None else TileGuard(found, engine)


@dataclass(frozen=True)
class TileGuard:
    """Decides about answers of tiles, all of them at once.

    Attributes:
        disclosure: Decides, and remembers.
        engine: Who gives the rows behind the answers.
    """

    disclosure: Disclosure
    engine: Engine

    def shown(
        self, answers: Sequence[TileAnswer], charts: Mapping[int, Chart], whom: Sequence[Whom]
    ) -> tuple[TileAnswer, ...]:
        """Return what may be shown of answers.

        Args:
            answers: What they are without a guard.
            charts: What asked for them, by their number; others have a problem.
            whom: The people, and those that they are compared with.
        """
        sheet = Sheet()
        people = [read_people(each.opened, self.engine) for each in whom]
        guarded = {
            number: self._guarded(chart, answers[number], whom, people, sheet)
            for number, chart in charts.items()
            if self._refused(chart, whom) is None
        }
        sheet.decide(self.disclosure)
        return tuple(
            self._answer(answer, charts.get(number), guarded.get(number), whom, sheet)
            for number, answer in enumerate(answers)
        )

    @staticmethod
    def _refused(chart: Chart, whom: Sequence[Whom]) -> str | None:
        opened = whom[0].opened
        if chart.plan.tile.chart is ChartKind.TABLE:
            return TABLE.format(opened.record)
        if not has_owners(opened, chart.plan.entity):
            return OWNERLESS.format(chart.plan.entity, opened.record)
        return None

    def _guarded(
        self,
        chart: Chart,
        answer: TileAnswer,
        whom: Sequence[Whom],
        people: Sequence[Everybody],
        sheet: Sheet,
    ) -> list[GuardedChart]:
        least = self.disclosure.limit.least
        found = [
            guarded_chart(chart, data, self._rows(chart, each, keys), sheet, least)
            for each, keys, data in zip(whom, people, answer.all_data, strict=True)
        ]
        most = chart.plan.tile.options.bins
        if isinstance(found[0], of_numbers.GuardedHistogram):
            of_numbers.choose_bins([e for e in found if isinstance(e, type(found[0]))], most)
        if isinstance(found[0], of_numbers.GuardedScatter):
            of_numbers.choose_cells([e for e in found if isinstance(e, type(found[0]))], most)
        return found

    def _rows(self, chart: Chart, whom: Whom, people: Everybody) -> OwnedRows:
        plan, scope = chart.plan, whom.opened.scope
        paths = [each.path for each in plan.fields]
        more: dict[str, Any] = {
            f"{of_numbers.NUMBER}{place}": each.number()
            for place, each in enumerate(plan.fields)
            if not each.spec.is_multi_select
        }
        if isinstance(chart, SurvivalChart):
            more |= chart.person_columns()
        if not isinstance(chart, ExpressionChart):
            return read_rows(whom.opened, self.engine, plan.entity, paths, people, more=more)
        place = place_of_assay(scope, plan.tile)
        assert place is not None, "the tile was checked"
        return read_rows(
            whom.opened, self.engine, plan.entity, [*paths, ".".join(place)], people,
            more={**more, MEASURED: chart.number},
            join=lambda rows: chart.join_measured(scope, rows),
        )  # fmt: skip

    def _answer(
        self,
        answer: TileAnswer,
        chart: Chart | None,
        guarded: list[GuardedChart] | None,
        whom: Sequence[Whom],
        sheet: Sheet,
    ) -> TileAnswer:
        if chart is None:
            return answer
        if guarded is None:
            problem = self._refused(chart, whom)
            return TileAnswer(tile=answer.tile, dataset=answer.dataset, problem=problem)
        data = [each.answer(sheet) for each in guarded]
        notes = list(notes_of(chart, data))
        if answer.tile.chart in (ChartKind.BOX, ChartKind.GROUPED_BOX, ChartKind.EXPRESSION):
            notes.append(WHISKERS)
        update: dict[str, Any] = {"data": data[0], "notes": tuple(notes), "log_rank": None}
        if len(data) > 1:
            update["compared"] = data[1]
            update["log_rank"] = _between(guarded, sheet)
        return answer.model_copy(update=update)


def _between(guarded: Sequence[GuardedChart], sheet: Sheet) -> Any:
    """Return the test between two cohorts, where both may be counted and have one curve each."""
    both = [each for each in guarded if isinstance(each, GuardedSurvival)]
    curves = [curve for each in both for curve in each.curves]
    is_one_each = len(curves) == len(both) == 2 and all(each.value is None for each in curves)
    if not is_one_each or not all(each.is_given(sheet) for each in curves):
        return None
    return GuardedSurvival.test(curves)


def guarded_chart(
    chart: Chart, data: Any, rows: OwnedRows, sheet: Sheet, least: int
) -> GuardedChart:
    """Return what decides about the answer of a tile for one cohort."""
    plan, kind = chart.plan, chart.plan.tile.chart
    given = (plan, data, rows, sheet, least)
    if kind is ChartKind.LIST and len(plan.fields) > 1:
        return of_values.GuardedNested(*given)
    if isinstance(chart, TreeChart):
        return of_values.GuardedTree(*given)
    if kind is ChartKind.BOX:
        return of_numbers.GuardedBoxes(*given)
    if kind is ChartKind.GROUPED_BOX:
        return of_numbers.GuardedBoxes(*given, group=0, number=f"{of_numbers.NUMBER}1")
    if kind is ChartKind.EXPRESSION:
        group = 0 if plan.fields else None
        return of_numbers.GuardedBoxes(*given, group=group, number=MEASURED)
    return _KINDS[kind](*given)


_KINDS = {
    ChartKind.BAR: of_values.GuardedValues,
    ChartKind.LIST: of_values.GuardedValues,
    ChartKind.STACKED: of_values.GuardedStacked,
    ChartKind.HISTOGRAM: of_numbers.GuardedHistogram,
    ChartKind.SCATTER: of_numbers.GuardedScatter,
    ChartKind.SURVIVAL: GuardedSurvival,
}
