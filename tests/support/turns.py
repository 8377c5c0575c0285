"""Two deeds in two threads of which one runs at a time: a schedule says when the other goes on."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest import mock

Step = Callable[[str], None]
Deed = Callable[[Step], object]
"""Something that calls a function before each of its steps."""

_mine = threading.local()


@contextmanager
def announced(*effects: tuple[object, str, str]) -> Iterator[None]:
    """Make functions steps of the deeds that call them: owner, its attribute, name of the step.

    Threads that belong to no deed, as those that renew leases, call them as ever.
    """
    with ExitStack() as stack:
        for owner, attribute, name in effects:
            told = _telling(getattr(owner, attribute), name)
            stack.enter_context(mock.patch.object(owner, attribute, told))
        yield


def _telling(act: Callable[..., Any], name: str) -> Callable[..., Any]:
    def tell(*arguments: Any, **options: Any) -> Any:
        step: Step | None = getattr(_mine, "step", None)
        if step is not None:
            step(name)
        return act(*arguments, **options)

    return tell


@contextmanager
def _as_deed(step: Step) -> Iterator[None]:
    _mine.step = step
    try:
        yield
    finally:
        _mine.step = None


def steps_of(deed: Deed) -> list[str]:
    """Do a deed alone and return its steps."""
    seen: list[str] = []
    with _as_deed(seen.append):
        deed(seen.append)
    return seen


@dataclass
class Schedule:
    """Runs two deeds step by step.

    Attributes:
        turns: How many steps whoever's turn it is goes on, before the other one does; after the
            last of them each runs to its end, first the one whose turn it is.
        starter: Who begins: 0 or 1.
    """

    turns: Sequence[int]
    starter: int = 0
    _ended: list[bool] = field(default_factory=lambda: [False, False], init=False, repr=False)
    _left: list[int] = field(default_factory=list, init=False, repr=False)

    def run(self, deeds: Sequence[Deed]) -> list[BaseException | None]:
        """Run both deeds; return the error that each ended with."""
        self._turn, self._left = self.starter, list(self.turns)
        self._changed = threading.Condition()
        errors: list[BaseException | None] = [None, None]

        def work(me: int) -> None:
            step = partial(self._step, me)
            with self._my_turn(me), _as_deed(step):
                try:
                    deeds[me](step)
                except BaseException as error:  # noqa: BLE001
                    errors[me] = error

        threads = [threading.Thread(target=work, args=(each,)) for each in (0, 1)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        return errors

    @contextmanager
    def _my_turn(self, me: int) -> Iterator[None]:
        self._wait(me)
        try:
            yield
        finally:
            with self._changed:
                self._ended[me] = True
                self._turn = 1 - me
                self._changed.notify_all()

    def _step(self, me: int, _: str) -> None:
        if not self._left or self._ended[1 - me]:
            return
        self._left[0] -= 1
        if self._left[0] >= 0:
            return
        self._left.pop(0)
        with self._changed:
            self._turn = 1 - me
            self._changed.notify_all()
        self._wait(me)

    def _wait(self, me: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._turn == me or self._ended[1 - me])
