"""The dashboard record: tiles over a version of a dataset, of everybody or of a cohort.

A dashboard keeps what its tiles ask and no answer: every reading asks anew of what the dataset
shows. What the dataset of that version and the cohort read is pinned here as well, so that a
dashboard can be read for as long as it is not retired, whatever becomes of the others.
"""

from pydantic import Field

from apollo_spark.model.cohort import CohortReference
from apollo_spark.model.dashboard.tile import Tile
from apollo_spark.model.over_dataset import OverDataset

DASHBOARD_FORMAT = 1


class DashboardRecord(OverDataset):
    """One published version of a dashboard, which asks its dataset. It never changes.

    Attributes:
        cohort: The cohort whose people are asked about; None is everybody.
        tiles: What is asked.
    """

    format: int = Field(default=DASHBOARD_FORMAT, ge=DASHBOARD_FORMAT, le=DASHBOARD_FORMAT)
    kind: str = "dashboard"
    cohort: CohortReference | None = None
    tiles: tuple[Tile, ...]

    @property
    def labelled_tiles(self) -> tuple[tuple[str, Tile], ...]:
        """The tiles, each with how messages name it."""
        return tuple(
            (label_of(place, each.title), each) for place, each in enumerate(self.tiles, 1)
        )


def label_of(number: int, title: str | None) -> str:
    """Return how messages name a tile."""
    return f"tile {number} {title!r}" if title else f"tile {number}"
