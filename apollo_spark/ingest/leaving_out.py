"""Check rows, leave out those that the policy says, and check the others again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from apollo_spark.ingest.check import CheckResult
from apollo_spark.ingest.withdrawn_rows import LeftOut
from apollo_spark.ingest.write import Excluded, join_excluded
from apollo_spark.model.findings import Finding, Severity, refusing

Written = TypeVar("Written")


@dataclass(frozen=True)
class Checked(Generic[Written]):
    """Rows that were written and checked.

    Attributes:
        written: The rows that stay.
        left_out: Lines that were left out.
        findings: Everything that was found, with what was left out.
    """

    written: Written
    left_out: LeftOut
    findings: tuple[Finding, ...]


def leave_out(
    first: Written,
    *,
    withdrawn: Excluded,
    write: Callable[[Excluded, Written], Written],
    check: Callable[[Written, Excluded], CheckResult],
    found: tuple[Finding, ...],
    require: Callable[[tuple[Finding, ...]], None],
) -> Checked[Written]:
    """Return rows of which the policy leaves nothing more out, or that are refused.

    Args:
        first: All rows, as they were written.
        withdrawn: Lines of withdrawn people: left out before anything is checked.
        write: Writes the rows again without some lines, given what was written before.
        check: Checks what was written without some lines.
        found: What was found before.
        require: Called with all findings, after each check; it may refuse them.
    """
    written, excluded = first, withdrawn
    while True:
        if excluded:
            written = write(excluded, written)
        checked = check(written, excluded)
        findings = (*found, *checked.findings)
        require(findings)
        if refusing(findings) or not checked.quarantined:
            return Checked(written, LeftOut(excluded, withdrawn), findings)
        excluded = join_excluded(excluded, checked.quarantined)
        found += tuple(each for each in checked.findings if each.severity is Severity.QUARANTINE)
