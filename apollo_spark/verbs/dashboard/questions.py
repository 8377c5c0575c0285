"""The questions about dashboards: what one is, and what its tiles show."""

from collections.abc import Sequence

from apollo_spark.errors import NotFoundError
from apollo_spark.model.base import Record
from apollo_spark.model.dashboard.answer import TileAnswer
from apollo_spark.model.dashboard.record import DashboardRecord
from apollo_spark.model.dashboard.tile import Tile
from apollo_spark.model.request import VerbRequest
from apollo_spark.operations.answering import answering
from apollo_spark.operations.asker import Asker
from apollo_spark.operations.dashboards import OpenDashboard, load_dashboard, open_dashboard
from apollo_spark.operations.guarded.describing import guarded_description
from apollo_spark.sources.suggest import did_you_mean
from apollo_spark.verbs.ask.show import DashboardDescription
from apollo_spark.verbs.dashboard.answering import Whom, answer_tiles
from apollo_spark.verbs.dashboard.describing import describe_dashboard
from apollo_spark.verbs.dashboard.guarding import guard_of
from apollo_spark.verbs.dashboard.people import everybody, of_cohort


class ShowDashboardRequest(VerbRequest):
    """What a person asks for: the options of `apollo dashboard show`."""

    verb = "dashboard show"

    name: str


class DashboardQuestion(VerbRequest):
    """Of whom a dashboard is asked.

    Attributes:
        name: The dashboard.
        cohort: Another cohort than that of the dashboard.
        compare: A cohort beside it.
        engine: Who answers.
    """

    name: str
    cohort: str | None = None
    compare: str | None = None
    engine: str = "auto"


class DashboardDataRequest(DashboardQuestion):
    """What a person asks for: the options of `apollo dashboard data`.

    Attributes:
        tile: A tile, by its number or its title; without it all of them.
    """

    verb = "dashboard data"

    tile: str | None = None


class DashboardData(Record):
    """The answers to the tiles of a dashboard.

    Attributes:
        dashboard: Its version.
        title: What it is called.
        description: What it is for.
        dataset: The version of the dataset.
        cohort: The cohort whose people are meant; None is everybody.
        compare: The cohort beside it.
        filter: Who is meant, as text.
        tiles: The answers.
    """

    dashboard: str
    title: str | None
    description: str | None
    dataset: str
    cohort: str | None
    compare: str | None
    filter: str | None
    tiles: tuple[TileAnswer, ...]


def show(asker: Asker, request: ShowDashboardRequest) -> DashboardDescription:
    """Show what a dashboard is."""
    record = load_dashboard(asker.lake, request.name)
    shown = describe_dashboard(asker.lake, record)
    return DashboardDescription(shown=guarded_description(asker.lake, record, shown))


def data(asker: Asker, request: DashboardDataRequest) -> DashboardData:
    """Answer the tiles of a dashboard.

    Raises:
        NotFoundError: The dashboard, a tile or a cohort is not there.
        ConflictError: A cohort is based on another version.
    """
    return answer_dashboard(asker, request, request.tile)


def answer_dashboard(
    asker: Asker, request: DashboardQuestion, tile: str | None = None
) -> DashboardData:
    """Answer all tiles of a dashboard, or one of them: see `data`."""
    found = open_dashboard(asker.lake, load_dashboard(asker.lake, request.name))
    tiles = _chosen(found.record, tile)
    whom = _whom(asker, found, request)
    with answering(asker.lake, request.engine, asker.read_settings()) as engine:
        guard = guard_of(asker.lake, whom, engine, (str(found.record),))
        answers = answer_tiles(engine, tiles, whom, guard=guard)
    return DashboardData(
        dashboard=str(found.record),
        title=found.record.title,
        description=found.record.description,
        dataset=found.record.dataset,
        cohort=whom[0].cohort,
        compare=whom[1].cohort if len(whom) > 1 else None,
        filter=whom[0].filter,
        tiles=answers,
    )


def _whom(asker: Asker, found: OpenDashboard, request: DashboardQuestion) -> list[Whom]:
    lake, cohort = asker.lake, request.cohort or found.cohort
    first = everybody(found.opened) if cohort is None else of_cohort(lake, found.opened, cohort)
    if request.compare is None:
        return [first]
    return [first, of_cohort(lake, found.opened, request.compare)]


def _chosen(record: DashboardRecord, wanted: str | None) -> Sequence[tuple[str, Tile]]:
    tiles = record.labelled_tiles
    if wanted is None:
        return tiles
    if wanted.isdecimal() and 1 <= int(wanted) <= len(tiles):
        return tiles[int(wanted) - 1 : int(wanted)]
    found = [each for each in tiles if each[1].title == wanted]
    if not found:
        hint = did_you_mean(wanted, [each.title for _, each in tiles if each.title])
        raise NotFoundError(
            f"{record} has no tile {wanted!r}{hint}.",
            fix=f"Name one by its title, or by a number from 1 to {len(tiles)}.",
        )
    return found[:1]
