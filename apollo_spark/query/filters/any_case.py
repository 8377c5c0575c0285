"""A text in any case, as a regular expression that both engines read alike.

Engines differ in what lower case is (`İ`, `ς`), and in what stands for itself in a pattern. So
every character of the text becomes the list of its forms, each by its number.
"""

from collections.abc import Mapping
from functools import lru_cache

LAST_CASED = 0x1E921
"""No character after this one has a capital or a small form."""


def fold(character: str) -> str:
    """Return the one character that stands for all forms of a character."""
    forms = (character.casefold(), character.lower(), character)
    return next(each for each in forms if len(each) == 1)


def any_case_pattern(text: str) -> str:
    """Return a regular expression that finds a text in any case; it holds no sign of the text."""
    return "".join(map(_forms, text))


def _forms(character: str) -> str:
    codes = _characters_by_fold().get(fold(character), (ord(character),))
    return "[" + "".join(f"\\x{{{code:x}}}" for code in codes) + "]"


@lru_cache(maxsize=1)
def _characters_by_fold() -> Mapping[str, tuple[int, ...]]:
    """Return the forms of each character that has several."""
    found: dict[str, tuple[int, ...]] = {}
    for code in range(LAST_CASED + 1):
        one = fold(chr(code))
        if one != chr(code):
            found[one] = (*found.get(one, (ord(one),)), code)
    return found
