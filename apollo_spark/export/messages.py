"""Findings and counts as lines for a terminal: places, rules and counts, never a value."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol

from apollo_spark.export.printable import printable
from apollo_spark.model.findings import Finding, Severity
from apollo_spark.model.report import sort_findings

LINES_SHOWN = 3
MARKS = {Severity.REFUSE: "", Severity.QUARANTINE: ", quarantined", Severity.WARN: ", warning"}
TITLES = {
    Severity.REFUSE: "errors",
    Severity.QUARANTINE: "quarantined",
    Severity.WARN: "warnings",
}


class RowCounts(Protocol):
    """What became of the rows of one entity; None where they were not read."""

    @property
    def entity(self) -> str:
        """Name of the entity."""

    @property
    def rows_read(self) -> int | None:
        """Rows in its files."""

    @property
    def rows_stored(self) -> int | None:
        """Rows in its table."""

    @property
    def rows_quarantined(self) -> int | None:
        """Rows that the policy sets aside."""


class _Message(NamedTuple):
    """Findings that say the same, and whether another message of their check comes before."""

    text: str
    is_first_of_check: bool


def describe_findings(
    findings: Iterable[Finding], *, limit: int = 40, rest: str = "in the report"
) -> str:
    """Return one line for each finding, worst first; every check is shown before any repeats.

    Args:
        findings: In any order; their values are never shown.
        limit: Most lines; a further one says how many are left out.
        rest: Where those are.
    """
    messages = list(_messages(findings))
    if len(messages) <= limit:
        return "\n".join(each.text for each in messages)
    ranks = sorted(range(len(messages)), key=lambda at: not messages[at].is_first_of_check)
    kept = sorted(ranks[:limit])
    more = f"and {len(messages) - limit:,} more {rest}".rstrip()
    return "\n".join([*(messages[at].text for at in kept), more])


def describe_counts(entities: Iterable[RowCounts], findings: Iterable[Finding] = ()) -> str:
    """Return a line of rows for each entity and a line of rules for each severity."""
    order = [*Severity]
    ordered = sorted(sort_findings(findings), key=lambda each: order.index(each.severity))
    by_severity = groupby(ordered, key=lambda each: each.severity)
    return "\n".join(
        [
            *(_count_rows(each) for each in entities),
            *(_count_rules(severity, list(found)) for severity, found in by_severity),
        ]
    )


def _messages(findings: Iterable[Finding]) -> Iterator[_Message]:
    for _, of_check in groupby(sort_findings(findings), key=_check):
        by_message: dict[str, list[Finding]] = {}
        for each in of_check:
            by_message.setdefault(each.message, []).append(each)
        for at, same in enumerate(by_message.values()):
            yield _Message(_describe(same), is_first_of_check=at == 0)


def _check(finding: Finding) -> tuple[str, ...]:
    where = (finding.file, finding.entity, finding.column)
    return (finding.severity, finding.rule, *(part or "" for part in where))


def _describe(same: Sequence[Finding]) -> str:
    """Return the line of findings of one check with one message."""
    first = same[0]
    lines = sorted({line for each in same for line in _lines(each)})
    count = sum(each.count for each in same)
    column = f"column {printable(first.column)}" if first.column is not None else ""
    line = f"line {lines[0]}" if lines else ""
    parts = [", ".join(part for part in (line, column) if part), printable(first.message)]
    place = printable(first.file) if first.file else _entity(first)
    text = ": ".join(part for part in (place, *parts) if part)
    return f"{text} ({first.rule}{MARKS[first.severity]}), {_times(count)}{_more(lines, count)}"


def _lines(finding: Finding) -> Iterator[int]:
    if finding.line is not None:
        yield finding.line
    yield from (each.line for each in finding.places if each.line is not None)


def _entity(finding: Finding) -> str:
    return f"entity {printable(finding.entity)}" if finding.entity is not None else ""


def _more(lines: Sequence[int], count: int) -> str:
    if len(lines) < 2:
        return ""
    title = "lines" if len(lines) == count <= LINES_SHOWN else "first lines"
    return f"; {title} {', '.join(map(str, lines[:LINES_SHOWN]))}"


def _count_rows(rows: RowCounts) -> str:
    if rows.rows_read is None:
        return f"{printable(rows.entity)}: not read"
    quarantined = f", {rows.rows_quarantined:,} quarantined" if rows.rows_quarantined else ""
    read = f"{rows.rows_read:,} {'row' if rows.rows_read == 1 else 'rows'} read"
    return f"{printable(rows.entity)}: {read}, {rows.rows_stored or 0:,} stored{quarantined}"


def _count_rules(severity: Severity, findings: Sequence[Finding]) -> str:
    by_rule = groupby(findings, key=lambda each: each.rule)
    counts = [(rule, sum(each.count for each in found)) for rule, found in by_rule]
    return f"{TITLES[severity]}: " + ", ".join(f"{rule} {_times(count)}" for rule, count in counts)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
