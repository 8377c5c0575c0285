"""What is stored of profiles: the form of today, and the first one."""

from typing import Any

import pytest

from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.profile import CountedFields

WEIGHT = FieldSpec(name="weight", type=FieldType.INTEGER)
PATIENT = Entity(
    name="patient",
    primary_key="id",
    fields=(FieldSpec(name="id", type=FieldType.STRING), WEIGHT),
)
DICTIONARY = DataDictionary(main_entity="patient", entities=(PATIENT,), relations=(), codings=())
NUMBERS = {
    "rows": 3,
    "people": 3,
    "missing": 0,
    "present": 3,
    "sparse": 0,
    "distinct": 2,
    "min": 1,
    "max": 2,
}


@pytest.mark.parametrize("stored", [[2, 1], [[1, 2, 2], [2, 3, 1]]])
def test_bins_are_read_with_their_bounds_and_by_counts_alone(stored: list[Any]) -> None:
    found = {**NUMBERS, "histogram": stored}

    profile = CountedFields(DICTIONARY).profile(PATIENT, WEIGHT, found)

    assert [(each.start, each.end, each.count) for each in profile.histogram] == [
        (1, 2, 2),
        (2, 3, 1),
    ]
