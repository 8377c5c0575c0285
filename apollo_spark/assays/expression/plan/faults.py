"""What is wrong with an expression source: from counts and places to findings, under a policy."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from apollo_spark.assays.expression.tasks.outcome import ROW_LENGTH
from apollo_spark.errors import InputFileError
from apollo_spark.model.findings import Finding, Place
from apollo_spark.model.policy import Policy
from apollo_spark.model.rules import RULES, Severity

UNKNOWN_FEATURE = "feature_unknown"
"""What tasks call a feature that was not in any file when the load was planned."""
FIRM_RULES = ("sample_repeated", "sample_present", "key_missing")
"""Rules on samples that no policy softens: samples could not be told apart."""

LOOKALIKE = "key_lookalike"
TEXTS = {
    "expression_number": (
        "a cell holds no number; --missing LIST names the texts that mean a missing value"
    ),
    "expression_finite": (
        "a value is infinite or not a number; --missing LIST names the texts that mean a missing "
        "value"
    ),
    "expression_negative": "a value is below zero; a unit other:NAME may be",
    "expression_fraction": "a count has a fraction; the unit expected_count may have one",
    "expression_inexact": (
        "a whole number has more than 64 bits, or more digits than a value beside decimals keeps"
    ),
    "row_length": "a row has more or fewer cells than the header",
    "feature_repeated": (
        "a feature occurs more than once; --on-duplicate sum, mean or first would join its rows"
    ),
    "pair_repeated": (
        "a sample has several values of a feature; --on-duplicate sum, mean or first would join "
        "them"
    ),
    "quoting": "the quotes of a cell are not closed, or not doubled inside it",
    "line_end": "a carriage return occurs alone, without a line feed",
    "file_not_text": "the file is not text in utf-8",
}
"""What is reported of a rule that cells break."""


def severity_of(rule: str, policy: Policy) -> Severity:
    """Return what breaking a rule does to a source.

    A policy softens rules on features and cells. What keeps a file from being read refuses.
    """
    known = RULES[rule]
    is_soft = known.default is not Severity.REFUSE or rule == ROW_LENGTH
    is_soft |= known.kind == "value" and rule not in FIRM_RULES
    severity = policy.severity_of(rule) if is_soft else Severity.REFUSE
    if rule == LOOKALIKE and severity is Severity.QUARANTINE:
        # A sample is not a row that could be set aside.
        return Severity.REFUSE
    return severity


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
        rule, file = each["rule"], each["file"]
        if rule == UNKNOWN_FEATURE:
            raise InputFileError(
                f"{file} changed while it was loaded.",
                fix="Run the command again when nobody writes to the files.",
            )
        counts[rule, file] += each["count"]
        for line, column, text in each["places"]:
            places.setdefault((rule, file), []).append(Place(line=line, value=text))
            columns.setdefault((rule, file), column)
    return tuple(
        Finding(
            rule=rule,
            severity=severity_of(rule, policy),
            message=TEXTS.get(rule) or f"it does not hold that {RULES[rule].summary}",
            file=file,
            line=places[rule, file][0].line if (rule, file) in places else None,
            column=columns.get((rule, file)),
            count=count,
            places=tuple(places.get((rule, file), ())),
        )
        for (rule, file), count in counts.items()
    )
