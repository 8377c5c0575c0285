"""The tree of a coding as far as people have its codes: what is above each, level by level."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from apollo_spark.model.coding import Coding


@dataclass(frozen=True)
class TreePlace:
    """A code at one of its places: the code, how deep it is, and what it is below."""

    code: str
    depth: int
    parent: str | None


class CodeTree:
    """A coding whose codes are a tree, or are under several parents each.

    Args:
        coding: The coding.
    """

    def __init__(self, coding: Coding) -> None:
        self._coding = coding

    def above(self, code: str) -> frozenset[str]:
        """Return a code and all that it is below."""
        found: set[str] = set()
        waiting = [code]
        while waiting:
            each = waiting.pop()
            if each not in found:
                found.add(each)
                waiting += self._coding.parents.get(each, ())
        return frozenset(found)

    def places(
        self, held: Collection[str], under: str | None, limit: int
    ) -> tuple[list[TreePlace], bool]:
        """Return the places of whole levels that fit, and whether even the first one does not.

        Args:
            held: The codes that somebody has, or has one below.
            under: The code below which the first level is; None is the whole tree.
            limit: How many places fit.
        """
        level = [TreePlace(each, 0, under) for each in self._below(under or "", held)]
        if len(level) > limit:
            return level, True
        kept = list(level)
        while level:
            level = [
                TreePlace(code, each.depth + 1, each.code)
                for each in level
                for code in self._below(each.code, held)
            ]
            if len(kept) + len(level) > limit:
                break
            kept += level
        return self._in_order(kept), False

    def _below(self, code: str, held: Collection[str]) -> Iterable[str]:
        return (each for each in self._coding.children.get(code, ()) if each in held)

    def _in_order(self, places: list[TreePlace]) -> list[TreePlace]:
        """Return places so that each is followed by those below it."""
        below: dict[tuple[str | None, int], list[TreePlace]] = {}
        for each in places:
            below.setdefault((each.parent, each.depth), []).append(each)
        found: list[TreePlace] = []
        waiting = [each for each in reversed(places) if each.depth == 0]
        while waiting:
            place = waiting.pop()
            found.append(place)
            waiting += reversed(below.get((place.code, place.depth + 1), []))
        return found
