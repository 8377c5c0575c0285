"""The tables of a report beside its findings: entities, inputs, policy and tools."""

from collections import Counter
from collections.abc import Iterable, Sequence

from apollo_spark.export.html_text import show_text
from apollo_spark.model.policy import Policy
from apollo_spark.model.record import InputFile
from apollo_spark.model.report import EntityRows, ValidationReport
from apollo_spark.model.rules import RULES, Severity

INPUTS_SHOWN = 500
ENTITY_HEADER = ("Entity", "Fields", "Rows read", "Stored", "Quarantined", "Errors", "Warnings")


def entities_html(report: ValidationReport) -> str:
    """Return rows and findings per entity, with their sums."""
    if not report.entities:
        return ""
    counts = _count_by_entity(report)
    rows = [_numbers(each, counts) for each in report.entities]
    names = [show_text(each.entity) for each in report.entities]
    body = "".join(map(_entity_row, names, rows))
    sums = [sum_known(column) for column in zip(*rows, strict=True)]
    foot = f"<tfoot>{_entity_row('All entities', sums)}</tfoot>" if len(rows) > 1 else ""
    head = _header(ENTITY_HEADER, numbers=ENTITY_HEADER[1:])
    return (
        '<section><h2>Entities</h2><div class="scroll" tabindex="0" role="region" '
        f'aria-label="Entities"><table class="entities">{head}<tbody>{body}</tbody>{foot}</table>'
        "</div></section>"
    )


def details_html(report: ValidationReport) -> str:
    """Return what was read, under which policy and with which tools, folded in."""
    parts = (
        _fold(f"Input files ({len(report.inputs):,})", _inputs_table(report.inputs)),
        _fold("Policy", _policy_table(report.policy)),
        _fold("Tools", _tools_list(report.tools)),
    )
    return f"<section><h2>How it was made</h2>{''.join(parts)}</section>"


def show_size(size: int) -> str:
    """Return a number of bytes as people read it: `812 bytes`, `12.3 MB`."""
    if size < 1_000:
        return f"{size} bytes"
    amount = float(size)
    for unit in ("kB", "MB", "GB"):
        amount /= 1_000
        if amount < 999.95:
            return f"{amount:.1f} {unit}"
    return f"{amount / 1_000:,.1f} TB"


def sum_known(numbers: Iterable[int | None]) -> int | None:
    """Return the sum of the numbers that are known, None where none is."""
    known = [each for each in numbers if each is not None]
    return sum(known) if known else None


def show_number(number: int | None) -> str:
    """Return a count with its thousands separated; one that is not known is a dash."""
    return '<span title="not read">&ndash;</span>' if number is None else f"{number:,}"


def _count_by_entity(report: ValidationReport) -> Counter[tuple[str | None, Severity]]:
    counts: Counter[tuple[str | None, Severity]] = Counter()
    for each in report.findings:
        counts[each.entity, each.severity] += each.count
    return counts


def _numbers(
    rows: EntityRows, counts: Counter[tuple[str | None, Severity]]
) -> tuple[int | None, ...]:
    return (
        rows.fields,
        rows.rows_read,
        rows.rows_stored,
        rows.rows_quarantined,
        counts[rows.entity, Severity.REFUSE],
        counts[rows.entity, Severity.WARN],
    )


def _entity_row(name: str, numbers: Iterable[int | None]) -> str:
    cells = "".join(
        f'<td class="n{"" if each else " zero"}">{show_number(each)}</td>' for each in numbers
    )
    return f'<tr><th scope="row">{name}</th>{cells}</tr>'


def _header(names: Iterable[str], *, numbers: Iterable[str] = ()) -> str:
    right = frozenset(numbers)
    cells = (
        f'<th scope="col" class="n">{name}</th>'
        if name in right
        else f'<th scope="col">{name}</th>'
        for name in names
    )
    return f"<thead><tr>{''.join(cells)}</tr></thead>"


def _fold(title: str, body: str) -> str:
    return f'<details class="fold"><summary>{title}</summary>{body}</details>'


def _inputs_table(inputs: Sequence[InputFile]) -> str:
    if not inputs:
        return "<p>No file was read.</p>"
    rows = "".join(
        f'<tr><td>{show_text(each.role)}</td><td class="file">{show_text(each.name)}</td>'
        f'<td class="n" title="{each.size:,} bytes">{show_size(each.size)}</td>'
        f"<td><code>{show_text(each.sha256)}</code></td></tr>"
        for each in inputs[:INPUTS_SHOWN]
    )
    hidden = len(inputs) > INPUTS_SHOWN
    note = (
        f'<p class="note">The first {INPUTS_SHOWN:,} of {len(inputs):,}; the JSON report has all '
        "of them.</p>"
        if hidden
        else ""
    )
    head = _header(("Role", "File", "Size", "SHA-256"), numbers=("Size",))
    return f'<table class="inputs">{head}<tbody>{rows}</tbody></table>{note}'


def _policy_table(policy: Policy) -> str:
    if not policy.severities:
        return "<p>Every rule has its own severity: no policy was given.</p>"
    rows = "".join(
        f"<tr><td><code>{show_text(rule)}</code></td><td>{severity}</td>"
        f"<td>{RULES[rule].default if rule in RULES else '&ndash;'}</td></tr>"
        for rule, severity in policy.severities
    )
    return f"<table>{_header(('Rule', 'In force', 'By default'))}<tbody>{rows}</tbody></table>"


def _tools_list(tools: Sequence[tuple[str, str]]) -> str:
    items = "".join(
        f"<dt>{show_text(name)}</dt><dd>{show_text(version)}</dd>" for name, version in tools
    )
    return f"<dl>{items}</dl>" if tools else "<p>Not recorded.</p>"
