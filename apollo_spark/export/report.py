"""The validation report: as JSON for other programs, and as one HTML page that needs nothing else.

The page holds its style and its script, whose hashes are the only ones that its content policy
lets run: even a mistake in escaping could not make a value act. Without the script everything
is shown, only the filter is missing.
"""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import timezone

from apollo_spark.export.html_text import page_head, page_resource, plain_text, show_text
from apollo_spark.export.printable import printable_json
from apollo_spark.export.report_findings import findings_html, mark_rule
from apollo_spark.export.report_tables import details_html, entities_html, show_number, sum_known
from apollo_spark.model.findings import Finding, refusing
from apollo_spark.model.report import ValidationReport, Verdict, sort_findings
from apollo_spark.model.rules import Severity


def report_json(report: ValidationReport) -> str:
    """Return the report as indented JSON with sorted keys and findings, ending with a line feed.

    Every kept place is in it, with its value: keep it as protected as the data.
    """
    ordered = report.model_copy(update={"findings": sort_findings(report.findings)})
    shown = ordered.model_dump(mode="json")
    text = json.dumps(shown, indent=2, sort_keys=True, ensure_ascii=False)
    return "\n".join(map(printable_json, text.split("\n"))) + "\n"


def verdict_html(report: ValidationReport) -> str:
    """Return the verdict as a banner with its counts."""
    look, title, sentence = _verdict(report)
    tiles = "".join(
        f"<div><dt>{name}</dt><dd>{number}</dd></div>" for name, number in _tiles(report)
    )
    return (
        f'<section class="verdict {look}"><h1>{title}</h1><p>{sentence}</p>'
        f'<dl class="tiles">{tiles}</dl></section>'
    )


def _verdict(report: ValidationReport) -> tuple[str, str, str]:
    """Return the look, the title and the sentence of the banner."""
    version = show_text(report.version or report.dataset)
    refused = refusing(report.findings)
    if report.verdict is Verdict.REFUSED:
        return "bad", "Refused", f"Nothing was published: {_say_errors(refused)}."
    if report.verdict is Verdict.ALREADY_THERE:
        return "calm", f"Already there: {version}", "The same inputs made it; nothing was written."
    if report.verdict is Verdict.PUBLISHED:
        return "good", f"Published {version}", f"{_say_rows(report)}."
    if refused:
        return (
            "bad",
            "Dry run: it would be refused",
            f"Nothing was written; {_say_errors(refused)}.",
        )
    return "good", "Dry run: it would be published", f"Nothing was written. {_say_rows(report)}."


def _say_errors(findings: Iterable[Finding]) -> str:
    found = tuple(findings)
    rules = len({each.rule for each in found})
    errors = sum(each.count for each in found)
    return f"{_plural(errors, 'error')} against {_plural(rules, 'rule')}"


def _say_rows(report: ValidationReport) -> str:
    aside = sum(each.rows_quarantined or 0 for each in report.entities)
    stored = sum(each.rows_stored or 0 for each in report.entities)
    where = _plural(len(report.entities), "entity", "entities")
    quarantined = f", {_plural(aside, 'row')} set aside in quarantine" if aside else ""
    passed = "" if report.findings else ", and every check passed"
    return f"{_plural(stored, 'row')} of {where}{quarantined}{passed}"


def _tiles(report: ValidationReport) -> tuple[tuple[str, str], ...]:
    counts: Counter[Severity] = Counter()
    for each in report.findings:
        counts[each.severity] += each.count
    rows = report.entities
    return (
        ("Rows read", show_number(sum_known(each.rows_read for each in rows))),
        ("Rows stored", show_number(sum_known(each.rows_stored for each in rows))),
        ("Rows quarantined", show_number(sum_known(each.rows_quarantined for each in rows))),
        ("Errors", f"{counts[Severity.REFUSE]:,}"),
        ("Warnings", f"{counts[Severity.WARN]:,}"),
    )


def _plural(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


FILTER_FROM = 2
"""Fewer findings than this need no filter."""
SEVERITIES = (("refuse", "Errors"), ("quarantine", "Quarantined"), ("warn", "Warnings"))


def report_html(report: ValidationReport) -> str:
    """Return the report as a self-contained page of at most about 2 MB.

    It names the dataset, the verdict, the entities and all findings (beyond a limit the first of
    each rule, with their number) and has the values of rows in it: keep it as protected as the
    data.
    """
    script = page_resource("report.js")
    title = f"{report.dataset}: validation report"
    head = page_head(title, style=page_resource("report.css"), script=script)
    made = report.made_at.astimezone(timezone.utc)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}</head>\n<body>'
        f"\n<main>\n<header><p>Validation report of <b>{show_text(report.dataset)}</b>, made "
        f'<time datetime="{made:%Y-%m-%dT%H:%M:%SZ}">{made:%Y-%m-%d %H:%M} UTC</time></p></header>'
        f"\n{verdict_html(report)}\n{entities_html(report)}\n{_findings(report)}\n"
        f"{details_html(report)}\n<footer>This page shows values of rows. Keep it as protected as "
        f"the data.</footer>\n</main>\n<script>{script}</script>\n</body>\n</html>\n"
    )


def _findings(report: ValidationReport) -> str:
    if not report.findings:
        return '<section><h2>Findings</h2><p class="calm">Every check passed.</p></section>'
    entities = tuple(dict.fromkeys(each.entity for each in report.findings if each.entity))
    bar = _filter_bar(report, sorted(entities)) if len(report.findings) >= FILTER_FROM else ""
    return bar + findings_html(report.findings, sorted(entities))


def _filter_bar(report: ValidationReport, entities: list[str]) -> str:
    found = {each.severity.value for each in report.findings}
    rules = dict.fromkeys(each.rule for each in sort_findings(report.findings))
    severities = [(word, label) for word, label in SEVERITIES if word in found]
    by_entity = [(str(at), plain_text(name, limit=80)) for at, name in enumerate(entities)]
    return (
        '<form id="filter" role="search" aria-label="Filter the findings" hidden>'
        '<label class="search">Search<input type="search" name="text" autocomplete="off" '
        'placeholder="file, column, message, value"></label>'
        f"{_choice('severity', 'Severity', severities)}"
        f"{_choice('entity', 'Entity', by_entity)}"
        f"{_choice('rule', 'Rule', [(mark_rule(each), plain_text(each)) for each in rules])}"
        '<div class="buttons"><button type="reset">Clear</button>'
        '<button type="button" id="unfold" aria-pressed="false">Unfold all</button></div>'
        '<output aria-live="polite"></output></form>'
    )


def _choice(name: str, label: str, options: Iterable[tuple[str, str]]) -> str:
    items = "".join(f'<option value="{value}">{text}</option>' for value, text in options)
    return (
        f'<label>{label}<select name="{name}"><option value="">All</option>{items}</select></label>'
    )
