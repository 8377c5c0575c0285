"""A lineage as a picture: one SVG file that opens by itself, in light and in dark."""

from dataclasses import dataclass
from html import escape

from apollo_spark.export.lineage_text import DIGEST_LENGTH
from apollo_spark.export.printable import is_shown
from apollo_spark.records.lineage import LineageNode, LineageTree

LETTER = 7.0
"""Width of a letter of 13 pixels, about."""
PADDING, GAP_X, GAP_Y, LINE, LANE = 12, 64, 20, 18, 14
NAMESPACE = "http://www.w3.org/2000/svg"
MOST_FILES, MOST_LETTERS = 5, 44

STYLE = """
svg { color-scheme: light dark; font: 13px ui-sans-serif, system-ui, sans-serif; }
.page { fill: #ffffff; }
.box { fill: #f6f8fa; stroke: #8c959f; }
.root { stroke: #0969da; stroke-width: 2; }
.retired { stroke-dasharray: 5 4; }
.edge { fill: none; stroke: #8c959f; stroke-width: 1.5; }
.tip { fill: #8c959f; }
text { fill: #1f2328; }
.name { font-weight: 600; }
.small { fill: #59636e; font-size: 12px; }
@media (prefers-color-scheme: dark) {
  .page { fill: #0d1117; }
  .box { fill: #161b22; stroke: #6e7681; }
  .root { stroke: #4493f8; }
  .edge { stroke: #6e7681; }
  .tip { fill: #6e7681; }
  text { fill: #f0f6fc; }
  .small { fill: #9198a1; }
}
"""


@dataclass(frozen=True)
class Box:
    """Where a version is drawn: its left upper corner, its size, and its lines."""

    node: LineageNode
    lines: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float


def lineage_svg(tree: LineageTree) -> str:
    """Return the picture: what came first is on the left, the version itself on the right."""
    boxes = _place(tree)
    width = max(each.x + each.width for each in boxes.values()) + PADDING
    height = max(each.y + each.height for each in boxes.values()) + PADDING
    edges = []
    for box in boxes.values():
        for parent in box.node.parents:
            lane = None
            if box.x - boxes[parent].x - boxes[parent].width > GAP_X + 1:
                # Straight on, it would run behind the boxes in between.
                lane, height = height, height + LANE
            edges.append(_edge(boxes[parent], box, lane))
    drawn = [_draw(each, is_root=each.node == tree.root) for each in boxes.values()]
    title = escape(f"Lineage of {tree.root.version}")
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return "\n".join(
        [
            f'<svg xmlns="{NAMESPACE}" {size} role="img" aria-label="{title}">',
            f"<title>{title}</title>",
            f"<style>{STYLE}</style>",
            '<rect class="page" width="100%" height="100%"/>',
            *edges,
            *drawn,
            "</svg>",
            "",
        ]
    )


def _place(tree: LineageTree) -> dict[str, Box]:
    """Put generations side by side, the oldest first, each in the middle of the height."""
    generations = tree.generations()
    columns: dict[int, list[LineageNode]] = {}
    for node in tree.nodes:
        columns.setdefault(generations.get(node.version, 0), []).append(node)
    lines = {each.version: _lines(each) for each in tree.nodes}
    heights = {version: 2 * PADDING + LINE * len(told) for version, told in lines.items()}
    tallest = max(_height(nodes, heights) for nodes in columns.values())
    boxes: dict[str, Box] = {}
    x = float(PADDING)
    for _, nodes in sorted(columns.items(), reverse=True):
        width = 2 * PADDING + LETTER * max(len(e) for n in nodes for e in lines[n.version])
        y = PADDING + (tallest - _height(nodes, heights)) / 2
        for node in nodes:
            height = heights[node.version]
            boxes[node.version] = Box(node, lines[node.version], x, y, width, height)
            y += height + GAP_Y
        x += width + GAP_X
    return boxes


def _height(nodes: list[LineageNode], heights: dict[str, int]) -> int:
    return sum(heights[each.version] for each in nodes) + GAP_Y * (len(nodes) - 1)


def _lines(node: LineageNode) -> tuple[str, ...]:
    files = [f"{_short(e.name)}  {e.sha256[:DIGEST_LENGTH]}" for e in node.inputs[:MOST_FILES]]
    if len(node.inputs) > MOST_FILES:
        files.append(f"and {len(node.inputs) - MOST_FILES} more files")
    kept = ["made from what is not shown here"] if node.keeps_parents else []
    return (_short(node.version), node.summary_line, *files, *kept)


def _short(text: str) -> str:
    """Return a text of bounded length: the end of a name tells more than its middle."""
    half = (MOST_LETTERS - 1) // 2
    return text if len(text) <= MOST_LETTERS else f"{text[:half]}…{text[-half:]}"


def _draw(box: Box, *, is_root: bool) -> str:
    marks = f"{' root' if is_root else ''}{' retired' if box.node.is_retired else ''}"
    size = f'width="{box.width:.0f}" height="{box.height:.0f}"'
    parts = [
        f"<g><title>{escape(box.node.version)}</title>",
        f'<rect class="box{marks}" rx="6" x="{box.x:.0f}" y="{box.y:.0f}" {size}/>',
    ]
    for number, line in enumerate(box.lines):
        kind = "name" if number == 0 else "small"
        y = box.y + PADDING + LINE * number + 13
        parts.append(
            f'<text class="{kind}" x="{box.x + PADDING:.0f}" y="{y:.0f}"'
            f' xml:space="preserve">{escape(_printable(line))}</text>'
        )
    return "".join([*parts, "</g>"])


def _printable(text: str) -> str:
    """Return a text without the control characters that XML does not know."""
    return "".join(each if is_shown(each) else "�" for each in text)


def _edge(parent: Box, child: Box, lane: float | None) -> str:
    """Draw an arrow, between neighbours or along a lane below all boxes."""
    x1, y1 = parent.x + parent.width, parent.y + parent.height / 2
    x2, y2 = child.x - 8, child.y + child.height / 2
    if lane is None:
        curve = f"M{x1:.0f} {y1:.0f}{_bend((x1, y1), (x2, y2))}"
    else:
        down, up = x1 + GAP_X * 0.7, x2 - GAP_X * 0.7
        curve = (
            f"M{x1:.0f} {y1:.0f}{_bend((x1, y1), (down, lane))}"
            f"H{up:.0f}{_bend((up, lane), (x2, y2))}"
        )
    tip = f"M{x2:.0f} {y2 - 4:.0f}l8 4l-8 4z"
    return f'<path class="edge" d="{curve}"/><path class="tip" d="{tip}"/>'


def _bend(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, end
    middle = (x1 + x2) / 2
    return f"C{middle:.0f} {y1:.0f} {middle:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"
