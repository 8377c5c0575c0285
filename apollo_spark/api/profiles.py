"""What the values of fields are like, and fields by what is said of them: a part of `Dataset`."""

from typing import TYPE_CHECKING

from apollo_spark.api.choices import require_session
from apollo_spark.api.conditions.condition import Where
from apollo_spark.api.people import ChosenPeople
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.model.found_field import FoundFields
from apollo_spark.model.profile import Profiles
from apollo_spark.operations.locating import spark_engine
from apollo_spark.verbs.profile import choose_fields, find_by_text, profiles_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from apollo_spark.api.cohort import Cohort


class ProfiledFields(ChosenPeople):
    """A dataset whose fields are counted and found."""

    def profile(
        self,
        *patterns: str,
        cohort: "str | Cohort | None" = None,
        where: Where | None = None,
        spark: "SparkSession | None" = None,
    ) -> Profiles:
        """Return what the values of fields are like.

        Args:
            patterns: Fields as `entity.field`, or expressions that are searched in names, titles,
                folders and codings; all fields where there is none.
            cohort: A cohort of this version, or its name: its people alone are counted.
            where: A filter instead of a cohort.
            spark: The session of who counts, instead of this process.

        Raises:
            NotFoundError: A pattern means no field.
            UsageError: It is no expression.
            BrokenPinError: A pinned table cannot be read.
        """
        if cohort is not None or where is not None:
            return self.only(cohort, where=where).profile(*patterns, spark=spark)
        lake = self._lake
        engine = (
            EmbeddedEngine(lake.tables)
            if spark is None
            else spark_engine(lake, require_session(spark))
        )
        chosen = choose_fields(self._opened.scope, patterns)
        return profiles_of(lake, self._opened, chosen, engine)

    def find_fields(self, text: str = "") -> FoundFields:
        """Return the fields in whose name, title, folder, units, coding or codes a text is.

        It is searched without regard to case. `tree` has them in their folders, each with the
        share of people who have a value, where that was counted at the load.

        Args:
            text: What is searched; nothing finds all fields.
        """
        return find_by_text(self._lake, self._opened, text)
