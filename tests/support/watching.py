"""Watch the steps of what commands publish that are run somewhere inside."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Step = Callable[[str], None]
LISTENER: ContextVar[Step | None] = ContextVar("listener", default=None)
"""Who hears the steps of commands of this test."""


@contextmanager
def watched(on_step: Step) -> Iterator[None]:
    """Call a function before each step of what commands publish inside."""
    token = LISTENER.set(on_step)
    try:
        yield
    finally:
        LISTENER.reset(token)
