"""Dashboards open for reading: their tiles are asked of what their dataset shows now."""

from dataclasses import dataclass

from apollo_spark.errors import BrokenPinError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.cohort import CohortRecord, CohortReference
from apollo_spark.model.dashboard.record import DashboardRecord
from apollo_spark.model.names import parse_reference
from apollo_spark.operations.cohorts.opening import dataset_of


@dataclass(frozen=True)
class OpenDashboard:
    """A dashboard with what its tiles are asked of.

    Attributes:
        record: The dashboard.
        opened: Its dataset, with everybody.
        cohort: The cohort that it is about.
    """

    record: DashboardRecord
    opened: OpenDataset
    cohort: CohortRecord | None = None


def load_dashboard(lake: Lake, name: str) -> DashboardRecord:
    """Return the record of a dashboard.

    Raises:
        NotFoundError: There is none, or it is of another kind.
        UsageError: The text names no version.
    """
    return lake.load(parse_reference(name), DashboardRecord)


def open_dashboard(lake: Lake, record: DashboardRecord) -> OpenDashboard:
    """Open a dashboard, also where its dataset or its cohort is retired.

    Raises:
        BrokenPinError: A record or a part is not as it was published.
    """
    opened = lake.open_record(dataset_of(lake, record))
    cohort = None if record.cohort is None else cohort_referred(lake, record.cohort)
    return OpenDashboard(record, opened, cohort)


def cohort_referred(lake: Lake, reference: CohortReference) -> CohortRecord:
    """Return the cohort that a dashboard is about, also where it is retired.

    Raises:
        BrokenPinError: The record is not as it was published.
    """
    entry = lake.registry.snapshot().find(parse_reference(reference.version))
    if entry.id != reference.id:
        raise BrokenPinError(f"{reference.version} is not the cohort that the dashboard is about.")
    return lake.registry.read_record(entry, CohortRecord)
