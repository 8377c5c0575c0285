"""Answer tiles: in two statements for each cohort, however many tiles there are.

The first one asks for the commonest values and for bounds, which decide what is shown, the same for
all cohorts; the second one asks for exactly that. Every answer of every tile is made here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlglot import exp

from apollo_spark.engines.base import Engine
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.dashboard.answer import TileAnswer, TileData
from apollo_spark.model.dashboard.tile import Tile
from apollo_spark.query.aggregates.chart import PEOPLE, Chart
from apollo_spark.query.aggregates.check import plan_tile
from apollo_spark.query.aggregates.kinds import chart_of
from apollo_spark.query.aggregates.rows import RowsNeeded
from apollo_spark.query.aggregates.statement import NOTHING, Parts, TileStatement, read_parts
from apollo_spark.query.aggregates.survival import SurvivalChart
from apollo_spark.query.aggregates.tables import TableChart
from apollo_spark.query.scope import QueryScope
from apollo_spark.sources.dashboards.tiles import TileFault

Labelled = Sequence[tuple[str, Tile]]
"""Tiles, each with how messages name it."""
Found = Mapping[int, Parts]


@dataclass(frozen=True)
class Whom:
    """Whom an answer is about.

    Attributes:
        opened: The dataset with these people alone.
        cohort: The cohort, as `name@version`.
        filter: Who they are, as the canonical text of a filter; None is everybody.
    """

    opened: OpenDataset
    cohort: str | None = None
    filter: str | None = None


class AnswerGuard(Protocol):
    """What answers pass before they leave."""

    def shown(
        self, answers: Sequence[TileAnswer], charts: Mapping[int, Chart], whom: Sequence[Whom], /
    ) -> tuple[TileAnswer, ...]:
        """Return what may be shown of answers."""
        ...


def answer_tiles(
    engine: Engine, tiles: Labelled, whom: Sequence[Whom], *, guard: AnswerGuard | None
) -> tuple[TileAnswer, ...]:
    """Answer tiles about some people, or about two cohorts beside each other.

    Args:
        engine: Who answers.
        tiles: The tiles; one that cannot be asked is answered with why.
        whom: The people, and those that they are compared with.
        guard: Decides what of the answers leaves; None where that is everything.
    """
    scope, dataset = whom[0].opened.scope, str(whom[0].opened.record)
    charts: dict[int, Chart] = {}
    problems: dict[int, str] = {}
    for number, (label, tile) in enumerate(tiles):
        plan, faults = plan_tile(scope, tile, number, label)
        if plan is None:
            problems[number] = "; ".join(each.text for each in faults)
        else:
            charts[number] = chart_of(plan)
    found = _Answers(engine, charts, whom).read()
    answers = [
        TileAnswer(tile=tile, dataset=dataset, problem=problems[number])
        if number in problems
        else found[number](dataset)
        for number, (_, tile) in enumerate(tiles)
    ]
    return tuple(answers) if guard is None else guard.shown(answers, charts, whom)


def find_faults(scope: QueryScope, tiles: Labelled) -> list[TileFault]:
    """Return everything that keeps tiles from being asked."""
    return [
        fault
        for number, (label, tile) in enumerate(tiles)
        for fault in plan_tile(scope, tile, number, label)[1]
    ]


@dataclass(frozen=True)
class _Answers:
    """Asks for some charts and reads what is answered."""

    engine: Engine
    charts: Mapping[int, Chart]
    whom: Sequence[Whom]

    def read(self) -> Mapping[int, Callable[[str], TileAnswer]]:
        """Return for each tile what makes its answer for a dataset."""
        if not self.charts:
            return {}
        first = [self._run(each, Chart.ask, is_first=True) for each in self.whom]
        for number, chart in self.charts.items():
            chart.choose([each.get(number, NOTHING) for each in first])
        second = [self._run(each, Chart.ask_again, is_first=False) for each in self.whom]
        for number, chart in self.charts.items():
            chart.choose_again([each.get(number, NOTHING) for each in second])
        for again, whom in zip(second, self.whom, strict=True):
            for number, more in self._run(whom, Chart.ask_last, is_first=False).items():
                again.setdefault(number, {}).update(more)
        found: dict[int, Callable[[str], TileAnswer]] = {}
        for number, chart in self.charts.items():
            parts = [
                (one.get(number, NOTHING), other.get(number, NOTHING))
                for one, other in zip(first, second, strict=True)
            ]
            people = [each[PEOPLE]["people"][0].count for each in first]
            found[number] = self._answer(chart, parts, people)
        return found

    def _run(
        self, whom: Whom, ask: Callable[[Chart, TileStatement], None], *, is_first: bool
    ) -> dict[int, dict[str, list[Any]]]:
        opened = whom.opened
        statement = TileStatement(opened.scope, shares=opened.is_limited)
        for chart in self.charts.values():
            getattr(chart, ask.__name__)(statement)
        if is_first:
            rows = statement.rows(RowsNeeded(opened.scope.dictionary.main_entity))
            query = exp.select().from_(rows, copy=False)
            statement.add(PEOPLE, "people", query, count=exp.Count(this=exp.Star()))
        if statement.is_empty:
            return {}
        return read_parts(self.engine.run(statement.build(), opened.pins))

    def _answer(
        self, chart: Chart, parts: Sequence[tuple[Parts, Parts]], people: Sequence[int]
    ) -> Callable[[str], TileAnswer]:
        data = [
            self._data(chart, whom, first, second, number)
            for whom, (first, second), number in zip(self.whom, parts, people, strict=True)
        ]
        more: dict[str, Any] = {"compared": data[1]} if len(data) > 1 else {}
        notes = list(notes_of(chart, data))
        if isinstance(chart, SurvivalChart) and len(data) > 1:
            more["log_rank"] = chart.between([second for _, second in parts])
            notes.append("the test takes the cohorts for apart: people of both count in each")
        plan = chart.plan
        return lambda dataset: TileAnswer(
            tile=plan.tile,
            dataset=dataset,
            unit=plan.unit,
            titles=tuple(each.title for each in plan.fields),
            data=data[0],
            notes=tuple(notes),
            **more,
        )

    def _data(self, chart: Chart, whom: Whom, first: Parts, second: Parts, people: int) -> TileData:
        found = chart.read(first, second, people)
        if isinstance(chart, TableChart):
            question = chart.rows_question(whom.opened.scope)
            found["table"] = chart.read_rows(self.engine.run(question, whom.opened.pins))
        return TileData(cohort=whom.cohort, filter=whom.filter, people=people, **found)


def notes_of(chart: Chart, data: Sequence[TileData]) -> Sequence[str]:
    """Return what a reader of a chart should know."""
    several = [each.path for each in chart.plan.fields if each.spec.is_multi_select]
    notes = [f"{each} may have several values: they add up to more than all" for each in several]
    if chart.plan.scale is not None:
        notes.append(
            f"scale: {chart.plan.scale}"
            + (" of the value and 1" if chart.plan.scale.value == "log2" else "")
        )
    small = [each for one in data for each in one.curves if isinstance(each.n, int) and each.n < 10]
    if small:
        notes.append("a group has fewer than 10 people: the test says little")
    return notes
