"""The plan of a rebase as one HTML page that needs nothing else: who moves, and what that changes.

It holds counts, and names of records, fields and codes; of people nothing. It has no script.
"""

from collections.abc import Sequence

from apollo_spark.export.html_text import page_head, page_resource, show_text
from apollo_spark.export.rebase_text import describe_causes, describe_changes, describe_moves
from apollo_spark.model.rebase import RebasePlan

PEOPLE = (
    ("Now", "people_before"),
    ("Then", "people_after"),
    ("Kept", "people_kept"),
    ("Added", "people_added"),
    ("Lost", "people_lost"),
)


def rebase_html(plans: Sequence[RebasePlan], *, published: Sequence[str]) -> str:
    """Return plans as a page.

    Args:
        plans: The plans, as people may see them.
        published: The versions that were published; none where nothing was.
    """
    what = plans[0].record if len(plans) == 1 else f"{len(plans):,} records"
    head = page_head(f"Rebase of {what}", style=page_resource("report.css"))
    articles = "\n".join(map(_article, plans))
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}</head>\n<body>\n<main>\n'
        f"{_banner(plans, published)}\n{_overview(plans)}\n<section><h2>Records</h2>\n{articles}\n"
        "</section>\n</main>\n</body>\n</html>\n"
    )


def _banner(plans: Sequence[RebasePlan], published: Sequence[str]) -> str:
    refused = sum(each.refused is not None for each in plans)
    if published:
        look, title = "good", f"Published {len(published):,} of {len(plans):,}"
        sentence = ", ".join(map(show_text, published)) + "."
    elif refused:
        look, title = "bad", f"{refused:,} of {len(plans):,} cannot be moved"
        sentence = "Nothing was published."
    else:
        look, title = "calm", f"{len(plans):,} can be moved"
        sentence = "Nothing was published; --apply does it."
    return f'<section class="verdict {look}"><h1>{title}</h1><p>{sentence}</p></section>'


def _overview(plans: Sequence[RebasePlan]) -> str:
    heads = "".join(f'<th class="n" scope="col">{title}</th>' for title, _ in PEOPLE)
    rows = "".join(_row(each) for each in plans)
    return (
        '<section><h2>People</h2><div class="scroll"><table class="entities"><thead><tr>'
        f'<th scope="col">Record</th><th scope="col">Kind</th>{heads}<th scope="col">Why</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></div></section>"
    )


def _row(plan: RebasePlan) -> str:
    name = f'<th scope="row">{show_text(plan.record)}</th><td>{show_text(plan.kind)}</td>'
    if plan.refused is not None:
        return f'<tr>{name}<td colspan="{len(PEOPLE) + 1}">cannot be moved</td></tr>'
    counts = "".join(
        f'<td class="n{"" if (count := getattr(plan, field)) else " zero"}">{count:,}</td>'
        for _, field in PEOPLE
    )
    return f"<tr>{name}{counts}<td>{show_text(', '.join(describe_causes(plan.causes)))}</td></tr>"


def _article(plan: RebasePlan) -> str:
    look = "refuse" if plan.refused is not None else "calm"
    told = [] if plan.refused is None else [plan.refused]
    told += describe_changes(plan)
    items = "".join(f"<tr><td>{show_text(each, limit=1_000)}</td></tr>" for each in told)
    repairs = "".join(
        f"<tr><td><code>{show_text(each.old)},{show_text(each.new)}</code></td>"
        f"<td>{show_text(each.why)}</td></tr>"
        for each in plan.repairs
    )
    note = '<p class="note">Proposed for the file of --map:</p>'
    proposed = f"{note}<table><tbody>{repairs}</tbody></table>" if repairs else ""
    nothing = '<p class="note">Nothing else changes.</p>'
    body = f"<table><tbody>{items}</tbody></table>" if items else nothing
    return (
        f'<article class="{look}"><header><h3>{show_text(plan.record)}</h3>'
        f"<p>{show_text(describe_moves(plan), limit=1_000)}</p></header>{body}{proposed}</article>"
    )
