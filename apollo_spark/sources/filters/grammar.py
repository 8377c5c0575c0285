"""The grammar of filters: or, and, not, parentheses; one method is one rule."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from apollo_spark.errors import Problem, UsageError
from apollo_spark.model.filter import (
    MAX_DEPTH,
    And,
    Comparison,
    Filter,
    Not,
    Operator,
    Or,
)
from apollo_spark.sources.filters.marks import NAME, VALUE, AnyPlace, Marks, Part
from apollo_spark.sources.filters.reader import TokenReader
from apollo_spark.sources.filters.tokens import TokenKind

_Value = TypeVar("_Value")
UNREAD = Comparison(entity="unread", field="unread", operator=Operator.IS_MISSING)
"""The one object that takes the place of a condition that cannot be read in a tree."""


class Marking:
    """The places of the parts of one condition, while it is read."""

    def __init__(self, reader: TokenReader) -> None:
        self._reader = reader
        self.parts: dict[Part, AnyPlace] = {}

    def mark(self, part: Part, start: int) -> None:
        """Note that a part began with a token, and ends before the next one, or is that."""
        self.parts[part] = self._reader.span(start)

    def values(self, read: Callable[[], _Value], of: str = VALUE) -> Callable[[], _Value]:
        """Return what reads a value and notes where it is."""
        number = 0

        def noted() -> _Value:
            nonlocal number
            start = self._reader.at
            value = read()
            self.mark((of, number), start)
            number += 1
            return value

        return noted


class FilterParser(ABC):
    """Reads how conditions are joined; what a condition is, a class below says.

    Attributes:
        marks: Where all that asks something is, in the order of the text.
        problems: Why something cannot be read.

    Args:
        reader: The tokens.
    """

    def __init__(self, reader: TokenReader) -> None:
        self._reader = reader
        self._depth = -1
        self._names: dict[str, str] = {}
        self.marks: list[Marks] = []
        self.problems: list[Problem] = []

    def read_all(self) -> Filter:
        """Read the whole text, with `UNREAD` for what cannot be read."""
        reader = self._reader
        if reader.is_at_end():
            refused = reader.refusal("The filter is empty.", "Leave it out to keep every row.")
            self.problems.extend(refused.problems)
            return UNREAD
        found = self._read_or()
        while not reader.is_at_end():
            refused = reader.refusal("'and', 'or' or the end of the filter is expected.")
            self._go_on(reader.at, refused)
            if reader.take().is_sign(")"):
                reader.accepts_word("and", "or")
            # What follows is read for its problems alone: there is one already.
            found = Or(parts=(found, self._read_or())) if not reader.is_at_end() else found
        return found

    def _read_or(self) -> Filter:
        with self._deeper():
            parts = self._read_parts("or", self._read_and)
        return parts[0] if len(parts) == 1 else Or(parts=parts)

    def _read_and(self) -> Filter:
        parts = self._read_parts("and", self._read_part)
        return parts[0] if len(parts) == 1 else And(parts=parts)

    def _read_parts(self, word: str, read: Callable[[], Filter]) -> tuple[Filter, ...]:
        found = [read()]
        while self._reader.accepts_word(word):
            found.append(read())
        return tuple(found)

    def _read_part(self) -> Filter:
        """Read a condition; after one that cannot be read, go on behind it."""
        start, known = self._reader.at, len(self.marks)
        try:
            return self._read_not()
        except UsageError as refused:
            self.marks[known:] = [Marks(self._reader.token_at(start).place)]
            self._go_on(start, refused)
            return UNREAD

    def _go_on(self, start: int, refused: UsageError) -> None:
        told = self._reader.go_on(start, refused)
        if told is not None:
            self.problems.extend(told.problems)

    def _read_not(self) -> Filter:
        if not self._reader.accepts_word("not"):
            return self._read_condition()
        with self._deeper():
            return Not(part=self._read_not())

    def _begin(self) -> "Marking":
        """Note where a condition begins; the places of its parts are added while it is read."""
        marking = Marking(self._reader)
        self.marks.append(Marks(self._reader.next.place, marking.parts))
        return marking

    @abstractmethod
    def _read_condition(self) -> Filter:
        """Read one condition, or what is in parentheses."""

    @contextmanager
    def _named(self, entity: str, marking: "Marking") -> Iterator[str | None]:
        """Read `as NAME` if it is here; the row goes by it until the end."""
        if not self._reader.accepts_word("as"):
            yield None
            return
        why = "The name of a row is expected."
        marking.mark(NAME, self._reader.at)
        name = self._reader.take_kind(TokenKind.WORD, why, "Write: ENTITY as NAME.").text
        before = self._names
        self._names = {**before, name: entity}
        try:
            yield name
        finally:
            self._names = before

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._depth += 1
        try:
            if self._depth > MAX_DEPTH:
                why = f"Conditions are nested more than {MAX_DEPTH} levels deep."
                raise self._reader.refusal(why)
            yield
        finally:
            self._depth -= 1
