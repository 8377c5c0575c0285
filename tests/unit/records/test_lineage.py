"""What a version was made from: as a tree of text, and as a picture."""

import re
import xml.etree.ElementTree as ET
from datetime import datetime, timezone

from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.export.lineage_svg import lineage_svg
from apollo_spark.export.lineage_text import lineage_text
from apollo_spark.model.record import InputFile
from apollo_spark.records.lineage import LineageNode, LineageTree

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
SVG = "{http://www.w3.org/2000/svg}"


def node(
    version: str,
    operation: str,
    *parents: str,
    files: tuple[str, ...] = (),
    is_retired: bool = False,
    keeps_parents: bool = False,
) -> LineageNode:
    return LineageNode(
        version=version,
        kind="dataset",
        operation=operation,
        time=NOON,
        actor="ann",
        parents=parents,
        inputs=tuple(
            InputFile(role="patient", name=each, size=7, sha256="0123456789abcdef" * 4)
            for each in files
        ),
        is_retired=is_retired,
        keeps_parents=keeps_parents,
    )


TREE = LineageTree(
    nodes=(
        node("both@1", "merge clinical", "acc@1", "study@3"),
        node("acc@1", "load clinical", files=("acc.csv",)),
        node("study@3", "extend", "study@1", "acc@1", files=("labs.csv",), is_retired=True),
        node("study@1", "view", keeps_parents=True),
    )
)


def test_a_tree_names_every_version_with_what_made_it_and_its_files() -> None:
    assert lineage_text(TREE).splitlines() == [
        "both@1  merge clinical  2026-03-01 12:00  ann",
        "├─ acc@1  load clinical  2026-03-01 12:00  ann",
        "│     acc.csv  0123456789ab  (patient)",
        "└─ study@3  extend  2026-03-01 12:00  ann  retired",
        "   │  labs.csv  0123456789ab  (patient)",
        "   ├─ study@1  view  2026-03-01 12:00  ann",
        "   │     made from what is not shown here",
        "   └─ acc@1  (see above)",
    ]


def test_a_parent_that_lies_in_another_lake_is_named() -> None:
    tree = LineageTree(nodes=(node("a@1", "view", "b@1"), LineageNode(version="b@1")))

    assert lineage_text(tree).splitlines() == [
        "a@1  view  2026-03-01 12:00  ann",
        "└─ b@1  not in this lake",
    ]


def test_the_json_has_every_version_once() -> None:
    shown = TREE.as_json()

    assert shown["root"] == "both@1"
    assert [(each["version"], each["parents"]) for each in shown["nodes"]] == [
        ("both@1", ["acc@1", "study@3"]),
        ("acc@1", []),
        ("study@3", ["study@1", "acc@1"]),
        ("study@1", []),
    ]
    assert shown["nodes"][2] == {
        "version": "study@3",
        "kind": "dataset",
        "operation": "extend",
        "published": "2026-03-01T12:00:00+00:00",
        "actor": "ann",
        "retired": True,
        "inputs": [
            {
                "role": "patient",
                "name": "labs.csv",
                "size": 7,
                "sha256": "0123456789abcdef" * 4,
            }
        ],
        "parents": ["study@1", "acc@1"],
    }


def test_generations_go_by_the_longest_way() -> None:
    assert TREE.generations() == {"both@1": 0, "study@3": 1, "acc@1": 2, "study@1": 2}


def test_a_chain_of_hundreds_is_no_burden() -> None:
    names = [f"study@{number}" for number in range(600, 0, -1)]
    nodes = [node(name, "extend", *names[i + 1 : i + 2]) for i, name in enumerate(names)]
    tree = LineageTree(nodes=tuple(nodes))

    assert len(lineage_text(tree).splitlines()) == 600
    assert tree.generations()["study@1"] == 599
    assert lineage_svg(tree).count("<g>") == 600


Box = tuple[float, float, float, float]


def boxes_of(tree: LineageTree) -> dict[str, Box]:
    """Return left, top, right and bottom of each box."""
    found = {}
    for group in ET.fromstring(lineage_svg(tree)).iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        assert rect is not None
        x, y, width, height = (float(rect.get(name, "")) for name in ("x", "y", "width", "height"))
        found[str(group.findtext(f"{SVG}title"))] = (x, y, x + width, y + height)
    return found


def test_the_picture_stands_alone() -> None:
    picture = lineage_svg(TREE)

    assert picture.startswith("<svg ")
    assert set(re.findall(r'[a-z]+://[^"]*', picture)) == {"http://www.w3.org/2000/svg"}
    for word in ("href", "url(", "@import", "<script", "<image", "<foreignObject"):
        assert word not in picture
    assert "prefers-color-scheme: dark" in picture


def test_what_came_first_stands_on_the_left() -> None:
    boxes = boxes_of(TREE)

    assert boxes.keys() == {"both@1", "acc@1", "study@3", "study@1"}
    for each in TREE.nodes:
        for parent in each.parents:
            assert boxes[parent][2] < boxes[each.version][0]


NAMES = st.text(min_size=1, max_size=80)


@st.composite
def trees(draw: st.DrawFn) -> LineageTree:
    count = draw(st.integers(1, 8))
    parents = [
        [f"study@{j}" for j in range(i + 1, count) if j == i + 1 or draw(st.booleans())]
        for i in range(count)
    ]
    return LineageTree(
        nodes=tuple(
            node(f"study@{i}", draw(NAMES), *parents[i], files=tuple(draw(st.lists(NAMES))))
            for i in range(count)
        )
    )


@given(trees())
def test_boxes_never_overlap_and_lie_in_the_picture(tree: LineageTree) -> None:
    root = ET.fromstring(lineage_svg(tree))
    width, height = float(root.get("width", "")), float(root.get("height", ""))
    boxes = list(boxes_of(tree).values())

    assert len(boxes) == len(tree.nodes)
    for number, (left, top, right, bottom) in enumerate(boxes):
        assert left >= 0
        assert top >= 0
        assert right <= width
        assert bottom <= height
        for other in boxes[number + 1 :]:
            assert right < other[0] or other[2] < left or bottom < other[1] or other[3] < top


@given(NAMES, NAMES)
def test_any_name_makes_a_picture_that_can_be_read(name: str, operation: str) -> None:
    root = ET.fromstring(
        lineage_svg(LineageTree(nodes=(node("study@1", operation, files=(name,)),)))
    )

    assert len(list(root.iter(f"{SVG}text"))) == 3
