"""Check rows, leave out those that the policy says, check the others again, and count both."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from apollo_spark.ingest.check import CheckResult
from apollo_spark.ingest.write import Excluded, join_excluded
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.rules import Severity

Written = TypeVar("Written")


@dataclass(frozen=True)
class LeftOut:
    """Lines that were left out of a delivery: all of them, and those of withdrawn people."""

    excluded: Excluded
    withdrawn: Excluded

    @property
    def quarantined(self) -> Excluded:
        """The lines that the policy left out."""
        return {
            path: lines - self.withdrawn.get(path, frozenset())
            for path, lines in self.excluded.items()
        }

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the withdrawn: their number, and nothing else."""
        count = count_lines(self.withdrawn)
        rows = "row" if count == 1 else "rows"
        return (f"{count:,} {rows} of withdrawn people left out",) if count else ()


def count_lines(lines: Excluded) -> int:
    """Return how many lines there are."""
    return sum(len(each) for each in lines.values())


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
