"""Records as text for a terminal."""

from collections.abc import Iterable, Sequence
from typing import Any


def render_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return left-aligned columns under a header; empty columns are left out."""
    table = [tuple(header), *(tuple(str(cell) for cell in row) for row in rows)]
    kept = [i for i in range(len(header)) if any(row[i] for row in table[1:])]
    widths = [max(len(row[i]) for row in table) for i in kept]
    lines = (
        "  ".join(row[i].ljust(width) for i, width in zip(kept, widths, strict=True)).rstrip()
        for row in table
    )
    return "\n".join(lines)


def render_list(rows: Sequence[dict[str, Any]]) -> str:
    """Return one line per record."""
    header = ("name", "version", "kind", "published", "by")
    return render_table(
        header, [(r["name"], r["version"], r["kind"], _minute(r["time"]), r["actor"]) for r in rows]
    )


def render_history(rows: Sequence[dict[str, Any]]) -> str:
    """Return one line per version."""
    header = ("version", "published", "by", "id")
    return render_table(
        header,
        [(f"{r['name']}@{r['version']}", _minute(r["time"]), r["actor"], r["id"]) for r in rows],
    )


def render_record(shown: dict[str, Any], *, with_pins: bool) -> str:
    """Return a record as `show` prints it."""
    rows = {pin["table"]: pin["rows"] for pin in shown["pins"]}
    entities = [
        (
            f"{name}{' (main)' if name == shown['main_entity'] else ''}",
            entity["title"] or "",
            f"{rows[name]:,}" if name in rows else "",
            str(len(entity["fields"])),
            entity["primary_key"] or "",
        )
        for name, entity in shown["entities"].items()
    ]
    parts = [
        "{name}@{version}  published {minute} by {operation}".format(
            minute=_minute(shown["published"]), **shown
        ),
        render_table(("entity", "title", "rows", "fields", "primary key"), entities),
    ]
    if shown["relations"]:
        edges = [(e["from"], "->", e["to"], e["relationship"]) for e in shown["relations"]]
        parts.append(render_table(("relation", "", "", ""), edges))
    if with_pins:
        pins = [
            (p["table"], str(p["version"]), p["path"], p["content_hash"]) for p in shown["pins"]
        ]
        parts.append(render_table(("table", "version", "path", "content hash"), pins))
    return "\n\n".join(parts)


def _minute(time: str) -> str:
    return time[:16].replace("T", " ")
