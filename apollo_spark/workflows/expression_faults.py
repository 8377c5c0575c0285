"""What is wrong with an expression source: from counts and places to findings, under a policy."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from apollo_spark.errors import InputFileError
from apollo_spark.model.findings import Finding, Place, Severity
from apollo_spark.model.policy import Policy
from apollo_spark.model.rules import RULES
from apollo_spark.workers.expression.outcome import ROW_LENGTH

UNKNOWN_FEATURE = "feature_unknown"
"""What tasks call a feature that was not in any file when the load was planned."""
FIRM_RULES = ("sample_repeated", "sample_present", "key_missing")
"""Rules on samples that no policy softens: samples could not be told apart."""


def severity_of(rule: str, policy: Policy) -> Severity:
    """Return what breaking a rule does to a source.

    A policy softens rules on features and cells. What keeps a file from being read refuses.
    """
    known = RULES[rule]
    is_soft = known.default is not Severity.REFUSE or rule == ROW_LENGTH
    is_soft |= known.kind == "value" and rule not in FIRM_RULES
    return policy.severity_of(rule) if is_soft else Severity.REFUSE


def judge(findings: Iterable[Finding], policy: Policy) -> tuple[Finding, ...]:
    """Return findings on a source with the severities that a policy gives them."""
    return tuple(
        each.model_copy(update={"severity": severity_of(each.rule, policy)}) for each in findings
    )


def has_faults(answers: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether any task counted a fault."""
    return any(each["problems"] or any(count for _, _, count in each["counts"]) for each in answers)


def merge_places(collected: Sequence[Mapping[str, Any]], policy: Policy) -> tuple[Finding, ...]:
    """Sum the places that tasks collected, by rule and file.

    Raises:
        InputFileError: A file is not what it was when the load was planned.
    """
    counts: Counter[tuple[str, str]] = Counter()
    places: dict[tuple[str, str], list[Place]] = {}
    columns: dict[tuple[str, str], str | None] = {}
    for each in (found for one in collected for found in one["found"]):
        rule = each["rule"]
        if rule == UNKNOWN_FEATURE:
            raise InputFileError(
                f"{each['places'][0][0]} changed while it was loaded.",
                fix="Run the command again when nobody writes to the files.",
            )
        for file, line, column, text in each["places"]:
            places.setdefault((rule, file), []).append(Place(line=line, value=text))
            columns.setdefault((rule, file), column)
        counts[rule, each["places"][0][0] if each["places"] else ""] += each["count"]
    return tuple(
        Finding(
            rule=rule,
            severity=severity_of(rule, policy),
            message=f"not so: {RULES[rule].summary}",
            file=file or None,
            line=places[rule, file][0].line if (rule, file) in places else None,
            column=columns.get((rule, file)),
            count=count,
            places=tuple(places.get((rule, file), ())),
        )
        for (rule, file), count in counts.items()
    )
