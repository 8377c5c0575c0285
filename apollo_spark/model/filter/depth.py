"""Room for functions that call themselves for each level of a filter.

A filter, its SQL tree and the statement are each gone through so, up to some twenty calls for each
of `MAX_DEPTH` levels, and Python allows a thousand. The limit is that of the whole process: it is
raised while somebody is on the way down, in whichever thread, and then as it was.
"""

import functools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

MAX_DEPTH = 200
"""How many parentheses and negations may be around a condition that is typed."""
FRAMES = 20_000

_Words = ParamSpec("_Words")
_Found = TypeVar("_Found")


class _RecursionLimit:
    """Who needs room now, and what Python allowed before the first of them came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._before = 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        with self._lock:
            self._users += 1
            if self._users == 1:
                self._before = sys.getrecursionlimit()
                sys.setrecursionlimit(max(self._before, FRAMES))
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                # Who set another limit meanwhile knows why.
                if not self._users and sys.getrecursionlimit() == max(self._before, FRAMES):
                    sys.setrecursionlimit(self._before)


_LIMIT = _RecursionLimit()


def with_deep_recursion(function: Callable[_Words, _Found]) -> Callable[_Words, _Found]:
    """Give a function room to go down a filter; it must not be one that calls itself."""

    @functools.wraps(function)
    def with_room(*words: _Words.args, **named: _Words.kwargs) -> _Found:
        with _LIMIT.taken():
            return function(*words, **named)

    return with_room
