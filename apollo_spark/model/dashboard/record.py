"""The dashboard record: tiles over a version of a dataset, of everybody or of a cohort.

A dashboard keeps what its tiles ask and no answer: every reading asks anew of what the dataset
shows. What the dataset of that version and the cohort read is pinned here as well, so that a
dashboard can be read for as long as it is not retired, whatever becomes of the others.
"""

from pydantic import Field

from apollo_spark.model.cohort import CohortReference
from apollo_spark.model.dashboard.tile import Tile
from apollo_spark.model.names import MemberName
from apollo_spark.model.pin import TablePin
from apollo_spark.model.record import Published

DASHBOARD_FORMAT = 1


class DashboardRecord(Published):
    """One published version of a dashboard. It never changes.

    Attributes:
        title: What it is called for people.
        description: What it is for.
        dataset: The version of the dataset that is asked.
        dataset_id: Its id.
        main_entity: Whose rows are people.
        cohort: The cohort whose people are asked about; None is everybody.
        tiles: What is asked.
        codings: The codings of its fields, with the SHA-256 of each as it was.
        kept: What the rules of the dataset read, besides its own tables.
        parts: The parts of the dataset.
    """

    format: int = Field(default=DASHBOARD_FORMAT, ge=DASHBOARD_FORMAT, le=DASHBOARD_FORMAT)
    kind: str = "dashboard"
    title: str | None = None
    description: str | None = None
    dataset: str
    dataset_id: str
    main_entity: MemberName
    cohort: CohortReference | None = None
    tiles: tuple[Tile, ...]
    codings: tuple[tuple[str, str], ...] = ()
    kept: tuple[TablePin, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()

    @property
    def all_pins(self) -> tuple[TablePin, ...]:
        """What the rules of its dataset read, and its pins."""
        return (*self.kept, *self.pins)

    @property
    def all_parts(self) -> dict[str, str]:
        """Its receipt and the parts of its dataset."""
        return {**super().all_parts, **dict(self.parts)}

    @property
    def labelled_tiles(self) -> tuple[tuple[str, Tile], ...]:
        """The tiles, each with how messages name it."""
        return tuple(
            (label_of(place, each.title), each) for place, each in enumerate(self.tiles, 1)
        )


def label_of(number: int, title: str | None) -> str:
    """Return how messages name a tile."""
    return f"tile {number} {title!r}" if title else f"tile {number}"
