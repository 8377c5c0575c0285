"""The messages of the package, read from its source, and which of them a test asserts.

A message is what an error or a finding is made with. It is asserted when three words in a row of
it, which no other message has, are in a string of a test. Errors that people never see, because a
program is wrong where they are raised, are none.
"""

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

PIECE = 3
"""Words in a row that tell a message from others."""
MAKERS = ("finding", "Finding", "problem", "broken_file", "broken_log")
"""What makes messages beside classes that are called Error."""
INTERNAL = ("AssertionError", "ModuleNotFoundError", "AttributeError")
GAP = " ... "
"""Takes the place of what is put into a message."""


def messages_of(package: Path) -> dict[str, list[str]]:
    """Return every message of a package, with what makes it as `FILE:LINE`."""
    found: dict[str, list[str]] = {}
    for path in sorted(package.rglob("*.py")):
        for call in _calls(ast.parse(path.read_text(encoding="utf-8"))):
            parts = [" ".join(each.split()) for each in _texts_of_call(call)]
            text = GAP.join(each for each in parts if len(each.split()) > 1)
            if text:
                found.setdefault(text, []).append(f"{path.name}:{call.lineno}")
    return found


def strings_of(tests: Path) -> str:
    """Return the strings of all tests, without what only documents them."""
    found = []
    for path in sorted(tests.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        told = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
        found += [
            " ".join(each.value.replace("\\", "").split())
            for each in ast.walk(tree)
            if isinstance(each, ast.Constant)
            and isinstance(each.value, str)
            and id(each) not in told
        ]
    return "\n".join(found)


def unasserted(messages: Sequence[str], strings: str) -> set[str]:
    """Return the messages of which no piece of their own is in the strings of tests."""
    pieces = {each: set(_pieces(each)) for each in messages}
    known = Counter(piece for each in pieces.values() for piece in each)
    found = set()
    for message, own in pieces.items():
        # Messages of the same words are asserted together: no text tells them apart.
        telling = {piece for piece in own if known[piece] == 1} or own
        if not any(piece in strings for piece in telling):
            found.add(message)
    return found


def _pieces(message: str) -> Iterator[str]:
    for part in message.split(GAP):
        words = part.split()
        for first in range(max(1, len(words) - PIECE + 1)):
            yield " ".join(words[first : first + PIECE]).strip(".,:;()")


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    for each in ast.walk(tree):
        if isinstance(each, ast.Call):
            name = getattr(each.func, "attr", getattr(each.func, "id", ""))
            if (name.endswith("Error") and name not in INTERNAL) or name in MAKERS:
                yield each


def _texts_of_call(call: ast.Call) -> Iterator[str]:
    for each in (*call.args, *(keyword.value for keyword in call.keywords)):
        yield from _texts(each)


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        for each in node.values:
            yield from _texts(each.value if isinstance(each, ast.FormattedValue) else each)
    elif isinstance(node, ast.BinOp):
        yield from _texts(node.left)
        yield from _texts(node.right)
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
