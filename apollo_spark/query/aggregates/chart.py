"""What every kind of chart does: it asks, decides what is shown, asks for that, and reads."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from apollo_spark.model.dashboard.charts import CHARTS
from apollo_spark.model.dashboard.tile import CountUnit, ExpressionScale, Tile
from apollo_spark.query.aggregates.fields import TileField
from apollo_spark.query.aggregates.rows import KEY, PERSON, ROWS, RowsNeeded
from apollo_spark.query.aggregates.statement import Parts, TileStatement
from apollo_spark.query.sql import column

PEOPLE = -1
"""The number under which a statement counts the people."""


@dataclass(frozen=True)
class TilePlan:
    """A tile with what its names mean.

    Attributes:
        number: Its number in a statement.
        tile: The tile.
        fields: Its fields.
        entity: The entity whose rows are counted.
        is_main: Whether these are the people.
        unit: What is counted: `people`, `rows of visit`, `samples of rna`.
        scale: Of measured values, on which scale they are drawn.
    """

    number: int
    tile: Tile
    fields: tuple[TileField, ...]
    entity: str
    is_main: bool
    unit: str
    scale: ExpressionScale | None = None

    @property
    def counts_people(self) -> bool:
        """Whether people are counted, and not rows."""
        return self.is_main or self.tile.options.count is CountUnit.PEOPLE

    @property
    def is_distinct(self) -> bool:
        """Whether a person may have several of the rows that are counted."""
        return self.counts_people and not self.is_main

    @property
    def limit(self) -> int:
        """How many values, groups or rows are shown at most."""
        found = CHARTS[self.tile.chart].limit
        assert found is not None, "the chart has a limit"
        return self.tile.options.limit or found[0]

    def asked(self, *fields: TileField, key: bool = False) -> RowsNeeded:
        """Return the rows that are read."""
        paths = tuple(each.path for each in fields)
        return RowsNeeded(self.entity, paths, person=self.is_distinct, key=key)

    @property
    def unit_key(self) -> exp.Column:
        """What tells apart what is counted."""
        return column(ROWS, PERSON if self.is_distinct else KEY)


class Chart(ABC):
    """The question of one tile, for one cohort or for two.

    Args:
        plan: The tile.
    """

    def __init__(self, plan: TilePlan) -> None:
        self.plan = plan

    @abstractmethod
    def ask(self, statement: TileStatement) -> None:
        """Add what is asked at first."""

    def choose(self, found: Sequence[Parts]) -> None:  # noqa: B027 most charts
        """Decide what is shown, the same for all cohorts."""

    def ask_again(self, statement: TileStatement) -> None:  # noqa: B027 not all charts
        """Add what is asked when it is decided what is shown."""

    def choose_again(self, found: Sequence[Parts]) -> None:  # noqa: B027 few charts
        """Decide what is shown, where the first answer was too long to tell."""

    def ask_last(self, statement: TileStatement) -> None:  # noqa: B027 few charts
        """Add what is asked when that is decided."""

    @abstractmethod
    def read(self, first: Parts, second: Parts, people: int) -> dict[str, Any]:
        """Return the fields of the answer for one cohort."""
