"""A dashboard as one page that needs nothing else: charts, their numbers as tables, and licences.

The page holds its style, its data and its scripts; a content policy with their hashes lets nothing
else run or be fetched, whatever a title or a meaning of the data says.
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Any

from apollo_spark.export.charts.specs import chart_spec, describe
from apollo_spark.export.charts.tables import ShownTable, beside, chart_tables, show_count
from apollo_spark.export.html_text import plain_text, show_text
from apollo_spark.export.vendored import chart_scripts, notices
from apollo_spark.model.dashboard.answer import TileAnswer, TileData
from apollo_spark.model.dashboard.tile import ChartKind

SPAN = 6
"""Columns of twelve that a tile takes where it does not say it."""
MOST_ROWS = 400
"""Rows of a table that a page shows; a chart of more is a curve or a plane."""


@dataclass(frozen=True)
class Page:
    """What a page is of.

    Attributes:
        title: Its title.
        description: What it is for.
        source: The version of the dashboard.
        dataset: The version of the dataset.
        about: Whom it is about, one line for each cohort.
        answers: The tiles.
    """

    title: str
    description: str | None
    source: str
    dataset: str
    about: tuple[str, ...]
    answers: Sequence[TileAnswer]


def page_html(page: Page) -> str:
    """Return the page."""
    style, script = _resource("page.css"), _resource("page.js")
    scripts = [*(_inline(each.text) for each in chart_scripts()), script]
    tiles = "".join(_tile(number, each) for number, each in enumerate(page.answers, start=1))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n'
        f"{_head(page, style, scripts)}</head>\n<body>\n<main>\n{_header(page)}"
        f'<div class="grid">\n{tiles}</div>\n{_footer()}</main>\n'
        + "".join(f"<script>{each}</script>\n" for each in scripts)
        + "</body>\n</html>\n"
    )


def _header(page: Page) -> str:
    about = "".join(f"<p>{show_text(each, limit=2000)}</p>" for each in page.about)
    description = f"<p>{show_text(page.description, limit=2000)}</p>" if page.description else ""
    source = f"<p>{show_text(page.source)} of {show_text(page.dataset)}</p>"
    return f"<header><h1>{show_text(page.title)}</h1>{description}{source}{about}</header>\n"


def _tile(number: int, answer: TileAnswer) -> str:
    layout = answer.tile.layout
    column = "" if layout.x is None else f"{layout.x + 1} / "
    row = "" if layout.y is None else f"grid-row:{layout.y + 1} / span {layout.height or 1};"
    place = f"grid-column:{column}span {layout.width or SPAN};{row}"
    title = f"<h2>{number}. {show_text(answer.title)}</h2>"
    if answer.problem is not None:
        what = show_text(answer.problem, limit=1000)
        body = f'<figcaption>{title}</figcaption><p class="problem">Not answered: {what}</p>'
        return f'<figure style="{place}">{body}</figure>\n'
    lines = "".join(f"<p>{_line(answer, each)}</p>" for each in answer.all_data)
    notes = "".join(f"<p>{show_text(each, limit=500)}</p>" for each in _notes(answer))
    head = f"<figcaption>{title}{lines}{notes}</figcaption>"
    return f'<figure style="{place}">{head}{_chart(number, answer)}{_numbers(answer)}</figure>\n'


def _line(answer: TileAnswer, data: TileData) -> str:
    name = f"{data.cohort or data.filter or 'everybody'}: " if len(answer.all_data) > 1 else ""
    return show_text(name + ", ".join(beside(answer, data)), limit=2000)


def _notes(answer: TileAnswer) -> list[str]:
    found = list(answer.notes)
    if answer.log_rank is not None:
        found.insert(0, f"log-rank between the cohorts: p = {answer.log_rank.p:.3g}")
    if answer.suppressed:
        found.append("Some counts are not shown, because they are small; they are not 0.")
    return found


def _chart(number: int, answer: TileAnswer) -> str:
    if answer.tile.chart is ChartKind.TABLE:
        return ""
    spec = chart_spec(answer)
    label = plain_text(describe(answer))
    return (
        f'<script type="application/json" id="spec-{number}">{_json(spec)}</script>'
        f'<div class="chart" data-spec="spec-{number}" role="img" aria-label="{label}"></div>'
    )


def _numbers(answer: TileAnswer) -> str:
    tables = "".join(map(_table, chart_tables(answer)))
    if answer.tile.chart is ChartKind.TABLE:
        return f'<div class="scroll" tabindex="0">{tables}</div>'
    is_open = " open" if answer.tile.chart is ChartKind.SURVIVAL else ""
    return (
        f"<details{is_open}><summary>The numbers</summary>"
        f'<div class="scroll" tabindex="0">{tables}</div></details>'
    )


def _table(shown: ShownTable) -> str:
    header = "".join(f'<th scope="col">{show_text(each)}</th>' for each in shown.header)
    rows = "".join(
        f"<tr>{''.join(f'<td>{show_text(cell)}</td>' for cell in row)}</tr>"
        for row in shown.rows[:MOST_ROWS]
    )
    left = len(shown.rows) - MOST_ROWS
    more = f"; {show_count(left)} further rows are in the chart alone" if left > 0 else ""
    caption = (
        f"<caption>{show_text(shown.caption + more)}</caption>" if shown.caption or more else ""
    )
    return f"<table>{caption}<thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>"


def _footer() -> str:
    used = ", ".join(f"{each.package} {each.version} ({each.licence})" for each in chart_scripts())
    return (
        f"<footer>Drawn with {show_text(used)}.<details><summary>Licences</summary>"
        f"<pre>{show_text(notices(), limit=1_000_000)}</pre></details></footer>\n"
    )


def _head(page: Page, style: str, scripts: Sequence[str]) -> str:
    allowed = " ".join(f"'{_digest(each)}'" for each in scripts)
    # The charts set styles of their elements, which no hash can name.
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src {allowed}; base-uri 'none'; form-action 'none'"
    )
    return (
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{plain_text(page.title)}</title>\n"
        '<link rel="icon" href="data:,">\n'
        f"<style>{style}</style>\n"
    )


def _json(value: Any) -> str:
    """Return JSON that ends no element of the page."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _inline(script: str) -> str:
    """Return a script that ends no element of the page: the same in JavaScript."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _resource(name: str) -> str:
    return (files("apollo_spark.export.charts") / name).read_text(encoding="utf-8")
