"""Prove that the profiles of a version are those of its rows: they are counted again."""

import json
import math
from collections.abc import Iterator
from typing import Any

from apollo_spark.engines.tasks import LocalTaskRunner
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.verifying import VerifyProblem
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.operations.profiles.storing import count_entities

RELATIVE = 1e-9
"""How far means and deviations may be apart: libraries add up in other orders."""


def wrong_profiles(lake: Lake, record: DatasetRecord) -> tuple[VerifyProblem, ...]:
    """Return the fields whose profiles are not those of the rows that were published.

    Whoever was withdrawn since is in both.

    Raises:
        BrokenPinError: A part or a table cannot be read.
    """
    return tuple(
        VerifyProblem(
            record=str(record),
            table=None,
            version=None,
            what=f"the profile of {field} is not that of its rows",
            readable="all rows can be read",
        )
        for field in _wrong_fields(lake, record)
    )


def _wrong_fields(lake: Lake, record: DatasetRecord) -> Iterator[str]:
    if not record.profiles:
        return
    dictionary = lake.load_dictionary(record)
    named = {each.entity: each for each in record.profiles}
    chosen = [each for each in dictionary.entities if each.name in named]
    counted = count_entities(lake, LocalTaskRunner(), record, dictionary, chosen)
    for entity, results in counted:
        again = {each["field"]: each for result in results for each in result["profiles"]}
        lines = (
            line for part in named[entity.name].parts for line in lake.parts.get(part).split("\n")
        )
        for spec, line in zip(entity.fields, lines, strict=True):
            fresh = json.loads(json.dumps(again[spec.name]))
            if not _is_same(json.loads(line), fresh):
                yield f"{entity.name}.{spec.name}"


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=RELATIVE)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return bool(one == other)
