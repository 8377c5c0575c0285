"""Read the small YAML files that people write: settings, policies, jobs.

What YAML can do beyond keys, lists and plain values is refused: a file of a few lines must not
become gigabytes (aliases), run for minutes (nesting) or mean two things (a key twice).
"""

import math
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import yaml

from apollo_spark.sources.regular_files import open_regular

LARGEST_FILE = 1024 * 1024
DEEPEST = 20
MOST_VALUES = 50_000
LONGEST_KEY = 255
LONGEST_NUMBER = 40

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_WORDS = ("null", "bool", "int", "float", "timestamp", "str", "value")


class PlainYamlError(ValueError):
    """A file that is not plain YAML; the text says why and where, and holds no value."""


class NotTextError(PlainYamlError):
    """A file that is not text at all."""


def read_plain_yaml(path: Path) -> Any:
    """Return what a file holds: mappings, lists, texts, numbers, dates, true, false, None.

    Raises:
        OSError: The file cannot be read.
        PlainYamlError: It is too large, no UTF-8 text, no YAML, or more than plain YAML.
    """
    with open_regular(path) as stream:
        content = stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise PlainYamlError(f"the file is larger than {LARGEST_FILE >> 20} MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotTextError("the file is not UTF-8 text") from None
    return parse_plain_yaml(text)


def parse_plain_yaml(text: str) -> Any:
    """Return what a text holds; see `read_plain_yaml`."""
    try:
        return _Builder(yaml.parse(text, Loader=_LOADER)).build()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = f": {error.problem}" if error.problem else ""
        raise PlainYamlError(f"the file is not YAML{_place(mark)}{why}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise PlainYamlError(f"a character at line {line} is not text") from None
    except yaml.YAMLError:
        raise PlainYamlError("the file is not YAML") from None


def _place(mark: Any) -> str:
    return "" if mark is None else f" at line {mark.line + 1}"


class _Builder:
    """Builds values from events, one after the other: nothing here descends."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._values = 0
        self._constructor = yaml.constructor.SafeConstructor()
        self._resolver = yaml.resolver.Resolver()

    def build(self) -> Any:
        root: list[Any] = []
        open_nodes: list[_Node] = [_List(root)]
        documents = 0
        for event in self._events:
            documents += isinstance(event, yaml.DocumentStartEvent)
            if documents > 1:
                raise self._problem("a second document begins", event)
            if isinstance(event, yaml.CollectionEndEvent):
                node = open_nodes.pop()
                open_nodes[-1].take(node.value, node.start)
            elif isinstance(event, yaml.NodeEvent):
                self._check(event, len(open_nodes))
                if isinstance(event, yaml.ScalarEvent):
                    open_nodes[-1].take(self._scalar(event), event)
                else:
                    is_list = isinstance(event, yaml.SequenceStartEvent)
                    open_nodes.append(_List([], event) if is_list else _Mapping(event))
        return root[0] if root else None

    def _check(self, event: yaml.NodeEvent, depth: int) -> None:
        self._values += 1
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise self._problem("anchors and aliases have no meaning here", event)
        if depth > DEEPEST:
            raise self._problem(f"values are nested more than {DEEPEST} levels deep", event)
        if self._values > MOST_VALUES:
            raise self._problem(f"there are more than {MOST_VALUES:,} values", event)
        # Of a scalar two words say whether its tag goes without saying, plain and in quotes.
        implicit = getattr(event, "implicit", False)
        if not (any(implicit) if isinstance(implicit, tuple) else implicit):
            raise self._problem("tags have no meaning here", event)

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        tag: str = self._resolver.resolve(  # type: ignore[no-untyped-call]
            yaml.ScalarNode, event.value, event.implicit
        )
        word = tag.removeprefix(_TAG)
        if word not in _WORDS:
            raise self._problem("'<<' has no meaning here", event)
        if word in ("int", "float") and len(event.value) > LONGEST_NUMBER:
            raise self._problem(f"a number has more than {LONGEST_NUMBER} digits", event)
        node = yaml.ScalarNode(tag, event.value)
        try:
            found = self._constructor.construct_object(node)
        except ValueError:
            kind = "date" if word == "timestamp" else "number"
            raise self._problem(f"what looks like a {kind} is none", event) from None
        if isinstance(found, float) and not math.isfinite(found):
            raise self._problem("a number is not finite", event)
        return found

    @staticmethod
    def _problem(text: str, event: yaml.Event) -> PlainYamlError:
        return PlainYamlError(f"{text},{_place(event.start_mark)}")


class _Node:
    """A list or mapping that is not complete yet."""

    def __init__(self, value: Any, start: yaml.Event | None) -> None:
        self.value = value
        self.start = start

    def take(self, value: Any, event: yaml.Event | None) -> None:
        raise NotImplementedError


class _List(_Node):
    def __init__(self, value: list[Any], start: yaml.Event | None = None) -> None:
        super().__init__(value, start)

    def take(self, value: Any, event: yaml.Event | None) -> None:  # noqa: ARG002 as of a mapping
        self.value.append(value)


class _Mapping(_Node):
    _NO_KEY = object()

    def __init__(self, start: yaml.Event) -> None:
        super().__init__({}, start)
        self._key: Any = self._NO_KEY

    def take(self, value: Any, event: yaml.Event | None) -> None:
        if self._key is not self._NO_KEY:
            self.value[self._key] = value
            self._key = self._NO_KEY
            return
        line = "" if event is None else f",{_place(event.start_mark)}"
        if not isinstance(value, Hashable):
            raise PlainYamlError(f"a list or mapping cannot be a key{line}")
        if isinstance(value, str) and len(value) > LONGEST_KEY:
            raise PlainYamlError(f"a key is longer than {LONGEST_KEY} characters{line}")
        if value in self.value:
            raise PlainYamlError(f"a key occurs a second time{line}")
        self._key = value
