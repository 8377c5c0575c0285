"""A cohort as Python users see it: who is in it is found in what its dataset shows now."""

from functools import cached_property
from pathlib import Path

from sqlglot import exp

from apollo_spark.api.dataset import Dataset
from apollo_spark.api.over_dataset import OverDatasetVersion
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.model.cohort import CohortRecord
from apollo_spark.model.suppressed import Count
from apollo_spark.operations.cohorts.opening import People, dataset_of, open_cohort
from apollo_spark.operations.disclosing import given_count
from apollo_spark.operations.guarded.persons import require_people
from apollo_spark.operations.locating import locate, require_no_rule
from apollo_spark.query.cohorts.members import KEY
from apollo_spark.query.cohorts.text import describe_step
from apollo_spark.query.sql import column, derived, labelled, spark_statement
from apollo_spark.verbs.cohort.asking import count_now, list_ids
from apollo_spark.verbs.cohort.attrition import Attrition, attrition_of
from apollo_spark.verbs.cohort.diff import CohortDiff, diff_cohorts
from apollo_spark.verbs.cohort.explain import explain_person
from apollo_spark.verbs.cohort.explanation import ExplanationPair
from apollo_spark.verbs.cohort.trial import CohortTrial, try_record


class Cohort(OverDatasetVersion[CohortRecord]):
    """One published version of a cohort.

    Args:
        lake: Where it lies.
        record: Its record.
    """

    @property
    def filter(self) -> str:
        """What it means, as the text of a filter; other cohorts are named in it."""
        return describe_step(self._stored.step, [each.version for each in self._stored.cohorts])

    @cached_property
    def dataset(self) -> Dataset:
        """The version of the dataset that it is based on, with everybody."""
        return Dataset(self._lake, dataset_of(self._lake, self._stored))

    @property
    def count(self) -> Count:
        """How many people are in it now; of what is guarded only if enough are."""
        if not self._lake.registry.snapshot().guards:
            return count_now(self._lake, self._stored)
        return given_count(self._lake, self._people, self._engine)

    @property
    def ids(self) -> list[str]:
        """The ids of its people as texts, in the order of the key.

        Raises:
            UsageError: An id is not one line.
        """
        require_people(self._lake, self._people)
        return list(list_ids(self._people, self._engine))

    @property
    def sql(self) -> str:
        """A statement for Spark that gives the keys of its people, every table at its pin.

        Raises:
            NotFoundError: It would show the rule of a view.
        """
        people = self._people
        require_people(self._lake, people)
        require_no_rule(people.dataset.record, full=False)
        keys = derived(people.members.keys(people.dataset.scope), "people")
        key = self.dataset.primary_entity.primary_key or KEY
        tree = exp.select(labelled(column("people", KEY), key)).from_(keys, copy=False)
        return spark_statement(tree, people.pins, locate(self._lake))

    def attrition(self) -> Attrition:
        """Count who is left after each part of the outermost `and`, and by each part alone."""
        return attrition_of(self._lake, self._people, self._engine)

    def explain(self, id: str, *, onto: str | None = None) -> ExplanationPair:  # noqa: A002 the word of people
        """Say why a person is in it or not: which part decided, by which rows.

        Args:
            id: The id of the person.
            onto: Another version of the cohort or of its dataset: what changed.

        Raises:
            NotFoundError: No version shows the person.
        """
        return explain_person(self._lake, str(self._stored), id, onto=onto)

    def try_on(self, file: str | Path) -> CohortTrial:
        """Test what it means on a few invented rows of a YAML file; see `docs/cohorts.md`.

        Raises:
            InputFileError: The file cannot be read.
            UsageError: The rows cannot be used, or the cohort is made of a list of ids.
        """
        return try_record(self._lake, self._stored, file)

    def diff(self, other: "Cohort") -> CohortDiff:
        """Compare it with a later cohort: what they mean, and who came and went."""
        return diff_cohorts(self._lake, self._stored, other._stored)  # noqa: SLF001 one class

    @cached_property
    def _people(self) -> People:
        return open_cohort(self._lake, self._stored)

    @property
    def _engine(self) -> EmbeddedEngine:
        return EmbeddedEngine(self._lake.tables)
