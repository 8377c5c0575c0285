"""Read an HTML page as a tree, strictly: every element that opens must close in its place."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "input", "br"})


@dataclass
class Element:
    """An element with its attributes, its own pieces of text and its children, in order."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    content: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(each if isinstance(each, str) else each.text for each in self.content)

    def walk(self) -> Iterator["Element"]:
        yield self
        for each in self.content:
            if isinstance(each, Element):
                yield from each.walk()

    def all(self, tag: str, css_class: str | None = None) -> list["Element"]:
        return [
            each
            for each in self.walk()
            if each.tag == tag
            and (css_class is None or css_class in each.attributes.get("class", "").split())
        ]

    def one(self, tag: str, css_class: str | None = None) -> "Element":
        (found,) = self.all(tag, css_class)
        return found

    def rows(self) -> list[list[str]]:
        """The cells of the table's own rows, without those of tables inside it."""
        parts = [each for each in self.content if isinstance(each, Element)]
        rows = [row for part in parts for row in part.content if isinstance(row, Element)]
        return [[each.text for each in row.content if isinstance(each, Element)] for row in rows]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("page")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].content.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].content.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment is in the page: {data}")


def read_page(text: str) -> Element:
    """Return the page; fail where an element is left open or closed in the wrong place."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert [each.tag for each in reader.open] == ["page"]
    return reader.open[0]
