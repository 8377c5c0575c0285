"""A lake as Python users see it."""

import logging

from apollo_spark.api.cohorts import CohortLake
from apollo_spark.api.composing import Composing
from apollo_spark.api.dashboards import DashboardLake
from apollo_spark.api.dataset import Dataset
from apollo_spark.api.extending import ExtendingLake
from apollo_spark.api.keeping import KeepingLake
from apollo_spark.api.merging import MergingLake
from apollo_spark.errors import NotFoundError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.lake import open_lake as open_stored_lake
from apollo_spark.lake.leases.lease import WAIT_SECONDS
from apollo_spark.lake.registry.snapshot import RecordEntry
from apollo_spark.model.names import parse_reference
from apollo_spark.runtime.settings import LakeSettings
from apollo_spark.verbs.ask.listing import Listing, ListRequest

logger = logging.getLogger(__name__)


class ApolloLake(ExtendingLake, MergingLake, Composing, CohortLake, DashboardLake, KeepingLake):
    """The place that holds tables, records and reports.

    Args:
        lake: The stores of one root.
        settings: How loads are run; the defaults start a local Spark.
    """

    def __init__(self, lake: Lake, settings: LakeSettings) -> None:
        self._lake = lake
        self._lake.limits = settings.question.limits()
        self._settings = settings

    def __repr__(self) -> str:
        """Return the lake with its root."""
        return f"<ApolloLake {self._lake.root}>"

    def list(self, *, kind: str | None = None) -> tuple[RecordEntry, ...]:
        """Return the newest version of every record, by name.

        Args:
            kind: `dataset`, `cohort` or `dashboard`: those alone.
        """
        listing: Listing = self._ask(ListRequest(kind=kind))
        return listing.records

    def version_of_id(self, id: str) -> str:  # noqa: A002 the word of the record
        """Return the `name@version` of a version's id.

        Raises:
            NotFoundError: There is none.
        """
        for each in self._lake.registry.snapshot().entries:
            if each.id == id and each.retired is None:
                return str(each)
        raise NotFoundError("There is no version of that id, or it is retired.")

    def dataset(self, name: str, *, full: bool = False) -> Dataset:
        """Return a dataset: `NAME` (the newest version), `NAME@3` or `NAME@2026-03-01`.

        Args:
            name: The version.
            full: Whether its `record` says of a view what it is based on: rule, parents and pins.

        Raises:
            NotFoundError: There is no such version.
        """
        return Dataset(self._lake, self._lake.load_record(parse_reference(name)), full=full)


def open_lake(
    uri: str, *, settings: LakeSettings | None = None, wait: float = WAIT_SECONDS
) -> ApolloLake:
    """Open the lake in a folder; one that is not there is made by the first load.

    Args:
        uri: The folder.
        settings: How loads are run; the defaults start a local Spark.
        wait: Seconds that what publishes waits for another writer of the same name; 0 is not at
            all. Whom it waits for is logged as a warning.

    Raises:
        UsageError: The address names no folder, or `wait` is not a number of seconds.
    """
    return ApolloLake(
        open_stored_lake(uri).waiting(wait, logger.warning), settings or LakeSettings()
    )
