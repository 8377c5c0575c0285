"""The top of a report: how the load ended, in one sentence and a few numbers."""

from collections import Counter
from collections.abc import Iterable

from apollo_spark.export.html_text import show_text
from apollo_spark.export.report_tables import show_number, sum_known
from apollo_spark.model.findings import Finding, Severity, refusing
from apollo_spark.model.report import ValidationReport, Verdict


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
