"""The tokens of a filter text, taken one after the other."""

from apollo_spark.errors import UsageError
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


class TokenReader:
    """Takes the tokens of a text; what is not as expected is refused with its place.

    Attributes:
        at: How many tokens were taken.

    Args:
        text: The filter.
    """

    def __init__(self, text: str) -> None:
        self._tokens = tuple(split_tokens(text))
        self._told_at = -1
        self.at = 0

    @property
    def next(self) -> Token:
        """The token that is taken next; the last one marks the end."""
        return self._tokens[self.at]

    @property
    def after_next(self) -> Token:
        """The token behind the next one."""
        return self._tokens[min(self.at + 1, len(self._tokens) - 1)]

    def is_at_end(self) -> bool:
        """Whether all tokens were taken."""
        return self.next.kind is TokenKind.END

    def take(self) -> Token:
        """Take the next token."""
        token = self.next
        self.at = min(self.at + 1, len(self._tokens) - 1)
        return token

    def take_sign(self, sign: str) -> None:
        """Take a sign that must be here."""
        if not self.next.is_sign(sign):
            raise self.refusal(f"'{sign}' is expected.")
        self.take()

    def take_word(self, word: str, fix: str = "") -> None:
        """Take a word that must be here."""
        if not self.next.is_word(word):
            raise self.refusal(f"'{word}' is expected.", fix)
        self.take()

    def take_kind(self, kind: TokenKind, why: str, fix: str = "") -> Token:
        """Take a token that must be of a kind."""
        if self.next.kind is not kind:
            raise self.refusal(why, fix)
        return self.take()

    def accepts_sign(self, sign: str) -> bool:
        """Take a sign if it is here, and say whether it was."""
        return self.next.is_sign(sign) and bool(self.take())

    def accepts_word(self, *words: str) -> bool:
        """Take one of some words if it is here, and say whether it was."""
        return self.next.is_word(*words) and bool(self.take())

    def span(self, start: int) -> Place:
        """Return the place of all that was taken since so many tokens, in the line of the first."""
        first = self._tokens[start].place
        last = self._tokens[max(start, self.at - 1)].place
        if last.line != first.line:
            return first
        return first._replace(length=last.column + last.length - first.column)

    def token_at(self, place: int) -> Token:
        """Return the token that is taken after so many others."""
        return self._tokens[place]

    def go_on(self, start: int, refused: UsageError) -> UsageError | None:
        """Go to what comes after a condition that cannot be read.

        Args:
            start: Where it begins.
            refused: Why it cannot be read.

        Returns:
            What is to be reported, None where it was already.
        """
        is_told = self.at == self._told_at
        while self.at > start and self.next.place[:2] > refused_at(refused):
            self.at -= 1
        self.at = next_part(self._tokens, start, self.at)
        skipped = self._tokens[start : self.at + 1]
        # What is not a token at all is the cause of what is missing around it.
        if none := next((each for each in skipped if each.kind is TokenKind.NONE), None):
            refused, is_told = refusal_of_none(none), False
        self._told_at = self.at
        return None if is_told else refused

    def refusal(self, why: str, fix: str = "") -> UsageError:
        """Return the refusal of what is here."""
        return refusal(self.next.place, why, fix)
