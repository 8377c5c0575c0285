"""The validation report as one HTML page that needs nothing but itself.

The page holds its style and its script, whose hashes are the only ones that its content policy
lets run: even a mistake in escaping could not make a value act. Without the script everything
is shown, only the filter is missing.
"""

from base64 import b64encode
from collections.abc import Iterable
from datetime import timezone
from hashlib import sha256
from importlib.resources import files

from apollo_spark.export.html_text import plain_text, show_text
from apollo_spark.export.report_findings import findings_html, mark_rule
from apollo_spark.export.report_tables import details_html, entities_html
from apollo_spark.export.report_verdict import verdict_html
from apollo_spark.model.report import ValidationReport, sort_findings

FILTER_FROM = 2
"""Fewer findings than this need no filter."""
SEVERITIES = (("refuse", "Errors"), ("quarantine", "Quarantined"), ("warn", "Warnings"))


def report_html(report: ValidationReport) -> str:
    """Return the report as a self-contained page of at most about 2 MB.

    It names the dataset, the verdict, the entities and all findings (beyond a limit the first of
    each rule, with their number) and has the values of rows in it: keep it as protected as the
    data.
    """
    style, script = _resource("report.css"), _resource("report.js")
    made = report.made_at.astimezone(timezone.utc)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{_head(report, style, script)}</head>\n<body>'
        f"\n<main>\n<header><p>Validation report of <b>{show_text(report.dataset)}</b>, made "
        f'<time datetime="{made:%Y-%m-%dT%H:%M:%SZ}">{made:%Y-%m-%d %H:%M} UTC</time></p></header>'
        f"\n{verdict_html(report)}\n{entities_html(report)}\n{_findings(report)}\n"
        f"{details_html(report)}\n<footer>This page shows values of rows. Keep it as protected as "
        f"the data.</footer>\n</main>\n<script>{script}</script>\n</body>\n</html>\n"
    )


def _resource(name: str) -> str:
    return (files("apollo_spark.export") / name).read_text(encoding="utf-8")


def _head(report: ValidationReport, style: str, script: str) -> str:
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; "
        f"script-src '{_digest(script)}'; base-uri 'none'; form-action 'none'"
    )
    return (
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{plain_text(report.dataset)}: validation report</title>\n"
        '<link rel="icon" href="data:,">\n'
        f"<style>{style}</style>\n"
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


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
