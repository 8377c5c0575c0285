"""Whom tiles are about: everybody of a dataset, a cohort of it, or those whom a filter means."""

from apollo_spark.errors import UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.operations.cohorts.one_dataset import require_dataset
from apollo_spark.operations.cohorts.opening import load_cohort, open_cohort
from apollo_spark.operations.cohorts.people import people_by_filter
from apollo_spark.query.cohorts.text import describe_step
from apollo_spark.verbs.dashboard.answering import Whom

CHOSEN = "people who were chosen"
"""What is said of people of whom nothing but their keys is known."""


def everybody(opened: OpenDataset) -> Whom:
    """Return the people whom a dataset shows as it was opened."""
    if opened.members is None:
        return Whom(opened)
    *_, step = opened.members.steps
    is_told = step.text is not None and not step.of and not step.named
    return Whom(opened, filter=step.text if is_told else CHOSEN)


def of_cohort(lake: Lake, opened: OpenDataset, cohort: str | CohortRecord) -> Whom:
    """Return the people of a cohort.

    Args:
        lake: Where it is.
        opened: The dataset, with everybody.
        cohort: The cohort, or its name.

    Raises:
        NotFoundError: It is not there.
        ConflictError: It is based on another version.
        UsageError: Some people of the dataset are chosen already.
    """
    if opened.members is not None:
        raise UsageError("These are people of a cohort already: ask the dataset itself.")
    record = load_cohort(lake, cohort) if isinstance(cohort, str) else cohort
    require_dataset(record, str(opened.record), opened.record.id)
    text = describe_step(record.step, [each.version for each in record.cohorts])
    return Whom(open_cohort(lake, record).only, str(record), text)


def by_filter(lake: Lake, opened: OpenDataset, text: str) -> tuple[Whom, tuple[str, ...]]:
    """Return the people whom a filter means, and what a person should know of it.

    Raises:
        UsageError: The filter cannot be read, or has no meaning.
        NotFoundError: It names something that is not there, or not to be seen.
    """
    if opened.members is not None:
        raise UsageError("These are people of a cohort already: ask the dataset itself.")
    people = people_by_filter(lake, opened, text)
    found = describe_step(people.members.steps[-1], people.names)
    return Whom(people.only, filter=found), people.notes
