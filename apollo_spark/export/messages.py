"""Findings and counts as lines for a terminal: places, rules and counts, never a value."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from apollo_spark.export.printable import printable
from apollo_spark.model.findings import Finding
from apollo_spark.model.report import sort_findings
from apollo_spark.model.rules import Severity

LINES_SHOWN = 3
MARKS = {Severity.REFUSE: "", Severity.QUARANTINE: ", quarantined", Severity.WARN: ", warning"}


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


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
