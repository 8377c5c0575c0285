"""Who is meant, by a cohort or by a filter: the ways to choose people of a dataset."""

from collections.abc import Callable

from apollo_spark.errors import UsageError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.names import parse_reference
from apollo_spark.model.record import PublishedRecord, require_kind
from apollo_spark.operations.cohorts.meaning import read_meaning
from apollo_spark.operations.cohorts.one_dataset import require_dataset
from apollo_spark.operations.cohorts.opening import People, load_cohort, open_cohort
from apollo_spark.operations.cohorts.program import Program
from apollo_spark.query.cohorts.members import Members


def people_by_filter(lake: Lake, opened: OpenDataset, text: str) -> People:
    """Return the people of a dataset for whom a filter holds.

    Raises:
        UsageError: The filter cannot be read, or has no meaning.
        NotFoundError: It names something that is not there, or not to be seen.
        ConflictError: It names a cohort of another version.
    """
    meaning = read_meaning(lake, opened, text)
    program = Program(lake)
    step = meaning.step(program.add(*meaning.cohorts))
    members = Members((*program.steps, step))
    return People(opened, members, program.lists, meaning.notes, (*program.names, ""))


def open_for_reading(
    lake: Lake, name: str, *, cohort: str | None, text: str | None, say: Callable[[str], None]
) -> OpenDataset:
    """Open what rows are read from.

    Args:
        lake: Where it is.
        name: A dataset, or a cohort, whose people are read in its dataset.
        cohort: A cohort of the dataset whose people alone are read.
        text: A filter that they fulfil.
        say: Takes what a person should know of the filter.

    Raises:
        NotFoundError: Something is not there, or not to be seen.
        UsageError: The filter has no meaning, or there are both.
        ConflictError: The cohort is based on another version.
    """
    record = lake.load(parse_reference(name), PublishedRecord)
    if isinstance(record, CohortRecord):
        if cohort is not None or text is not None:
            raise UsageError(
                f"{record} is a cohort: its people are read.",
                fix="Leave --cohort and --filter out, or narrow it: apollo cohort create.",
            )
        return open_cohort(lake, record).only
    require_kind(record, record.kind, DatasetRecord)
    assert isinstance(record, DatasetRecord), "a kind has one class"
    opened, notes = limit(lake, lake.open_record(record), cohort=cohort, text=text)
    for note in notes:
        say(f"note: {note}")
    return opened


def limit(
    lake: Lake, opened: OpenDataset, *, cohort: str | CohortRecord | None, text: str | None
) -> tuple[OpenDataset, tuple[str, ...]]:
    """Return an open dataset with the people alone who are meant, if any are said."""
    if cohort is not None and text is not None:
        raise UsageError(
            "Rows are chosen by a cohort or by a filter, not by both.",
            fix='A filter may name cohorts: in cohort "NAME@2" and ...',
        )
    if cohort is not None:
        record = load_cohort(lake, cohort) if isinstance(cohort, str) else cohort
        require_dataset(record, str(opened.record), opened.record.id)
        people = open_cohort(lake, record)
        return opened.only(people.members, people.lists, people.cohorts), ()
    if text is None:
        return opened, ()
    found = people_by_filter(lake, opened, text)
    return found.only, found.notes
