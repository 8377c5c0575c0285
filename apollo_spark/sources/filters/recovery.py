"""Where reading goes on after a condition that cannot be read."""

from collections.abc import Sequence

from apollo_spark.sources.filters.tokens import Token, TokenKind

_VALUES = (TokenKind.VALUE, TokenKind.TEXT, TokenKind.END)


def next_part(tokens: Sequence[Token], start: int, at: int) -> int:
    """Return the token that ends a condition: `and`, `or`, a closing parenthesis, or the end.

    Args:
        tokens: All of a text; the last one marks its end.
        start: Where the condition begins.
        at: Before which token nothing ends it.
    """
    depth, is_between = 0, False
    for place in range(start, len(tokens) - 1):
        token = tokens[place]
        if depth <= 0 and place >= at:
            if token.is_sign(")"):
                return place
            is_own = is_between and token.is_word("and")
            if token.is_word("and", "or") and not is_own and tokens[place + 1].kind not in _VALUES:
                return place
        depth += token.is_sign("(") - token.is_sign(")")
        is_between = token.is_word("between") or (is_between and not token.is_word("and"))
    return len(tokens) - 1
