"""Names that R or pandas changed on the way: numbered repeats, an X before a digit, lost dashes.

Nothing can be undone: whether `S1.1` was `S1` again, or is another sample, is not in the file. So
they are taken as they are, and that is reported.
"""

import re
from collections.abc import Iterator, Sequence

_NUMBERED = re.compile(r"(.+?)(?:\.[0-9]{1,3}|\.\.\.[0-9]{1,5})")
_X_BEFORE = re.compile(r"X[0-9].*")
_DOTTED = re.compile(r"(?:TCGA|GTEX|TARGET|CPTAC|HCM)\.[0-9A-Za-z]+\.[0-9A-Za-z.]+")
MOST = 0.5
LEAST = 2


def describe_mangled(names: Sequence[str], what: str, how: str) -> Iterator[str]:
    """Yield what seems to have changed some names; the names may be people's and are not shown.

    Args:
        names: As they will be stored.
        what: What they name: samples or features.
        how: The option that gives other names.
    """
    known = set(names)
    again = sum(_repeats(each, known) for each in names)
    if again:
        yield (
            f"{what} are named as others with a number behind (.1), as pandas and R write what "
            f"occurs twice, {_times(again)}; they were taken for {what} of their own ({how} names "
            "them otherwise)"
        )
    if what != "samples":
        return
    prefixed = sum(_X_BEFORE.fullmatch(each) is not None for each in names)
    if prefixed >= LEAST and prefixed > MOST * len(names):
        yield _taken(prefixed, what, "begin with X before a digit, as R writes numbers", how)
    dotted = sum(_DOTTED.fullmatch(each) is not None for each in names)
    if dotted:
        yield _taken(dotted, what, "have dots where barcodes have dashes, as R writes them", how)


def _repeats(name: str, known: set[str]) -> bool:
    found = _NUMBERED.fullmatch(name)
    return found is not None and found[1] in known


def _taken(count: int, what: str, why: str, how: str) -> str:
    taken = f"they were taken as they are ({how} names them otherwise)"
    return f"names of {what} {why}, {_times(count)}; {taken}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
