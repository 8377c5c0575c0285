"""Suggest the name that somebody probably meant."""

import difflib
from collections.abc import Iterable

CANDIDATES_LIMIT = 10_000
"""Beyond so many names a suggestion costs more than it helps."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` for the known name closest to a word, or an empty text."""
    lowered: dict[str, str] = {}
    for each in known:
        lowered.setdefault(each.lower(), each)
    if not word or len(lowered) > CANDIDATES_LIMIT:
        return ""
    close = difflib.get_close_matches(word.strip().lower(), lowered, n=1, cutoff=0.7)
    return f" (did you mean '{lowered[close[0]]}'?)" if close else ""
