"""The people of a dataset who are read or kept as a cohort: a part of `Dataset`."""

import logging
from typing import TYPE_CHECKING

from apollo_spark.api.conditions.condition import Where, filter_text
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.operations.cohorts.opening import load_cohort
from apollo_spark.operations.cohorts.people import limit
from apollo_spark.operations.context import Context
from apollo_spark.verbs.cohort.create import CreateCohortRequest
from apollo_spark.verbs.table import perform

if TYPE_CHECKING:
    from apollo_spark.api.cohort import Cohort
    from apollo_spark.api.dataset import Dataset

logger = logging.getLogger(__name__)


class ChosenPeople:
    """A dataset of which some people may be chosen."""

    _lake: Lake
    _stored: DatasetRecord
    _is_kept: bool
    _opened: OpenDataset

    def only(
        self, cohort: "str | Cohort | None" = None, *, where: Where | None = None
    ) -> "Dataset":
        """Return the same version with some people alone, and what hangs from them.

        Args:
            cohort: A cohort of this version, or its name.
            where: A filter that the people fulfil, as text or as a condition, instead of a cohort.

        Raises:
            NotFoundError: The cohort, or a name in the filter, is not there.
            UsageError: The filter has no meaning, or there are both.
            ConflictError: The cohort is based on another version.
        """
        chosen = cohort if cohort is None or isinstance(cohort, str) else cohort._stored  # noqa: SLF001 one package
        opened, notes = limit(self._lake, self._opened, cohort=chosen, text=filter_text(where))
        for note in notes:
            logger.info("note: %s", note)
        from apollo_spark.api.dataset import Dataset

        return Dataset(self._lake, self._stored, full=not self._is_kept, opened=opened)

    def cohort(
        self,
        name: str,
        *,
        where: Where | None = None,
        ids: str | None = None,
        title: str | None = None,
        description: str | None = None,
    ) -> "Cohort":
        """Publish people of this version as the next version of a cohort.

        Args:
            name: The name of the cohort.
            where: A filter that they fulfil, as text or as a condition.
            ids: Path of a file with their ids, one a line; instead of a filter.
            title: What it is called for people.
            description: What it is for.

        Raises:
            NotFoundError: A name in the filter is not there, or an id is of nobody.
            UsageError: Not one of filter and ids is given, or the filter has no meaning.
            ConflictError: Another writer holds the name, or it is that of another kind.
        """
        from apollo_spark.api.cohort import Cohort

        request = CreateCohortRequest(
            name=name,
            from_name=str(self._stored),
            filter=filter_text(where),
            ids=ids,
            title=title,
            description=description,
        )
        outcome = perform(Context(self._lake.waiting()), request)
        return Cohort(self._lake, load_cohort(self._lake, outcome.version))
