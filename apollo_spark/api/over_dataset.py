"""What Python users see of every record that is over a dataset: a cohort, a dashboard."""

from typing import Generic, TypeVar

from apollo_spark.lake.lake import Lake
from apollo_spark.model.over_dataset import OverDataset
from apollo_spark.operations.guarded.describing import shown_record_of

R = TypeVar("R", bound=OverDataset)


class OverDatasetVersion(Generic[R]):
    """One published version.

    Args:
        lake: Where it lies.
        record: Its record.
    """

    def __init__(self, lake: Lake, record: R) -> None:
        self._lake = lake
        self._stored = record

    def __repr__(self) -> str:
        """Return its kind, and `name@version`."""
        return f"<{type(self).__name__} {self._stored}>"

    @property
    def record(self) -> R:
        """The record; of what is guarded without its tables, whose rows are counted in it."""
        return shown_record_of(self._lake, self._stored)

    @property
    def name(self) -> str:
        """The name, without version."""
        return self._stored.name

    @property
    def version(self) -> int:
        """The version, from 1."""
        return self._stored.version
