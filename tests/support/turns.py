"""Two deeds in two threads of which one runs at a time: a schedule says when the other goes on."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

Deed = Callable[[Callable[[str], None]], object]
"""Something that calls a function before each of its steps."""


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
    _ended: list[bool] = field(default_factory=lambda: [False, False], init=False)
    _left: list[int] = field(default_factory=list, init=False)

    def run(self, deeds: Sequence[Deed]) -> list[BaseException | None]:
        """Run both deeds; return the error that each ended with."""
        self._turn, self._left = self.starter, list(self.turns)
        self._changed = threading.Condition()
        errors: list[BaseException | None] = [None, None]

        def work(me: int) -> None:
            with self._my_turn(me):
                try:
                    deeds[me](lambda _: self._step(me))
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

    def _step(self, me: int) -> None:
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
