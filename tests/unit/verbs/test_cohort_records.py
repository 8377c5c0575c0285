"""Cohorts refer to others and to their dataset by version and id; another in its place is none."""

from pathlib import Path

import pytest

from apollo_spark.errors import BrokenPinError, UsageError
from apollo_spark.lake.lake import Lake, open_lake
from apollo_spark.model.cohort import CohortRecord, CohortReference
from apollo_spark.operations.cohorts.opening import dataset_of, load_cohort, open_cohort
from apollo_spark.verbs.cohort.combine import CombineCohortsRequest
from apollo_spark.verbs.cohort.create import CreateCohortRequest
from apollo_spark.verbs.table import perform
from tests.support.contexts import stepping
from tests.unit.lake.small_lake import FIRST, publish


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return open_lake(str(tmp_path / "lake"))


@pytest.fixture
def cohort(lake: Lake) -> CohortRecord:
    publish(lake, FIRST)
    request = CreateCohortRequest(name="some", from_name="study", filter="patient.amount = 1")
    perform(stepping(lake), request)
    return load_cohort(lake, "some")


def test_another_dataset_in_the_place_of_its_own_is_not_read(
    lake: Lake, cohort: CohortRecord
) -> None:
    other = cohort.model_copy(update={"dataset_id": "another"})

    with pytest.raises(BrokenPinError, match="study@1 is not the version that some@1 is based on"):
        dataset_of(lake, other)


def test_another_cohort_in_the_place_of_its_own_is_not_read(
    lake: Lake, cohort: CohortRecord
) -> None:
    wrong = (CohortReference(version="some@1", id="another"),)
    narrowed = cohort.model_copy(update={"id": "narrowed", "cohorts": wrong})

    with pytest.raises(BrokenPinError, match="some@1 is not the cohort that others are made of"):
        open_cohort(lake, narrowed)


def test_a_word_that_combines_nothing_is_refused_with_those_that_do(
    lake: Lake, cohort: CohortRecord
) -> None:
    request = CombineCohortsRequest(name="x", operation="xor", cohorts=("some", "some"))

    with pytest.raises(
        UsageError, match=r"'xor' does not combine cohorts\. Choose one of union, intersect"
    ):
        perform(stepping(lake), request)
