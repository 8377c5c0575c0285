"""JSON from people: read whole or refused, with the path of each thing that is not honest JSON."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from apollo_spark.errors import Problem

MOST_LEVELS = 300
"""Lists and objects inside each other; nothing that is meant needs as many."""
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHOWN_KEY = 60
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_LONGEST_NUMBER = 2**63


class JsonPath(NamedTuple):
    """A place in JSON: `$.pheno_filters.compound[0]`."""

    path: str = "$"

    def __str__(self) -> str:
        """Return the path as it is in a message."""
        return self.path

    def __truediv__(self, step: str | int) -> "JsonPath":
        """Return the place of a key's value, or of an item of a list, from 0."""
        if isinstance(step, int):
            return JsonPath(f"{self.path}[{step}]")
        if _PLAIN_KEY.fullmatch(step):
            return JsonPath(f"{self.path}.{step}")
        shown = step if len(step) <= _SHOWN_KEY else f"{step[:_SHOWN_KEY]}..."
        return JsonPath(f"{self.path}[{json.dumps(shown)}]")


def path_problem(
    path: JsonPath, text: str, *, expected: str = "", suggestions: tuple[str, ...] = ()
) -> Problem:
    """Return what is wrong at a place, as a value."""
    return Problem(text, str(path), expected=expected, suggestions=suggestions)


class _Repeating(dict[str, Any]):
    """An object in which a key occurs twice: one of the values is lost."""


def read_json(text: str) -> tuple[Any, tuple[Problem, ...]]:
    """Return what a text says, and what is wrong with it; where it is not JSON, the first of it."""
    if _is_too_deep(text):
        return None, (_too_deep(JsonPath()),)
    try:
        found = json.loads(text, object_pairs_hook=_to_object)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        problem = Problem(
            f"this is not JSON: {error.msg}", place, line=error.lineno, column=error.colno, length=0
        )
        return None, (problem,)
    except ValueError:
        return None, (path_problem(JsonPath(), "a number has too many digits"),)
    return check_json(found)


def _is_too_deep(text: str) -> bool:
    """Whether lists and objects are nested too deeply: the reader of JSON calls itself for each."""
    if text.count("[") + text.count("{") <= MOST_LEVELS:
        return False
    level = 0
    for found in _BRACKET.finditer(text):
        level += found[0] in "[{"
        level -= found[0] in "]}"
        if level > MOST_LEVELS:
            return True
    return False


def check_json(content: Any) -> tuple[Any, tuple[Problem, ...]]:
    """Return a value, None where it is too deep to be looked at, and what in it is not JSON."""
    found: list[Problem] = []
    # The way to each value, of which most are never told.
    waiting: list[tuple[Any, _Trail, int]] = [(content, None, 0)]
    while waiting:
        value, trail, level = waiting.pop()
        if level > MOST_LEVELS:
            return None, (_too_deep(_path_of(trail)),)
        if isinstance(value, _Repeating):
            found.append(path_problem(_path_of(trail), "a key occurs twice in this object"))
        inside: list[tuple[Any, _Trail, int]] = []
        for step, each in _items(value):
            if isinstance(each, dict | list):
                inside.append((each, (trail, step), level + 1))
            elif wrong := scalar_problem(each):
                found.append(path_problem(_path_of((trail, step)), wrong))
        waiting.extend(reversed(inside))
    return content, tuple(found)


_Trail = tuple[Any, str | int] | None


def _path_of(trail: _Trail) -> JsonPath:
    steps: list[str | int] = []
    while trail is not None:
        trail, step = trail
        steps.append(step)
    path = JsonPath()
    for each in reversed(steps):
        path /= each
    return path


def scalar_problem(value: Any) -> str | None:
    """Return why a value is none that JSON may hold, None where it is one."""
    if isinstance(value, str):
        return "this text has a character that is not text" if _UNWRITABLE.search(value) else None
    if isinstance(value, float) and not math.isfinite(value):
        return "this is not a finite number"
    if isinstance(value, int) and not -_LONGEST_NUMBER <= value < _LONGEST_NUMBER:
        return "this is not a number of 64 bits"
    return None


def _items(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _too_deep(path: JsonPath) -> Problem:
    shown = path if len(path.path) <= _SHOWN_KEY else JsonPath(path.path[:_SHOWN_KEY] + "...")
    return path_problem(shown, f"lists and objects are nested more than {MOST_LEVELS} levels deep")


def _to_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Repeating(found)
