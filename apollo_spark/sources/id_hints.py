"""How an id map would name more: its ids read otherwise."""

import re
from collections.abc import Callable, Iterable, Mapping

_VERSION = re.compile(r"\.[0-9]+$")
_ALIKE: Mapping[str, Callable[[str], str]] = {
    "without regard to capital letters": str.casefold,
    "without versions behind a point": lambda name: _VERSION.sub("", name),
    "without blanks and quotes around ids": lambda name: name.strip(" \t\xa0\"'"),
}
EXCHANGED = "with its columns exchanged"


def find_hints(
    lost: Iterable[str], id_map: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[str, int], ...]:
    """Return how many ids that a map lacks it would name if they were read otherwise, by how.

    Args:
        lost: Ids that the map does not name.
        id_map: Names by source id.
    """
    names = list(lost)
    found = {
        how: _count(alike, names, {alike(key) for key in id_map}) for how, alike in _ALIKE.items()
    }
    targets = {each for several in id_map.values() for each in several}
    found[EXCHANGED] = sum(each in targets for each in names)
    return tuple((how, count) for how, count in found.items() if count)


def _count(alike: Callable[[str], str], names: Iterable[str], known: set[str]) -> int:
    return sum(alike(each) in known for each in names)
