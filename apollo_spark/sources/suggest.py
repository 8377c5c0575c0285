"""Suggest the name or code that somebody probably meant, and nothing where that is a guess."""

from collections.abc import Iterable, Mapping

CANDIDATES_LIMIT = 10_000
"""Beyond so many names a suggestion costs more than it helps."""
FIRST_LETTER_COUNTS = 8
"""Letters of a word from which on the first one may be wrong too."""
LONGEST_WORD = 64
"""Letters beyond which no slip is looked for."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'x'?)` for the known name that a word is a slip of, or an empty text.

    A slip is another case, a blank, a hyphen or an underscore, the plural, or a few wrong letters
    in a longer word. Other digits make another name.
    """
    found = find_near(word, known)
    return "" if found is None else f" (did you mean '{found}'?)"


def find_near(word: str, known: Iterable[str]) -> str | None:
    """Return the known name that a word is a slip of, or None."""
    plain: dict[str, str] = {}
    for each in known:
        plain.setdefault(_plain(each), each)
    given = _plain(word)
    if given in plain:
        return plain[given] if given else None
    if len(given) > LONGEST_WORD or len(plain) > CANDIDATES_LIMIT:
        return None
    best: tuple[int, str] | None = None
    for each, name in plain.items():
        slips = _slips(given, each)
        if slips is not None and (best is None or slips < best[0]):
            best = slips, name
    return None if best is None else best[1]


def near_codes(code: str, meanings: Mapping[str, str]) -> tuple[str, ...]:
    """Return codes that somebody may have meant who wrote another text, at most three.

    Args:
        code: What was written: a slip of a code, its meaning, or a code below or above one.
        meanings: The meaning of each code.
    """
    given = _plain(code)
    same = [each for each, meaning in meanings.items() if given and _plain(meaning) == given]
    near = find_near(code, meanings)
    found = [*([] if near is None else [near]), *same]
    if not found and len(code) > 1 and len(meanings) <= CANDIDATES_LIMIT:
        found = [each for each in meanings if len(each) > 1 and code.startswith(each)][-1:]
        found += [each for each in meanings if each.startswith(code)]
    return tuple(dict.fromkeys(found))[:3]


def _plain(word: str) -> str:
    return word.strip().casefold().translate(_JOINTS)


_JOINTS = str.maketrans("", "", " _-")


def _slips(first: str, second: str) -> int | None:
    """Return by how many slips two words differ, None where they are too many to be slips."""
    shorter, longer = sorted((first, second), key=len)
    if len(shorter) > 2 and longer in (f"{shorter}s", f"{shorter}es"):
        return 1
    # Few slips are in the first letter; of short words, another one makes another word.
    if first[:1] != second[:1] and len(longer) < FIRST_LETTER_COUNTS and first[1:2] != second[:1]:
        return None
    allowed = (len(longer) - 1) // 3 if len(longer) < 10 else 3
    if abs(len(first) - len(second)) > allowed or _digits(first) != _digits(second):
        return None
    pairs = enumerate(zip(first, second, strict=False))
    start = next((at for at, (one, other) in pairs if one != other), len(shorter))
    found = _distance(first[start:], second[start:], allowed)
    return found if found <= allowed else None


def _digits(word: str) -> str:
    return "".join(each for each in word if each.isdigit())


def _distance(first: str, second: str, most: int) -> int:
    """Return how many letters are wrong, missing, too many, or in each other's place.

    What is more than `most` is not told from one more than that: only letters that are about as
    far in both words are compared, and no further than it takes.
    """
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, start=1):
        further = [i, *[most + 1] * len(second)]
        for j in range(max(1, i - most), min(len(second), i + most) + 1):
            other = second[j - 1]
            cost = min(row[j] + 1, further[j - 1] + 1, row[j - 1] + (letter != other))
            is_swap = i > 1 and j > 1 and (letter, first[i - 2]) == (second[j - 2], other)
            further[j] = min(cost, before[j - 2] + 1) if is_swap else cost
        before, row = row, further
        if min(row) > most:
            break
    return min(row[-1], most + 1)
