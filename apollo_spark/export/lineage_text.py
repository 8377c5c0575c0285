"""A lineage as a tree of text, and as JSON."""

from apollo_spark.export.printable import printable
from apollo_spark.records.lineage import LineageNode, LineageTree

DIGEST_LENGTH = 12


def lineage_text(tree: LineageTree) -> str:
    """Return one line for each version and file; a version that comes again is only named."""
    lines: list[str] = []
    shown: set[str] = set()
    waiting = [(tree.root.version, "", "")]
    while waiting:
        version, before, rest = waiting.pop()
        node = tree.by_version[version]
        if version in shown:
            lines.append(f"{before}{version}  (see above)")
            continue
        shown.add(version)
        lines.append(f"{before}{version}  {node.summary_line}")
        lines += [f"{rest}{'│  ' if node.parents else '   '}{each}" for each in _notes(node)]
        last = len(node.parents) - 1
        branches = [
            (
                parent,
                f"{rest}{'└─ ' if number == last else '├─ '}",
                f"{rest}{'   ' if number == last else '│  '}",
            )
            for number, parent in enumerate(node.parents)
        ]
        waiting += reversed(branches)
    return "\n".join(lines)


def _notes(node: LineageNode) -> list[str]:
    files = [
        f"{printable(each.name)}  {each.sha256[:DIGEST_LENGTH]}  ({printable(each.role)})"
        for each in node.inputs
    ]
    return [*files, "made from what is not shown here"] if node.keeps_parents else files
