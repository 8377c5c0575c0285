"""Find what RFC 4180 does not allow: quotes inside a field, line ends of a bare CR."""

import numpy as np

NEWLINE = 10
RETURN = 13


def find_stray_quote(data: np.ndarray, quotes: np.ndarray, delimiter: str) -> int | None:
    """Give the position of the first quote that neither opens, closes nor escapes.

    Quotes alternate: an even one opens, an odd one closes. An escaped pair inside a field is one
    that closes and one that opens side by side.

    Args:
        data: Bytes that begin at a row boundary.
        quotes: Positions of all quotes in them.
        delimiter: Between fields.
    """
    if len(quotes) == 0:
        return None
    edges = np.zeros(256, bool)
    edges[[ord(delimiter), NEWLINE, RETURN]] = True
    opens, closes = quotes[0::2], quotes[1::2]
    fits = edges[data[opens - 1]]
    fits[0] |= opens[0] == 0
    pairs = closes[: len(opens) - 1] + 1 == opens[1:]
    fits[1:] |= pairs
    stray_opens = opens[~fits]
    # The last quote may close at the very end of the bytes.
    fits = edges[data[np.minimum(closes + 1, len(data) - 1)]]
    fits |= closes + 1 == len(data)
    fits[: len(pairs)] |= pairs
    stray = np.concatenate([stray_opens[:1], closes[~fits][:1]])
    return int(stray.min()) if len(stray) else None


def find_bare_return(data: bytes, quotes: np.ndarray) -> int | None:
    """Give the position of the first CR outside quotes that no newline follows."""
    if b"\r" not in data:
        return None
    array = np.frombuffer(data, np.uint8)
    returns = np.flatnonzero(array == RETURN)
    outside = np.searchsorted(quotes, returns) % 2 == 0
    ends_line = array[np.minimum(returns + 1, len(array) - 1)] == NEWLINE
    bare = returns[outside & ~ends_line]
    return int(bare[0]) if len(bare) else None
