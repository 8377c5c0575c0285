"""The words, values and signs of a filter text, each with its place."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from apollo_spark.errors import Problem, UsageError
from apollo_spark.sources.strict_json import JsonPath, path_problem

QUOTES = "'`\u2018\u2019\u201c\u201d\u201e"
"""Signs that people take for double quotes."""
_QUOTED = re.compile(rf"[{QUOTES}][^{QUOTES}\n]*[{QUOTES}]")

_NAME = r"[A-Za-z][A-Za-z0-9_]{0,254}(?![A-Za-z0-9_])"
_TOKEN = re.compile(
    rf"""
      (?P<path>{_NAME}\.{_NAME})
    | (?P<word>{_NAME})
    | (?P<value>[+-]?\.?[0-9][0-9A-Za-z_:.+-]*)
    | (?P<text>"[^"]*(?:""[^"]*)*")
    | (?P<sign><=|>=|!=|[=<>(),:+-])
    """,
    re.VERBOSE,
)
_BLANKS = re.compile(r"\s*")
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")


class TokenKind(str, Enum):
    """What a token is."""

    PATH = "path"
    WORD = "word"
    VALUE = "value"
    TEXT = "text"
    SIGN = "sign"
    NONE = "none"
    END = "end"


class Place(NamedTuple):
    """A place in a text: line and column are counted from 1, and its characters."""

    line: int
    column: int
    length: int = 0

    def __str__(self) -> str:
        """Return the place as it is in a message."""
        return f"line {self.line}, column {self.column}"


class Token(NamedTuple):
    """A piece of a filter text as it is written, with the place where it begins."""

    kind: TokenKind
    text: str
    place: Place

    def is_word(self, *words: str) -> bool:
        """Whether this is one of some keywords, in any case."""
        return self.kind is TokenKind.WORD and self.text.lower() in words

    def is_sign(self, *signs: str) -> bool:
        """Whether this is one of some signs."""
        return self.kind is TokenKind.SIGN and self.text in signs


def split_tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a filter text; the last one marks its end.

    What begins no token is one of the kind NONE, so that what comes after it can be read.
    """
    line, line_start, at = 1, 0, 0
    while True:
        seen = at
        at = _end_of(_BLANKS.match(text, at))
        if newlines := text.count("\n", seen, at):
            line, line_start = line + newlines, text.rindex("\n", seen, at) + 1
        column = at - line_start + 1
        if at == len(text):
            yield Token(TokenKind.END, "", Place(line, column))
            return
        kind, written = _next_token(text, at)
        yield Token(kind, written, Place(line, column, len(written)))
        if newlines := written.count("\n"):
            line, line_start = line + newlines, at + written.rindex("\n") + 1
        at += len(written)


def refusal(place: Place, why: str, fix: str = "", meant: tuple[str, ...] = ()) -> UsageError:
    """Return the refusal of a filter text; it holds the place, and no value."""
    found = problem_at(place, why, expected=fix, suggestions=meant)
    return UsageError(f"The filter cannot be read: {place}.", why=why, fix=fix, problems=[found])


def refused_at(refused: UsageError) -> tuple[int, int]:
    """Return the line and column of a refusal."""
    (found,) = refused.problems
    assert found.line is not None and found.column is not None, "a token has a place"  # noqa: PT018
    return found.line, found.column


def problem_at(
    place: Place | JsonPath | None,
    text: str,
    *,
    expected: str = "",
    suggestions: tuple[str, ...] = (),
) -> Problem:
    """Return what is wrong at a place, or somewhere, as a value."""
    if isinstance(place, JsonPath):
        return path_problem(place, text, expected=expected, suggestions=suggestions)
    line, column, length = (None, None, None) if place is None else place
    return Problem(
        text=text,
        place="" if place is None else str(place),
        line=line,
        column=column,
        length=length,
        expected=expected,
        suggestions=suggestions,
    )


def _next_token(text: str, at: int) -> tuple[TokenKind, str]:
    if found := _TOKEN.match(text, at):
        # Not searched for in all of the text: most filters have none of these characters.
        bad = _UNWRITABLE.search(found[0])
        return (TokenKind.NONE if bad else TokenKind(found.lastgroup)), found[0]
    if text[at] == '"':
        return TokenKind.NONE, text[at:]
    quoted = _QUOTED.match(text, at)
    return TokenKind.NONE, quoted[0] if quoted else text[at]


def _end_of(found: re.Match[str] | None) -> int:
    assert found is not None, "blanks may be none"
    return found.end()


def refusal_of_none(token: Token) -> UsageError:
    """Return the refusal of what begins no name, value or sign."""
    place, character = token.place, token.text[0]
    if unwritable := _UNWRITABLE.search(token.text):
        return refusal(_inside(token, unwritable.start()), "This character is not text.")
    if character == '"':
        return refusal(
            place, "A text begins here and does not end.", 'Write a quote in a text as "".'
        )
    if character in QUOTES:
        return refusal(place, "Text is written in double quotes.", 'Write "...".')
    return refusal(place, "Here begins no name, value or sign.", "Names are ENTITY.FIELD.")


def _inside(token: Token, at: int) -> Place:
    """Return the place of a character of a token."""
    line, column, _ = token.place
    if newlines := token.text.count("\n", 0, at):
        return Place(line + newlines, at - token.text.rindex("\n", 0, at), 1)
    return Place(line, column + at, 1)
