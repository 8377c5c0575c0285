"""The JSON report holds everything, in an order that does not depend on who found it first."""

import json
from datetime import datetime, timezone

import pytest
from pydantic import ValidationError

from apollo_spark.export.report import report_json
from apollo_spark.model.findings import Finding, Place
from apollo_spark.model.policy import Policy
from apollo_spark.model.record import InputFile
from apollo_spark.model.report import EntityRows, ValidationReport, Verdict
from apollo_spark.model.rules import Severity

WARNING = Finding(
    rule="coding_unused", severity=Severity.WARN, message="no field uses it", file="codings.csv"
)
BAD_DATE = Finding(
    rule="cell_date",
    severity=Severity.REFUSE,
    message="not a calendar date",
    file="visit.csv",
    line=14,
    entity="visit",
    column="date",
    count=312,
    places=(Place(line=14, value="gestern ü \u202e"),),
)
REPORT = ValidationReport(
    dataset="study",
    made_at=datetime(2026, 3, 1, 14, 5, tzinfo=timezone.utc),
    verdict=Verdict.REFUSED,
    tools=(("python", "3.11.9"),),
    inputs=(InputFile(role="visit", name="visit.csv", size=812, sha256="ab" * 32),),
    entities=(EntityRows(entity="visit", fields=2, rows_read=5_000, rows_stored=0),),
    findings=(WARNING, BAD_DATE),
    policy=Policy(severities=(("reference_resolves", Severity.QUARANTINE),)),
)


def test_the_whole_report_stands_in_the_json() -> None:
    assert json.loads(report_json(REPORT)) == {
        "format": 1,
        "dataset": "study",
        "made_at": "2026-03-01T14:05:00Z",
        "verdict": "refused",
        "version": None,
        "tools": [["python", "3.11.9"]],
        "inputs": [{"role": "visit", "name": "visit.csv", "size": 812, "sha256": "ab" * 32}],
        "entities": [
            {
                "entity": "visit",
                "fields": 2,
                "rows_read": 5_000,
                "rows_stored": 0,
                "rows_quarantined": None,
            }
        ],
        "findings": [
            {
                "rule": "cell_date",
                "severity": "refuse",
                "message": "not a calendar date",
                "file": "visit.csv",
                "line": 14,
                "entity": "visit",
                "column": "date",
                "count": 312,
                "places": [{"line": 14, "value": "gestern ü \u202e"}],
            },
            {
                "rule": "coding_unused",
                "severity": "warn",
                "message": "no field uses it",
                "file": "codings.csv",
                "line": None,
                "entity": None,
                "column": None,
                "count": 1,
                "places": [],
            },
        ],
        "policy": {"severities": [["reference_resolves", "quarantine"]]},
    }


def test_the_json_reads_back_as_the_same_report() -> None:
    text = report_json(REPORT)

    again = ValidationReport.model_validate_json(text)

    assert again == REPORT.model_copy(update={"findings": (BAD_DATE, WARNING)})
    assert report_json(again) == text


def test_the_order_of_the_findings_does_not_matter() -> None:
    turned = REPORT.model_copy(update={"findings": (BAD_DATE, WARNING)})

    assert report_json(turned) == report_json(REPORT)


def test_the_text_has_sorted_keys_and_ends_with_a_line_feed() -> None:
    text = report_json(REPORT)

    assert text.startswith('{\n  "dataset": "study",\n  "entities": [')
    assert text.endswith("}\n")


def test_a_time_without_zone_is_no_time_of_a_report() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        ValidationReport(
            dataset="study",
            made_at=datetime(2026, 3, 1),  # noqa: DTZ001 that is the point
            verdict=Verdict.REFUSED,
        )


def test_what_nobody_sees_is_escaped_and_comes_back() -> None:
    value = "P1\u00a0\u200b u\u0308 \u00fc \U0001f9ec\U000e0041"
    found = BAD_DATE.model_copy(update={"places": (Place(line=1, value=value),)})

    text = report_json(REPORT.model_copy(update={"findings": (found,)}))

    assert r"P1\u00a0\u200b u\u0308 ü 🧬\udb40\udc41" in text
    assert json.loads(text)["findings"][0]["places"][0]["value"] == value
