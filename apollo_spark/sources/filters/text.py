"""Filters as people write them: text to tree. Each rule of the grammar is one method."""

from collections.abc import Callable
from dataclasses import dataclass

from apollo_spark.errors import Problem, UsageError
from apollo_spark.model.filter import (
    COUNT_OPERATORS,
    LISTS,
    MAX_DEPTH,
    NO_VALUE,
    And,
    Comparison,
    CountOf,
    Exists,
    Filter,
    FilterValue,
    Not,
    Operator,
    Or,
)
from apollo_spark.sources.filters.literals import QUOTES_FIX, read_literal
from apollo_spark.sources.filters.problems import refuse_filter
from apollo_spark.sources.filters.recovery import next_part
from apollo_spark.sources.filters.tokens import (
    Place,
    Token,
    TokenKind,
    refusal,
    refusal_of_none,
    refused_at,
    split_tokens,
)
from apollo_spark.workers.values.numerals import parse_integer

_OPERATORS_FIX = (
    "Write one of: =, !=, <, <=, >, >=, between A and B, in (..), under, any of (..), all of (..),"
    " is missing, is not missing, matches."
)
_WORD_OPERATORS: dict[str, tuple[tuple[str, ...], Operator]] = {
    "between": ((), Operator.BETWEEN),
    "in": ((), Operator.IN),
    "under": ((), Operator.UNDER),
    "matches": ((), Operator.MATCHES),
    "any": (("of",), Operator.ANY_OF),
    "all": (("of",), Operator.ALL_OF),
}
_SIGNS = {each.value: each for each in COUNT_OPERATORS}

UNREAD = Comparison(entity="unread", field="unread", operator=Operator.IS_MISSING)
"""Stands in a tree, as this one object, for a condition that cannot be read."""


@dataclass(frozen=True)
class ParsedFilter:
    """A filter with the places of its comparisons, exists and counts, in the order of the text.

    Attributes:
        tree: The filter, with `UNREAD` for what cannot be read.
        places: The places.
        problems: Why something cannot be read, in the order of the text.
    """

    tree: Filter
    places: tuple[Place, ...]
    problems: tuple[Problem, ...] = ()


def parse_filter(text: str) -> Filter:
    """Read a filter; see `parse_with_places`."""
    return parse_with_places(text).tree


def parse_with_places(text: str) -> ParsedFilter:
    """Read a filter, and keep where its parts stand, for what is found wrong later.

    Raises:
        UsageError: The text is no filter; the message holds the places, and no value.
    """
    parsed = parse_as_far_as_possible(text)
    if parsed.problems:
        raise refuse_filter(parsed.problems)
    return parsed


def parse_as_far_as_possible(text: str) -> ParsedFilter:
    """Read what can be read of a filter, so that all that is wrong is found at once."""
    parser = _Parser(tuple(split_tokens(text)))
    tree = parser.read_all()
    return ParsedFilter(tree, tuple(parser.places), tuple(parser.problems))


class _Parser:
    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = -1
        self._told_at = -1
        self.places: list[Place] = []
        self.problems: list[Problem] = []

    def read_all(self) -> Filter:
        if self._is_at_end():
            refused = self._refusal("The filter is empty.", "Leave it out to keep every row.")
            self.problems.extend(refused.problems)
            return UNREAD
        found = self._read_or()
        while not self._is_at_end():
            refused = self._refusal("'and', 'or' or the end of the filter is expected.")
            self._go_on(self._at, refused)
            if self._take().is_sign(")") and self._next.is_word("and", "or"):
                self._take()
            # What follows is read for its problems alone: there is one already.
            found = Or(parts=(found, self._read_or())) if not self._is_at_end() else found
        return found

    def _read_or(self) -> Filter:
        self._deepen()
        parts = self._read_parts("or", self._read_and)
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Or(parts=parts)

    def _read_and(self) -> Filter:
        parts = self._read_parts("and", self._read_part)
        return parts[0] if len(parts) == 1 else And(parts=parts)

    def _read_parts(self, word: str, read: Callable[[], Filter]) -> tuple[Filter, ...]:
        found = [read()]
        while self._next.is_word(word):
            self._take()
            found.append(read())
        return tuple(found)

    def _read_part(self) -> Filter:
        """Read a condition; after one that cannot be read, go on behind it."""
        start, depth, known = self._at, self._depth, len(self.places)
        try:
            return self._read_not()
        except UsageError as refused:
            self._depth = depth
            self.places[known:] = [self._tokens[start].place]
            self._go_on(start, refused)
            return UNREAD

    def _go_on(self, start: int, refused: UsageError) -> None:
        """Keep why what starts at a token cannot be read, and go to what comes after it."""
        is_told = self._at == self._told_at
        while self._at > start and self._next.place[:2] > refused_at(refused):
            self._at -= 1
        self._at = next_part(self._tokens, start, self._at)
        skipped = self._tokens[start : self._at + 1]
        # What is no token at all is the cause of what is missing around it.
        if none := next((each for each in skipped if each.kind is TokenKind.NONE), None):
            refused, is_told = refusal_of_none(none), False
        if not is_told:
            self.problems.extend(refused.problems)
        self._told_at = self._at

    def _read_not(self) -> Filter:
        if not self._next.is_word("not"):
            return self._read_condition()
        self._take()
        self._deepen()
        part = self._read_not()
        self._depth -= 1
        return Not(part=part)

    def _read_condition(self) -> Filter:
        if self._next.is_sign("("):
            self._take()
            found = self._read_or()
            self._take_sign(")")
            return found
        if self._next.kind is TokenKind.PATH:
            return self._read_comparison()
        if self._next.is_word("exists", "count"):
            return self._read_rows()
        raise self._refusal("A condition is expected.", "A field is written ENTITY.FIELD.")

    def _read_rows(self) -> Filter:
        """Read `exists(ENTITY: ...)` or `count(ENTITY: ...) >= N`; without a condition too."""
        self.places.append(self._next.place)
        is_count = self._take().is_word("count")
        self._take_sign("(")
        if self._next.kind is not TokenKind.WORD:
            raise self._refusal("The name of an entity is expected.", "Write exists(ENTITY: ...).")
        entity = self._take().text
        condition = None
        if self._next.is_sign(":"):
            self._take()
            condition = self._read_or()
        self._take_sign(")")
        if not is_count:
            return Exists(entity=entity, condition=condition)
        if self._next.text not in _SIGNS:
            raise self._refusal("A number of rows is compared by =, !=, <, <=, > or >=.")
        operator = _SIGNS[self._take().text]
        return CountOf(
            entity=entity, condition=condition, operator=operator, number=self._read_count()
        )

    def _read_count(self) -> int:
        token = self._take()
        value = parse_integer(token.text)
        if value is None or value < 0:
            raise refusal(token.place, "A number of rows is a whole number, 0 or more.")
        return value

    def _read_comparison(self) -> Filter:
        self.places.append(self._next.place)
        entity, _, field = self._take().text.partition(".")
        operator = self._read_operator()
        values: tuple[FilterValue, ...]
        if operator in NO_VALUE:
            values = ()
        elif operator in LISTS:
            values = self._read_list()
        elif operator is Operator.BETWEEN:
            low = self._read_value()
            if not self._next.is_word("and"):
                raise self._refusal(
                    "'and' and a second value are expected.", "Write: between A and B."
                )
            self._take()
            values = (low, self._read_value())
        else:
            if operator in (Operator.UNDER, Operator.MATCHES):
                self._require_text(operator)
            values = (self._read_value(),)
        return Comparison(entity=entity, field=field, operator=operator, values=values)

    def _read_operator(self) -> Operator:
        token = self._take()
        if token.is_sign(*_SIGNS):
            return _SIGNS[token.text]
        if token.is_word("is"):
            is_not = self._next.is_word("not")
            if is_not:
                self._take()
            self._take_word("missing", "Write: is missing, or: is not missing.")
            return Operator.IS_NOT_MISSING if is_not else Operator.IS_MISSING
        if token.is_word("not"):
            raise refusal(
                token.place, "'not' comes before a condition.", "Write: not ENTITY.FIELD ..."
            )
        if token.is_word(*_WORD_OPERATORS):
            more, operator = _WORD_OPERATORS[token.text.lower()]
            for word in more:
                self._take_word(word, f"Write: {operator} (..).")
            return operator
        raise refusal(token.place, "An operator is expected.", _OPERATORS_FIX)

    def _read_list(self) -> tuple[FilterValue, ...]:
        self._take_sign("(")
        found = [self._read_value()]
        while self._next.is_sign(","):
            self._take()
            found.append(self._read_value())
        self._take_sign(")")
        return tuple(found)

    def _read_value(self) -> FilterValue:
        return read_literal(self._take())

    def _require_text(self, operator: Operator) -> None:
        if self._next.kind is not TokenKind.TEXT:
            raise self._refusal(f"After '{operator}' comes a text.", QUOTES_FIX)

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _take_sign(self, sign: str) -> None:
        if not self._next.is_sign(sign):
            raise self._refusal(f"'{sign}' is expected.")
        self._take()

    def _take_word(self, word: str, fix: str) -> None:
        if not self._next.is_word(word):
            raise self._refusal(f"'{word}' is expected.", fix)
        self._take()

    def _deepen(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._refusal(f"Conditions are nested more than {MAX_DEPTH} levels deep.")

    def _is_at_end(self) -> bool:
        return self._next.kind is TokenKind.END

    def _refusal(self, why: str, fix: str = "") -> UsageError:
        return refusal(self._next.place, why, fix)
