"""What is wrong in the cells of an expression source, from counts and places to findings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from apollo_spark.model.findings import Finding, Place
from apollo_spark.model.policy import Policy
from apollo_spark.model.rules import RULES

UNKNOWN_FEATURE = "feature_unknown"
"""What tasks call a feature that the first file does not have."""


def has_faults(answers: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether any task counted a fault."""
    return any(each["problems"] or any(count for _, _, count in each["counts"]) for each in answers)


def merge_places(collected: Sequence[Mapping[str, Any]], policy: Policy) -> tuple[Finding, ...]:
    """Sum the places that tasks collected, by rule and file."""
    counts: Counter[tuple[str, str]] = Counter()
    places: dict[tuple[str, str], list[Place]] = {}
    columns: dict[tuple[str, str], str | None] = {}
    for each in (found for one in collected for found in one["found"]):
        rule = "features_differ" if each["rule"] == UNKNOWN_FEATURE else each["rule"]
        for file, line, column, text in each["places"]:
            places.setdefault((rule, file), []).append(Place(line=line, value=text))
            columns.setdefault((rule, file), column)
        counts[rule, each["places"][0][0] if each["places"] else ""] += each["count"]
    return tuple(
        Finding(
            rule=rule,
            severity=policy.severity_of(rule),
            message=f"not so: {RULES[rule].summary}",
            file=file or None,
            line=places[rule, file][0].line if (rule, file) in places else None,
            column=columns.get((rule, file)),
            count=count,
            places=tuple(places.get((rule, file), ())),
        )
        for (rule, file), count in counts.items()
    )
