"""The report of a growth: as JSON, and as one HTML page that needs nothing else.

It holds counts, and names of records, fields and files; of people nothing. It has no script.
"""

import json
from datetime import timezone

from apollo_spark.export.grow_text import describe_step
from apollo_spark.export.html_text import page_head, page_resource, show_text
from apollo_spark.export.printable import printable_json
from apollo_spark.export.rebase_text import describe_rebase
from apollo_spark.model.growth import Growth, GrowthStep

LOOKS = {"done": "good", "failed": "refuse", "not begun": "warn"}
LIMIT = 2_000
"""Characters of a line that are shown."""


def growth_json(growth: Growth) -> str:
    """Return a report as indented JSON with sorted keys, ending with a line feed."""
    text = json.dumps(growth.as_json(), indent=2, sort_keys=True, ensure_ascii=False)
    return "\n".join(map(printable_json, text.split("\n"))) + "\n"


def growth_html(growth: Growth) -> str:
    """Return a report as a page."""
    head = page_head(f"Growth by {growth.config}", style=page_resource("report.css"))
    articles = "\n".join(map(_article, growth.steps))
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}</head>\n<body>\n<main>\n'
        f"{_header(growth)}\n{_banner(growth)}\n{_left(growth)}\n<section><h2>Steps</h2>\n"
        f"{articles}\n</section>\n</main>\n</body>\n</html>\n"
    )


def _header(growth: Growth) -> str:
    if growth.began is None:
        return f"<header><p>Growth by <b>{show_text(growth.config)}</b></p></header>"
    began = growth.began.astimezone(timezone.utc)
    return (
        f"<header><p>Growth by <b>{show_text(growth.config)}</b>, begun by "
        f'{show_text(growth.actor)} <time datetime="{began:%Y-%m-%dT%H:%M:%SZ}">'
        f"{began:%Y-%m-%d %H:%M} UTC</time></p></header>"
    )


def _banner(growth: Growth) -> str:
    failed = growth.failed
    if failed is not None:
        look, title = "bad", f"Ended at step {failed.number}: {failed.does}"
        sentence = "The steps before it are done; the next run goes on after them."
    elif growth.left:
        count = len(growth.left)
        said = (
            "1 record was left as it was"
            if count == 1
            else f"{count:,} records were left as they were"
        )
        look, title = "bad", said
        sentence = "All else was done."
    elif not growth.published and not growth.retired:
        look, title, sentence = "calm", "Nothing was new", "Everything is as it was."
    else:
        look, title = "good", f"Published {len(growth.published):,} versions"
        sentence = f"{len(growth.retired):,} versions were retired."
    return (
        f'<section class="verdict {look}"><h1>{show_text(title)}</h1>'
        f"<p>{show_text(sentence)}</p></section>"
    )


def _left(growth: Growth) -> str:
    if not growth.left:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{show_text(each.record)}</th>'
        f"<td>{show_text(each.why, limit=LIMIT)}</td></tr>"
        for each in growth.left
    )
    return f"<section><h2>Left as they were</h2><table><tbody>{rows}</tbody></table></section>"


def _article(step: GrowthStep) -> str:
    took = "" if step.seconds is None else f", {step.seconds:,.1f} s"
    parts = (
        ("Planned", step.plan),
        ("Came to", tuple(describe_step(step))),
        ("To know", step.notes),
        ("Moved", tuple(x for each in step.moves for x in describe_rebase(each).split("\n"))),
    )
    body = "".join(
        f'<tr><th scope="row">{title if at == 0 else ""}</th>'
        f"<td>{show_text(line, limit=LIMIT)}</td></tr>"
        for title, lines in parts
        for at, line in enumerate(lines)
    )
    look = LOOKS.get(step.state, "calm")
    return (
        f'<article class="{look}"><header><h3>{step.number}. {show_text(step.does)}</h3>'
        f"<p>{step.state}{took}</p></header><table><tbody>{body}</tbody></table></article>"
    )
