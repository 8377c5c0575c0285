"""The validation report: what a load read, what it found, and how it ended.

The report is the one value that holds values of rows (in the places of its findings). It is
stored beside the data and as protected, and never goes to a log.
"""

from collections.abc import Iterable
from enum import Enum

from pydantic import AwareDatetime, Field

from apollo_spark.model.base import Record
from apollo_spark.model.findings import Finding
from apollo_spark.model.policy import Policy
from apollo_spark.model.record import InputFile
from apollo_spark.model.rules import RULES, Severity

REPORT_FORMAT = 1


class Verdict(str, Enum):
    """How a load ended."""

    PUBLISHED = "published"
    REFUSED = "refused"
    DRY_RUN = "dry_run"
    ALREADY_THERE = "already_there"

    def __str__(self) -> str:
        """Return the word of the JSON report."""
        return self.value


class EntityRows(Record):
    """What became of the rows of one entity; None where the load was refused before reading."""

    entity: str
    fields: int
    rows_read: int | None = None
    rows_stored: int | None = None
    rows_quarantined: int | None = None


class ValidationReport(Record):
    """One load: its end, inputs, rows, findings with places and values, and the policy in force.

    `version` is the `name@version` that was published or is there already, None otherwise.
    `tools` are pairs of name and version.
    """

    format: int = Field(default=REPORT_FORMAT, ge=1, le=REPORT_FORMAT)
    dataset: str
    made_at: AwareDatetime
    verdict: Verdict
    version: str | None = None
    tools: tuple[tuple[str, str], ...] = ()
    inputs: tuple[InputFile, ...] = ()
    entities: tuple[EntityRows, ...] = ()
    findings: tuple[Finding, ...] = ()
    policy: Policy = Policy()


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort by severity, then rule in the order of the rules, then where they were seen.

    What follows from rows that the policy set aside is below these, whatever its severity.
    """
    found = tuple(findings)
    if not found:
        # Most loads, which so load no rules of types of assays.
        return ()
    severities = {severity: index for index, severity in enumerate(Severity)}
    set_aside = severities[Severity.QUARANTINE]
    rules = {name: index for index, name in enumerate(RULES)}

    def place(finding: Finding) -> tuple[int, bool, int, int, str, str, str, str, int, str]:
        severity = severities[finding.severity]
        rank = max(severity, set_aside) if finding.is_consequence else severity
        return (
            rank,
            finding.is_consequence,
            -severity,
            rules.get(finding.rule, len(rules)),
            finding.rule,
            finding.file or "",
            finding.entity or "",
            finding.column or "",
            finding.line or 0,
            finding.message,
        )

    return tuple(sorted(found, key=place))
