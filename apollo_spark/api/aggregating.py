"""Aggregates of a dataset, as charts show them: a part of `Dataset`."""

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

from apollo_spark.api.conditions.condition import Where, filter_text
from apollo_spark.api.retrieving import RetrievedFields
from apollo_spark.engines.base import Engine
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.model.dashboard.answer import TileAnswer
from apollo_spark.model.dashboard.tile import Tile
from apollo_spark.operations.locating import spark_engine
from apollo_spark.sources.dashboards.tiles import TileFault, read_tile
from apollo_spark.verbs.dashboard.answering import Whom, answer_tiles, find_faults
from apollo_spark.verbs.dashboard.guarding import guard_of
from apollo_spark.verbs.dashboard.people import by_filter, everybody, of_cohort

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from apollo_spark.api.cohort import Cohort

logger = logging.getLogger(__name__)

AnyTile = Tile | Mapping[str, Any]
"""A tile, or what a dashboard file says of one."""


class Aggregates(RetrievedFields):
    """A dataset of which counts and aggregates are asked for."""

    @overload
    def aggregate(
        self,
        tile: AnyTile,
        *,
        cohort: "str | Cohort | None" = None,
        where: Where | None = None,
        compare: "str | Cohort | None" = None,
        spark: "SparkSession | None" = None,
    ) -> TileAnswer: ...

    @overload
    def aggregate(
        self,
        tile: Sequence[AnyTile],
        *,
        cohort: "str | Cohort | None" = None,
        where: Where | None = None,
        compare: "str | Cohort | None" = None,
        spark: "SparkSession | None" = None,
    ) -> tuple[TileAnswer, ...]: ...

    def aggregate(
        self,
        tile: AnyTile | Sequence[AnyTile],
        *,
        cohort: "str | Cohort | None" = None,
        where: Where | None = None,
        compare: "str | Cohort | None" = None,
        spark: "SparkSession | None" = None,
    ) -> TileAnswer | tuple[TileAnswer, ...]:
        """Return what a tile shows: counts and aggregates, the same as on a dashboard.

        Several tiles are answered together, which is quicker than one after the other.

        Args:
            tile: A tile as a dashboard file has it: `{"chart": "bar", "fields": ["patient.sex"]}`;
                or several of them.
            cohort: A cohort of this version, or its name.
            where: A filter instead of a cohort, as text or as a condition.
            compare: Another cohort, beside the first one, or beside everybody.
            spark: A session that answers; without it no Java is started.

        Raises:
            UsageError: A tile has no meaning, all that is wrong is listed; or there are both a
                cohort and a filter.
            NotFoundError: A field or a cohort is not there, or not to be seen.
            ConflictError: A cohort is based on another version.
        """
        is_one = isinstance(tile, Tile | Mapping)
        given: Sequence[Any] = [tile] if is_one else tile  # type: ignore[assignment] # asked above
        tiles = self._checked(given)
        whom = [self._whom(cohort, where)]
        if compare is not None:
            whom.append(of_cohort(self._lake, self._opened, _name_or_record(compare)))
        engine: Engine = EmbeddedEngine(self._lake.tables)
        if spark is not None:
            engine = spark_engine(self._lake, spark)
        guard = guard_of(self._lake, whom, engine)
        answers = answer_tiles(engine, tiles, whom, guard=guard)
        return answers[0] if is_one else answers

    def _checked(self, given: Sequence[Any]) -> list[tuple[str, Tile]]:
        tiles: list[tuple[str, Tile]] = []
        faults: list[TileFault] = []
        for number, each in enumerate(given, start=1):
            label = f"tile {number}"
            found, wrong = (each, []) if isinstance(each, Tile) else read_tile(each, label)
            faults += wrong
            tiles += [] if found is None else [(label, found)]
        faults += find_faults(self._opened.scope, tiles)
        if not faults:
            return tiles
        text = "\n".join(["This cannot be asked:", *(f"  {each}" for each in faults)])
        is_unknown = all(each.is_unknown for each in faults)
        raise NotFoundError(text) if is_unknown else UsageError(text)

    def _whom(self, cohort: "str | Cohort | None", where: Where | None) -> Whom:
        if cohort is not None and where is not None:
            raise UsageError("A chart is of a cohort or of whom a filter means, not of both.")
        if cohort is not None:
            return of_cohort(self._lake, self._opened, _name_or_record(cohort))
        text = filter_text(where)
        if text is None:
            return everybody(self._opened)
        found, notes = by_filter(self._lake, self._opened, text)
        for note in notes:
            logger.info("note: %s", note)
        return found


def _name_or_record(cohort: "str | Cohort") -> Any:
    return cohort if isinstance(cohort, str) else cohort._stored  # noqa: SLF001 one package
