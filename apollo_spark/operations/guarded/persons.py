"""Rows, ids and values of single people: nobody gets them from a guarded record."""

from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.operations.cohorts.opening import People
from apollo_spark.operations.disclosing import require_unguarded

ROWS, IDS, VALUES = "Rows", "Ids of people", "Values of samples"


def require_rows(lake: Lake, opened: OpenDataset, what: str = ROWS) -> None:
    """Require that what is about single people may be given of an open dataset.

    Args:
        lake: Where it is.
        opened: The dataset, perhaps with some of its people alone.
        what: What would be given.

    Raises:
        NotFoundError: The dataset, or a cohort whose people are read, is guarded.
    """
    require_unguarded(lake, what, opened.record, *opened.cohorts)


def require_people(lake: Lake, people: People, what: str = IDS) -> None:
    """Require the same of some people.

    Raises:
        NotFoundError: Their dataset, or a cohort that they are of, is guarded.
    """
    require_unguarded(lake, what, people.dataset.record, *people.cohorts)
