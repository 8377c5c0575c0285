"""The findings of a report as HTML: by severity, then rule, then file and column."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from apollo_spark.export.html_text import show_text, show_value
from apollo_spark.model.findings import Finding, Place
from apollo_spark.model.report import sort_findings
from apollo_spark.model.rules import RULES, Severity

# A page that a browser opens at once: about 2 MB for any number of findings.
FINDINGS_SHOWN = 2_500
PLACES_SHOWN = 1_000
CHARACTERS_OF_PLACES = 1_000_000
MARKS_OF_A_ROW = 30

HEADINGS = {
    Severity.REFUSE: "Errors that refuse the load",
    Severity.QUARANTINE: "Set aside in quarantine",
    Severity.WARN: "Warnings",
}


def findings_html(findings: Iterable[Finding], entities: Sequence[str]) -> str:
    """Return the sections of all findings.

    Args:
        findings: In any order.
        entities: Names of entities; rows name theirs by its position here, for the filter.
    """
    ordered = sort_findings(findings)
    groups = [list(each) for _, each in groupby(ordered, _group)]
    shares = share_out([len(each) for each in groups], FINDINGS_SHOWN)
    allowance = CHARACTERS_OF_PLACES // max(sum(shares), 1)
    positions = {name: index for index, name in enumerate(entities)}
    sections: dict[tuple[Severity, bool], list[str]] = {}
    for group, share in zip(groups, shares, strict=True):
        rows = [_finding_row(each, positions, allowance) for each in _first_of_each(group, share)]
        section = group[0].severity, group[0].is_consequence
        sections.setdefault(section, []).append(_rule_section(group, rows))
    return "".join(_severity_section(*each, rules) for each, rules in sections.items())


def _group(finding: Finding) -> tuple[Severity, bool, str]:
    return finding.severity, finding.is_consequence, finding.rule


def share_out(wants: Sequence[int], budget: int) -> list[int]:
    """Divide a budget so that small wants are met whole and the large ones get equal parts."""
    shares = [0] * len(wants)
    left = budget
    by_size = sorted(range(len(wants)), key=lambda index: wants[index])
    for done, index in enumerate(by_size):
        shares[index] = min(wants[index], left // (len(wants) - done))
        left -= shares[index]
    return shares


def _first_of_each(group: Sequence[Finding], share: int) -> list[Finding]:
    """Return the first findings of every entity, so that none is missing from a page cut short."""
    counts = Counter(each.entity for each in group)
    left = dict(zip(counts, share_out(list(counts.values()), share), strict=True))
    kept = []
    for each in group:
        if left[each.entity]:
            left[each.entity] -= 1
            kept.append(each)
    return kept


def count_times(count: int) -> str:
    """Return how often as words: `once`, `312 times`."""
    return "once" if count == 1 else f"{count:,} times"


def _severity_section(severity: Severity, is_consequence: bool, rules: Sequence[str]) -> str:
    follows = ", after what was set aside" if is_consequence else ""
    return (
        f'<section class="group {severity}" data-severity="{severity}">'
        f"<h2>{HEADINGS[severity]}{follows}</h2>{''.join(rules)}</section>"
    )


def _rule_section(group: Sequence[Finding], rows: Sequence[str]) -> str:
    rule = RULES.get(group[0].rule)
    summary = f"<p>The rule: {show_text(rule.summary)}.</p>" if rule else ""
    code = rule.original_code if rule else None
    number = f'<span class="tag">original error {code}</span>' if code is not None else ""
    total = sum(each.count for each in group)
    hidden = len(group) - len(rows)
    note = (
        f'<p class="note">{len(rows):,} of {len(group):,} findings of this rule are shown, the '
        "first of each entity; the JSON report has all of them.</p>"
        if hidden
        else ""
    )
    return (
        f'<article data-rule="{mark_rule(group[0].rule)}"><header>'
        f"<h3><code>{show_text(group[0].rule)}</code></h3>{number}"
        f'<span class="total">{count_times(total)}</span>{summary}</header>'
        '<table><thead><tr><th scope="col">Where</th><th scope="col">What</th>'
        '<th scope="col" class="n">Times</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>{note}</article>"
    )


def mark_rule(rule: str) -> str:
    """Return a rule's name for an attribute: names that are not a rule's share one mark."""
    return rule if rule in RULES else "unknown"


def _finding_row(finding: Finding, positions: dict[str, int], allowance: int) -> str:
    position = positions.get(finding.entity, "") if finding.entity is not None else ""
    return (
        f'<tr data-entity="{position}"><td>{_where(finding)}</td>'
        f"<td>{show_text(finding.message, limit=1_000)}{_places(finding, allowance)}</td>"
        f'<td class="n">{finding.count:,}</td></tr>'
    )


def _where(finding: Finding) -> str:
    parts = [part for part in (finding.entity, finding.column) if part is not None]
    name = f"<b>{'.'.join(show_text(part) for part in parts)}</b>" if parts else ""
    first = "first on line" if finding.count > 1 else "line"
    line = f", {first} {finding.line}" if finding.line is not None else ""
    file = f'<span class="file">{show_text(finding.file)}{line}</span>' if finding.file else ""
    return name + file


def _places(finding: Finding, allowance: int) -> str:
    """Return the places to unfold; one line alone is already in the first column."""
    if not finding.places or _is_said(finding):
        return ""
    shown, rows = _place_rows(finding.places, allowance)
    has_values = any(each.value is not None for each in finding.places[:shown])
    title = f"{'Lines and values' if has_values else 'Lines'}: {_extent(shown, finding.count)}"
    value_header = '<th scope="col">Value</th>' if has_values else ""
    return (
        f"<details><summary>{title}</summary><table><thead><tr>"
        f'{value_header}<th scope="col">Lines</th></tr></thead>'
        f"<tbody>{_table_rows(rows, has_values=has_values)}</tbody></table></details>"
    )


def _is_said(finding: Finding) -> bool:
    return finding.count == 1 and finding.places == (Place(line=finding.line),)


def _extent(shown: int, count: int) -> str:
    if shown >= count:
        return "the one place" if count == 1 else f"all {count:,} places"
    return f"first {shown:,} of {count:,} places"


def _place_rows(
    places: Sequence[Place], allowance: int
) -> tuple[int, dict[str | None, tuple[str, list[str]]]]:
    """Gather the lines of equal values, as many places as `allowance` characters of HTML hold."""
    rows: dict[str | None, tuple[str, list[str]]] = {}
    used = 0
    for shown, place in enumerate(places[:PLACES_SHOWN]):
        line = "unknown" if place.line is None else f"{place.line}"
        text, lines = rows.get(place.value) or (_show_kept(place.value), [])
        used += len(line) + (0 if lines else len(text) + MARKS_OF_A_ROW)
        if shown and used > allowance:
            return shown, rows
        rows.setdefault(place.value, (text, lines))[1].append(line)
    return min(len(places), PLACES_SHOWN), rows


def _show_kept(value: str | None) -> str:
    return "<em>not kept</em>" if value is None else show_value(value)


def _table_rows(rows: dict[str | None, tuple[str, list[str]]], *, has_values: bool) -> str:
    return "".join(
        f"<tr>{f'<td>{text}</td>' if has_values else ''}<td>{', '.join(lines)}</td></tr>"
        for text, lines in rows.values()
    )
