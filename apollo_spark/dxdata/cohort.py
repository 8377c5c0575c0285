"""A cohort under the names that notebooks know."""

from apollo_spark.api.cohort import Cohort as OpenCohort


class CohortSql(str):
    """The statement of a cohort, which says whose it is.

    As a text it gives the keys of its people on Spark.
    """

    __slots__ = ("cohort",)
    cohort: OpenCohort


class Cohort:
    """One version of a cohort.

    Args:
        opened: The cohort.
    """

    def __init__(self, opened: OpenCohort) -> None:
        self._opened = opened
        self.name = opened.name

    def __repr__(self) -> str:
        """Return the cohort as `name@version`."""
        return repr(self._opened)

    @property
    def sql(self) -> CohortSql:
        """A statement for Spark that gives the keys of its people; also for `filter_sql`.

        Raises:
            NotFoundError: It would show the rule of a view.
        """
        found = CohortSql(self._opened.sql)
        found.cohort = self._opened
        return found
