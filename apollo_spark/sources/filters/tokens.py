"""The words, values and signs of a filter text, each with its place."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from apollo_spark.errors import UsageError

QUOTES = "'`\u2018\u2019\u201c\u201d\u201e"
"""Signs that people take for double quotes."""

_NAME = r"[A-Za-z][A-Za-z0-9_]{0,254}(?![A-Za-z0-9_])"
_TOKEN = re.compile(
    rf"""
      (?P<path>{_NAME}\.{_NAME})
    | (?P<word>{_NAME})
    | (?P<value>[+-]?\.?[0-9][0-9A-Za-z_:.+-]*)
    | (?P<text>"[^"]*(?:""[^"]*)*")
    | (?P<sign><=|>=|!=|[=<>(),:])
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
    END = "end"


class Place(NamedTuple):
    """A place in a text; both are counted from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        """Return the place as it stands in a message."""
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

    Raises:
        UsageError: At some place stands what begins no token.
    """
    if unwritable := _UNWRITABLE.search(text):
        raise refusal(_place_of(text, unwritable.start()), "This character is not text.")
    line, line_start, at = 1, 0, 0
    while True:
        seen = at
        at = _end_of(_BLANKS.match(text, at))
        if newlines := text.count("\n", seen, at):
            line, line_start = line + newlines, text.rindex("\n", seen, at) + 1
        place = Place(line, at - line_start + 1)
        if at == len(text):
            yield Token(TokenKind.END, "", place)
            return
        found = _TOKEN.match(text, at)
        if found is None:
            raise _bad_character(text[at], place)
        yield Token(TokenKind(found.lastgroup), found[0], place)
        if newlines := found[0].count("\n"):
            line, line_start = line + newlines, at + found[0].rindex("\n") + 1
        at = found.end()


def refusal(place: Place, why: str, fix: str = "") -> UsageError:
    """Return the refusal of a filter text; it holds the place, and no value."""
    return UsageError(f"The filter cannot be read: {place}.", why=why, fix=fix)


def _place_of(text: str, at: int) -> Place:
    return Place(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


def _end_of(found: re.Match[str] | None) -> int:
    assert found is not None, "blanks may be none"
    return found.end()


def _bad_character(character: str, place: Place) -> UsageError:
    if character == '"':
        return refusal(
            place, "A text begins here and does not end.", 'Write a quote in a text as "".'
        )
    if character in QUOTES:
        return refusal(place, "Text is written in double quotes.", 'Write "...".')
    return refusal(place, "Here begins no name, value or sign.", "Names are ENTITY.FIELD.")
