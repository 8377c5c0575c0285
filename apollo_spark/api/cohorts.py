"""The cohorts of a lake: a part of `ApolloLake`."""

from collections.abc import Sequence
from typing import Literal

from apollo_spark.api.cohort import Cohort
from apollo_spark.api.conditions.condition import Where, filter_text
from apollo_spark.api.performing import PerformingLake
from apollo_spark.api.published import Published
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.model.receipt import CohortReceipt
from apollo_spark.operations.cohorts.opening import load_cohort
from apollo_spark.verbs.cohort.combine import CombineCohortsRequest
from apollo_spark.verbs.cohort.compare import CohortComparison, compare_cohorts
from apollo_spark.verbs.cohort.create import CreateCohortRequest


class CohortLake(PerformingLake):
    """The verbs of a lake that make cohorts."""

    def cohort(self, name: str) -> Cohort:
        """Return a cohort: `NAME` (the newest version), `NAME@3` or `NAME@2026-03-01`.

        Raises:
            NotFoundError: There is no such version, or it is not a cohort.
        """
        return Cohort(self._lake, load_cohort(self._lake, name))

    def compare_cohorts(
        self, first: str, second: str, *, fields: Sequence[str] | None = None
    ) -> CohortComparison:
        """Compare two cohorts: sizes, overlap, and what fields say about each.

        Args:
            first: A cohort.
            second: Another one; both may be based on different versions.
            fields: Fields as `entity.field`; by default those of the main entity.

        Raises:
            NotFoundError: A cohort or a field is not there, or not to be seen.
        """
        engine = EmbeddedEngine(self._lake.tables)
        return compare_cohorts(self._lake, (first, second), fields, engine)

    def create_cohort(
        self,
        name: str,
        *,
        source: str,
        filter: Where | None = None,  # noqa: A002 the word of the command
        filter_file: str | None = None,
        filter_json: str | None = None,
        ids: str | None = None,
        title: str | None = None,
        description: str | None = None,
        dry_run: bool = False,
        wait: float | None = None,
    ) -> Published[CohortReceipt]:
        """Publish people of a dataset, or of a cohort, as the next version of a cohort.

        Args:
            name: The name of the cohort.
            source: The dataset or the cohort: `NAME`, `NAME@3` or `NAME@2026-03-01`.
            filter: A filter that they fulfil, as text or as a condition.
            filter_file: Path of a file with such a filter.
            filter_json: Such a filter as the original's JSON: a path, or the JSON itself.
            ids: Path of a file with their ids, one a line.
            title: What it is called for people.
            description: What it is for.
            dry_run: Count who would be in it, and publish nothing.
            wait: Seconds to wait for another writer; by default those of the lake.

        Raises:
            NotFoundError: Something is not there, or not to be seen; or an id is of nobody.
            UsageError: The filter has no meaning.
            ConflictError: Another writer holds the name, or it is that of another kind.
        """
        request = CreateCohortRequest(
            name=name,
            from_name=source,
            filter=filter_text(filter),
            filter_file=filter_file,
            filter_json=filter_json,
            ids=ids,
            title=title,
            description=description,
            dry_run=dry_run,
        )
        return self._perform(request, wait=wait)

    def combine_cohorts(
        self,
        name: str,
        *,
        operation: Literal["union", "intersect", "subtract", "exactly-one", "complement"],
        cohorts: Sequence[str],
        title: str | None = None,
        description: str | None = None,
        dry_run: bool = False,
        wait: float | None = None,
    ) -> Published[CohortReceipt]:
        """Publish cohorts of one version of a dataset as one; combinations combine again.

        Args:
            name: The name of the result.
            operation: What is done with them.
            cohorts: The cohorts; the first one is that from which others are subtracted.
            title: What it is called for people.
            description: What it is for.
            dry_run: Count who would be in it, and publish nothing.
            wait: Seconds to wait for another writer; by default those of the lake.

        Raises:
            NotFoundError: A cohort is not there.
            UsageError: There is no such operation, or it is not of so many cohorts.
            ConflictError: The cohorts are based on different versions, or the name is taken.
        """
        request = CombineCohortsRequest(
            name=name,
            operation=operation,
            cohorts=tuple(cohorts),
            title=title,
            description=description,
            dry_run=dry_run,
        )
        return self._perform(request, wait=wait)
