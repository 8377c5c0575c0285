"""Progress of long steps: how many tasks are done, and an estimate of the time left."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

OnProgress = Callable[[int, int], None]
"""Told how many tasks are done, of how many."""
POLL_SECONDS = 2.0
QUIET_SECONDS = 5.0


class ProgressLine:
    """Says how far a step is, at most every few seconds, so that short steps say nothing.

    Args:
        say: Prints a line.
        clock: Seconds, as `time.monotonic`.
    """

    def __init__(
        self, say: Callable[[str], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._say = say
        self._clock = clock
        self.restart()

    def restart(self) -> None:
        """Begin a new step."""
        self._start = self._last = self._clock()

    def __call__(self, done: int, total: int) -> None:
        """Take note of the tasks that are done."""
        now = self._clock()
        if not 0 < done < total or now - self._last < QUIET_SECONDS:
            return
        self._last = now
        left = (now - self._start) / done * (total - done)
        self._say(f"          {done} of {total} tasks, about {left:.0f} s left")


@contextmanager
def watching(count: Callable[[], tuple[int, int]], on_progress: OnProgress) -> Iterator[None]:
    """Ask every few seconds, beside the work, how many tasks are done."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(POLL_SECONDS):
            on_progress(*count())

    thread = threading.Thread(target=watch, name="apollo-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
