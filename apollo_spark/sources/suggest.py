"""Suggest the name that somebody probably meant."""

import difflib
import re
from collections.abc import Iterable

CANDIDATES_LIMIT = 10_000
"""Beyond so many names a suggestion costs more than it helps."""
CLOSE, SOMEWHAT = 0.8, 0.7
"""How alike two names are: about one slip in five letters; less where one begins the other."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` for the known name closest to a word, or an empty text."""
    close = find_close(word, known)
    return "" if close is None else f" (did you mean '{close}'?)"


def find_close(word: str, known: Iterable[str]) -> str | None:
    """Return the known name that a word was probably meant to be.

    Names that differ by case, blanks and signs alone come first. Names of a series, which differ
    by their numbers, are not taken for each other.
    """
    lowered: dict[str, str] = {}
    for each in known:
        lowered.setdefault(each.lower(), each)
    wanted = word.strip().lower()
    if not wanted or len(lowered) > CANDIDATES_LIMIT:
        return None
    bare = _bare(wanted)
    same = next((each for each in lowered if bare and _bare(each) == bare), None)
    if same is not None:
        return lowered[same]
    close = difflib.get_close_matches(wanted, lowered, n=3, cutoff=SOMEWHAT)
    return next((lowered[each] for each in close if _is_close(wanted, each)), None)


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name)


def _is_close(first: str, second: str) -> bool:
    if _is_series(first, second):
        return False
    if first.startswith(second) or second.startswith(first):
        return True
    # The same two in the order in which the candidates were chosen.
    return difflib.SequenceMatcher(None, second, first).ratio() >= CLOSE


def _is_series(first: str, second: str) -> bool:
    numbers = [re.findall(r"[0-9]+", each) for each in (first, second)]
    return numbers[0] != numbers[1] and re.sub(r"[0-9]+", "", first) == re.sub(
        r"[0-9]+", "", second
    )
