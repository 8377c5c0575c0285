"""Plan to move dashboards to another dataset: which tiles answer otherwise, which none."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from apollo_spark.engines.base import Engine
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.lake.lake import Lake
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.dashboard.answer import TileAnswer
from apollo_spark.model.dashboard.charts import status_field
from apollo_spark.model.dashboard.record import DashboardRecord
from apollo_spark.model.dashboard.tile import Tile
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.filter import Comparison, Operator
from apollo_spark.model.rebase import Move, RebasePlan
from apollo_spark.model.record import Lineage
from apollo_spark.operations.dashboards import OpenDashboard, open_dashboard
from apollo_spark.records.changes.renaming import Codes, NewNames
from apollo_spark.records.over_dataset import said_of
from apollo_spark.sources.dashboards.file import DashboardFile
from apollo_spark.verbs.cohort.publishing import reference_to
from apollo_spark.verbs.dashboard.answering import Whom, answer_tiles, find_faults
from apollo_spark.verbs.dashboard.create import codings_of_tiles, fingerprint_of_tiles
from apollo_spark.verbs.dashboard.people import everybody, of_cohort
from apollo_spark.verbs.rebase.dataset import require_unbroken
from apollo_spark.verbs.rebase.meaning import MeaningComparison, compare_meaning, relation_of
from apollo_spark.verbs.rebase.people import count_people

PEOPLE = (
    "people_before", "people_after", "people_kept", "people_added", "people_lost", "causes",
    "related",
)  # fmt: skip
MEANT_ELSE = frozenset({"other field", "other feature", "code relabelled"})
"""Problems because of which a tile would silently show something else."""


@dataclass(frozen=True)
class DashboardMove:
    """What a dashboard becomes in another dataset.

    Attributes:
        record: The dashboard.
        before: The same open for reading.
        target: The dataset that it goes to.
        cohort: What the cohort becomes that it is about.
        tiles: Its tiles, with new names.
    """

    record: DashboardRecord
    before: OpenDashboard
    target: DatasetRecord
    cohort: CohortRecord | None
    tiles: tuple[Tile, ...]

    @property
    def parents(self) -> tuple[str, ...]:
        """What it is made of there."""
        return (str(self.cohort or self.target),)

    @property
    def fingerprint(self) -> str:
        """What making it there anew would have."""
        record = self.record
        file = DashboardFile(title=record.title, description=record.description, tiles=self.tiles)
        return fingerprint_of_tiles(file, self.cohort or self.target)

    def made(self, lake: Lake, name: str, version: int, lineage: Lineage) -> DashboardRecord:
        """Return the record of a version, without its receipt."""
        target, about = self.target, self.cohort or self.target
        return self.record.model_copy(
            update={
                "name": name,
                "version": version,
                "id": str(uuid4()),
                **said_of(target),
                "cohort": None if self.cohort is None else reference_to(self.cohort),
                "tiles": self.tiles,
                "codings": codings_of_tiles(self.tiles, target, lake.open_record(target)),
                "pins": about.pins,
                "lineage": lineage,
                "receipt": "",
            }
        )


@dataclass(frozen=True)
class DashboardToCompare:
    """A dashboard that can be moved.

    Attributes:
        move: What it becomes.
        made: The record that says so: the one that is planned, or that was moved so before.
        found: What becomes of the fields of its tiles.
        cohort: The name of the cohort that it is about, in small letters.
        is_new: Whether it was not moved so before.
    """

    move: DashboardMove
    made: DashboardRecord
    found: MeaningComparison
    cohort: str | None
    is_new: bool


def plan_dashboard(
    lake: Lake,
    record: DashboardRecord,
    target: DatasetRecord,
    cohort: CohortRecord | None,
    found: MeaningComparison,
) -> DashboardMove:
    """Plan to move a dashboard; a tile whose field is gone moves along, and says so.

    Args:
        lake: The lake, with what is planned by the same call.
        record: The dashboard.
        target: The dataset that it goes to.
        cohort: What the cohort becomes that it is about.
        found: The new names; takes what becomes of the fields of its tiles.

    Raises:
        CheckFailedError: A field or code of its tiles means something else there.
    """
    before, after = open_dashboard(lake, record), lake.open_record(target)
    asked = [each for tile in record.tiles for each in _asked(tile)]
    compare_meaning(asked, before.opened, after, found)
    found.problems = [
        each.model_copy(update={"breaks": each.breaks and each.kind in MEANT_ELSE})
        for each in found.problems
    ]
    require_unbroken(found)
    tiles = tuple(_renamed(each, found.names) for each in record.tiles)
    return DashboardMove(record, before, target, cohort, tiles)


def compare_dashboard(
    lake: Lake, board: DashboardToCompare, cohort: RebasePlan | None, *, answers: bool
) -> RebasePlan:
    """Return the plan of a dashboard that can be moved.

    Args:
        lake: The lake, with what is planned by the same call.
        board: The dashboard.
        cohort: The plan of the cohort that it is about.
        answers: Whether its tiles are answered before and after, and compared.
    """
    move, made = board.move, board.made
    engine = EmbeddedEngine(lake.tables)
    before, after = move.before, open_dashboard(lake, made)
    scope = after.opened.scope
    return RebasePlan(
        record=str(move.record),
        kind=move.record.kind,
        moves=(Move(before=move.record.dataset, after=str(move.target)),),
        **_people(engine, before, after, cohort),
        tiles=len(made.tiles),
        tiles_affected=_affected(lake, engine, before, after) if answers else None,
        tiles_broken=sum(bool(find_faults(scope, [each])) for each in made.labelled_tiles),
        problems=tuple(board.found.problems),
        repairs=tuple(board.found.repairs),
    )


def _affected(lake: Lake, engine: Engine, before: OpenDashboard, after: OpenDashboard) -> int:
    """Return how many tiles draw otherwise; nothing else of the answers leaves."""
    old, new = (
        answer_tiles(engine, each.record.labelled_tiles, [_whom(lake, each)], guard=None)
        for each in (before, after)
    )
    return sum(map(_differ, old, new))


def _people(
    engine: Engine, before: OpenDashboard, after: OpenDashboard, cohort: RebasePlan | None
) -> dict[str, Any]:
    """Return what the plan says of people: that of its cohort, where it is about one."""
    if cohort is not None:
        return {name: getattr(cohort, name) for name in PEOPLE}
    count = count_people(engine, before.opened, after.opened, None)
    kept = count.before - count.lost
    return {
        "people_before": count.before,
        "people_after": kept + count.added,
        "people_kept": kept,
        "people_added": count.added,
        "people_lost": count.lost,
        "causes": count.causes,
        "related": relation_of(before.opened.record, after.opened.record, shares=kept > 0),
    }


def _whom(lake: Lake, board: OpenDashboard) -> Whom:
    if board.cohort is None:
        return everybody(board.opened)
    return of_cohort(lake, board.opened, board.cohort)


def _differ(old: TileAnswer, new: TileAnswer) -> bool:
    """Whether a tile draws otherwise, whoever its people are."""
    drawn = {"cohort": None, "filter": None, "people": None}
    data = [each.data and each.data.model_copy(update=drawn) for each in (old, new)]
    said = [(x.problem, x.titles, x.unit, x.tile.fields, x.tile.options) for x in (old, new)]
    return data[0] != data[1] or said[0] != said[1]


def _asked(tile: Tile) -> Iterator[Comparison]:
    """Yield what a tile asks of its fields, as conditions on them."""
    for path in tile.fields:
        yield _condition(path, Operator.IS_NOT_MISSING, ())
    if tile.options.under is not None:
        yield _condition(tile.fields[0], Operator.UNDER, (tile.options.under,))
    status = status_field(tile)
    codes = (*tile.options.living, *tile.options.dead)
    if status is not None and codes:
        yield _condition(status, Operator.IN, codes)


def _condition(path: str, operator: Operator, values: tuple[str, ...]) -> Comparison:
    entity, _, name = path.partition(".")
    return Comparison(entity=entity, field=name, operator=operator, values=values)


def _renamed(tile: Tile, names: NewNames) -> Tile:
    options, status = tile.options, status_field(tile)
    changes: dict[str, object] = {}
    if options.under is not None:
        changes["under"] = names.codes.get((tile.fields[0], options.under), options.under)
    if status is not None:
        changes["living"] = _recoded(options.living, status, names.codes)
        changes["dead"] = _recoded(options.dead, status, names.codes)
    return tile.model_copy(
        update={
            "fields": tuple(names.fields.get(each, each) for each in tile.fields),
            "options": options.model_copy(update=changes),
        }
    )


def _recoded(values: tuple[str, ...], path: str, codes: Codes) -> tuple[str, ...]:
    return tuple(codes.get((path, each), each) for each in values)
