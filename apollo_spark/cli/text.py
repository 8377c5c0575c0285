"""Records as text for a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from apollo_spark.export.printable import printable


def render_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return left-aligned columns under a header; empty columns are left out.

    A cell is one line, whatever it holds: a title may have line ends and worse.
    """
    table = [tuple(header), *(tuple(printable(str(cell)) for cell in row) for row in rows)]
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


def render_history(shown: Mapping[str, Any]) -> str:
    """Return one line per version, and below them one for whatever was said of a guard."""
    guards = [
        f"{_guard(each['limit'])}, {_minute(each['time'])} by {each['actor']}"
        for each in shown.get("guards", ())
    ]
    return "\n".join([_render_versions(shown["versions"]), *guards])


def _guard(limit: Mapping[str, Any] | None) -> str:
    if limit is None:
        return "not guarded"
    rounded = "" if limit["round"] is None else f", rounded to multiples of {limit['round']}"
    return f"guarded: no numbers of fewer than {limit['least']} people{rounded}"


def _guard_of(shown: Mapping[str, Any]) -> list[str]:
    return [_guard(shown["guard"])] if "guard" in shown else []


def _render_versions(rows: Sequence[dict[str, Any]]) -> str:
    header = ("version", "operation", "published", "by", "rows", "retired", "id")
    return render_table(
        header,
        [
            (
                f"{r['name']}@{r['version']}",
                r["operation"] or "",
                _minute(r["time"]),
                r["actor"],
                _count(r["rows"]),
                "{} by {}".format(_minute(r["retired"]["time"]), r["retired"]["actor"])
                if r["retired"]
                else "",
                r["id"],
            )
            for r in rows
        ],
    )


def render_record(shown: dict[str, Any], *, with_pins: bool) -> str:
    """Return a record as `show` prints it."""
    entities = [
        (
            f"{name}{_role(name, shown)}",
            entity["title"] or "",
            _counted(entity["rows"]),
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
    parts += _guard_of(shown)
    for of, count in shown["withdrawn"].items():
        parts.append(f"withdrawn: {count:,} of {of} are hidden; counts are those before that")
    if shown["relations"]:
        edges = [(e["from"], "->", e["to"], e["relationship"]) for e in shown["relations"]]
        parts.append(render_table(("relation", "", "", ""), edges))
    if shown["assays"]:
        parts.append(_render_assays(shown["assays"]))
    if shown["parents"]:
        parts.append(f"made of {' and '.join(shown['parents'])}")
    if rules := shown.get("rules"):
        parts.append("\n".join(f"rule on {e['entity']}: {e['text'] or 'by keys'}" for e in rules))
    if with_pins:
        pins = [
            (p["table"], str(p["version"]), p["path"] or "", p["content_hash"] or "")
            for p in shown["pins"]
        ]
        parts.append(render_table(("table", "version", "path", "content hash"), pins))
    return "\n\n".join(parts)


def render_cohort(shown: dict[str, Any]) -> str:
    """Return a cohort as `show` prints it."""
    parts = [
        "{name}@{version}  published {minute} by {operation_word}".format(
            minute=_minute(shown["published"]),
            operation_word=f"cohort {shown['operation']}",
            **shown,
        ),
        *(printable(each) for each in (shown["title"], shown["description"]) if each),
        f"{shown['count']:,} of {shown['main_entity']} in {shown['dataset']}",
        printable(shown["filter"]),
    ]
    if shown["filter_prose"]:
        parts.append(printable(shown["filter_prose"]))
    parts += _guard_of(shown)
    for of, count in shown["withdrawn"].items():
        parts.append(f"withdrawn: {count:,} of {of} are hidden, and in no cohort")
    return "\n".join(parts)


def render_dashboard(shown: dict[str, Any]) -> str:
    """Return a dashboard as `show` prints it."""
    about = (
        f"about {shown['cohort']}, of {shown['dataset']}"
        if shown["cohort"]
        else (f"about {shown['dataset']}")
    )
    tiles = [
        (str(number), each["chart"], each.get("title", ""), ", ".join(each.get("fields", ())),
         each["problem"] or "")
        for number, each in enumerate(shown["tiles"], start=1)
    ]  # fmt: skip
    parts = [
        "{name}@{version}  published {minute} by dashboard create".format(
            minute=_minute(shown["published"]), **shown
        ),
        *(printable(each) for each in (shown["title"], shown["description"]) if each),
        about,
        *_guard_of(shown),
        *(f"withdrawn: {n:,} of {of} are hidden" for of, n in shown["withdrawn"].items()),
        render_table(("tile", "chart", "title", "fields", "problem"), tiles),
    ]
    return "\n".join(parts)


def _role(entity: str, shown: dict[str, Any]) -> str:
    if entity == shown["main_entity"]:
        return " (main)"
    return " (joined to nothing)" if entity in shown["unjoined"] else ""


def _render_assays(assays: Sequence[dict[str, Any]]) -> str:
    header = ("assay", "type", "units", "features", "samples", "of")
    rows = [
        (e["name"], e["type"], ", ".join(e["units"]), _count(e["features"]), _counted(e["samples"]),
         e["of"])
        for e in assays
    ]  # fmt: skip
    return render_table(header, rows)


def _counted(number: Any) -> str:
    return "not counted" if number is None else _count(number)


def _count(number: Any) -> str:
    if number is None:
        return ""
    # As JSON a number that is not shown is no number.
    return "not shown" if isinstance(number, dict) else f"{number:,}"


def _minute(time: str) -> str:
    return time[:16].replace("T", " ")


def render_bytes(count: int) -> str:
    """Return a number of bytes as people read it: `999 B`, `1.5 kB`, `2.0 GB`."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
