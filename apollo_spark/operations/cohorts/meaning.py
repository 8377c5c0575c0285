"""What a typed filter means: its names are checked, and the cohorts that it names are found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apollo_spark.errors import NotFoundError
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.cohort import CohortOperation, CohortRecord, CohortStep
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.filter import Filter, InCohort, with_deep_recursion
from apollo_spark.model.filter.walk import with_parts
from apollo_spark.operations.cohorts.one_dataset import require_dataset
from apollo_spark.operations.cohorts.opening import load_cohort
from apollo_spark.query.cohorts.members import main_key
from apollo_spark.query.filters.check import (
    check_filter,
    notes_of_filter,
    read_filter,
    require_few_conditions,
)
from apollo_spark.query.filters.measured import MeasuredValues
from apollo_spark.sources.filters.write import write_filter


@dataclass(frozen=True)
class Meaning:
    """A filter that can be asked of a dataset.

    Attributes:
        tree: The filter; the cohorts in it go by `name@version`.
        cohorts: The cohorts that it names, each once.
        notes: What a person should know.
    """

    tree: Filter
    cohorts: tuple[CohortRecord, ...] = ()
    notes: tuple[str, ...] = ()

    def step(self, places: Sequence[int], of: tuple[int, ...] = ()) -> CohortStep:
        """Return the filter as a step.

        Args:
            places: Where the cohorts that it names are.
            of: The cohort that it narrows.
        """
        named = zip(map(str, self.cohorts), places, strict=True)
        return CohortStep(
            operation=CohortOperation.FILTER,
            of=of,
            text=write_filter(self.tree),
            named=tuple(named),
        )


@with_deep_recursion
def read_meaning(lake: Lake, opened: OpenDataset, text: str) -> Meaning:
    """Read a filter that is typed, and check it against what a dataset shows.

    Raises:
        UsageError: The filter cannot be read, or has no meaning.
        NotFoundError: It names something that is not there, or not to be seen.
        ConflictError: It names a cohort of another version.
    """
    require_few_conditions(text)
    main_key(opened.scope)
    found: dict[str, CohortRecord] = {}

    def find_cohort(name: str) -> str | None:
        try:
            found[name] = load_cohort(lake, name)
        except NotFoundError as error:
            return str(error)
        return None

    tree = read_filter(text, opened.dictionary, opened.measured, find_cohort)
    for record in found.values():
        require_dataset(record, str(opened.record), opened.record.id)
    cohorts = {str(each): each for each in found.values()}
    told = with_cohorts(tree, {name: str(each) for name, each in found.items()})
    return Meaning(told, tuple(cohorts.values()), notes_of_filter(tree, opened.dictionary))


def check_beside_cohorts(
    tree: Filter, dictionary: DataDictionary, measured: MeasuredValues | None = None
) -> None:
    """Check all of a filter but the cohorts that it names.

    Raises:
        UsageError: A condition has no meaning.
        NotFoundError: Nothing but unknown names is wrong.
    """
    check_filter(tree, dictionary, measured=measured, find_cohort=lambda _: None)


def with_cohorts(tree: Filter, versions: Mapping[str, str]) -> Filter:
    """Return a filter in which cohorts go by other versions; those that are not named stay."""
    if isinstance(tree, InCohort):
        return tree.model_copy(update={"cohort": versions.get(tree.cohort, tree.cohort)})
    return with_parts(tree, lambda part: with_cohorts(part, versions))
