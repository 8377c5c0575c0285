"""Questions that are asked together: what they may use, and how they are ended before their time.

Who asks says so around what is asked, because a question may be many calls below:

    with Questions(seconds=60) as questions:
        ...                     # questions.cancel() from any other thread

Engines find here who asks in their thread. `Questions` hold inside others: the first that ends,
ends it. Nothing but the standard library is loaded.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from types import TracebackType

from apollo_spark.errors import ApolloError, CancelledError, TimeIsUpError, UsageError

MEMORY = r"[1-9][0-9]*(\.[0-9]+)? ?[KMGT]i?B"
"""A size as DuckDB reads it: `2GB`, `512MiB`."""
AGAIN = 0.05
"""Seconds after which a question is stopped once more: it may not have begun when it was first."""


@dataclass(frozen=True)
class QuestionLimits:
    """What a question may use; None says nothing.

    Attributes:
        seconds: How long it may take.
        memory: Memory of the embedded engine, as DuckDB writes sizes: `2GB`.
        threads: Threads of the embedded engine.
    """

    seconds: float | None = None
    memory: str | None = None
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.seconds is not None and not 0 < self.seconds < threading.TIMEOUT_MAX:
            raise UsageError("The time limit of a question is more than 0 seconds.")
        if self.memory is not None and not re.fullmatch(MEMORY, self.memory, re.IGNORECASE):
            raise UsageError("The memory limit of a question is written as 512MB or 2GB.")
        if self.threads is not None and self.threads < 1:
            raise UsageError("A question takes 1 thread or more.")


NO_LIMITS = QuestionLimits()


class Questions:
    """What is asked inside `with`; one of them may be used in several threads at once.

    Args:
        seconds: How long all of it may take, from the first `with` on.
        memory: Memory of the embedded engine for a question: `2GB`.
        threads: Threads of the embedded engine for a question.
        limits: Gives these when they are first needed, where nobody knows them before.

    Raises:
        UsageError: A limit is none.
    """

    def __init__(
        self,
        *,
        seconds: float | None = None,
        memory: str | None = None,
        threads: int | None = None,
        limits: Callable[[], QuestionLimits] | None = None,
    ) -> None:
        given = QuestionLimits(seconds, memory, threads)
        self._read_limits = limits or (lambda: given)
        self._limits: QuestionLimits | None = None
        self._begun: float | None = None
        self._is_cancelled = False
        self._running: set[_Running] = set()
        self._lock = threading.Lock()
        self._entered = threading.local()

    def __enter__(self) -> "Questions":
        with self._lock:
            self._begun = self._begun or time.monotonic()
        before = _ASKED.get()
        if not hasattr(self._entered, "tokens"):
            self._entered.tokens = []
        self._entered.tokens.append(_ASKED.set((*before, self)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        token: Token[tuple[Questions, ...]] = self._entered.tokens.pop()
        _ASKED.reset(token)

    @property
    def is_cancelled(self) -> bool:
        """Whether they were ended."""
        return self._is_cancelled

    @property
    def limits(self) -> QuestionLimits:
        """What each of them may use."""
        if self._limits is None:
            self._limits = self._read_limits()
        return self._limits

    @property
    def ends_at(self) -> float | None:
        """When their time is up, by the clock that only goes on; None is never."""
        seconds = self.limits.seconds
        return None if seconds is None or self._begun is None else self._begun + seconds

    def cancel(self) -> None:
        """End what is running, from any thread; what is asked later is refused at once."""
        with self._lock:
            self._is_cancelled = True
            running = tuple(self._running)
        for each in running:
            each.end(_cancelled())

    @contextmanager
    def having(self, running: "_Running") -> Iterator[None]:
        """End what is running when they are cancelled, and at once where they were already."""
        with self._lock:
            self._running.add(running)
            is_late = self._is_cancelled
        if is_late:
            running.end(_cancelled())
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(running)


_ASKED: ContextVar[tuple[Questions, ...]] = ContextVar("asked", default=())
_RUNNING: set["_Running"] = set()
"""All that runs in this process, whoever asks."""


class _Running:
    """One question that is running, and why it was ended if it was."""

    def __init__(self, stop: Callable[[], object]) -> None:
        self._stop = stop
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self.why: ApolloError | None = None

    def end(self, why: ApolloError) -> None:
        """Stop it, until it is over; the first reason is the one that counts."""
        with self._lock:
            if self.why is not None or self._is_over.is_set():
                return
            self.why = why
        threading.Thread(target=self._stop_until_over, daemon=True).start()

    def _stop_until_over(self) -> None:
        while True:
            with self._lock:
                if self._is_over.is_set():
                    return
                self._stop()
            if self._is_over.wait(AGAIN):
                return

    def be_over(self) -> None:
        """Say that it is over; when this returns it is stopped no more."""
        with self._lock:
            self._is_over.set()


def limits_here(given: QuestionLimits = NO_LIMITS) -> QuestionLimits:
    """Return what a question of this thread may use: what is nearest to it wins.

    Args:
        given: What holds where nobody around says anything.
    """
    found = given
    for each in (one.limits for one in _ASKED.get()):
        found = QuestionLimits(
            seconds=each.seconds or found.seconds,
            memory=each.memory or found.memory,
            threads=each.threads or found.threads,
        )
    return found


def require_going() -> None:
    """Refuse to go on where what is asked in this thread was ended.

    Raises:
        CancelledError: It was cancelled.
        TimeIsUpError: It took longer than it may.
    """
    going_here()()


def going_here() -> Callable[[], None]:
    """Return what does as `require_going` does, for threads that work on a question of this one."""
    asked = _ASKED.get()

    def require() -> None:
        for each in asked:
            if each.is_cancelled:
                raise _cancelled()
            if each.ends_at is not None and time.monotonic() >= each.ends_at:
                raise _time_is_up(each.limits.seconds)

    return require


def cancel_everything() -> None:
    """End all questions that are running in this process, whoever asks them."""
    for each in tuple(_RUNNING):
        each.end(_cancelled())


@contextmanager
def stopped_by(stop: Callable[[], object], seconds: float | None = None) -> Iterator[None]:
    """Run a question of this thread so that it ends when somebody or the clock says so.

    Args:
        stop: Stops it, from another thread; called again until it is over.
        seconds: What it may take at most by itself.

    Raises:
        CancelledError: It was cancelled.
        TimeIsUpError: It took longer than it may.
    """
    require_going()
    asked = _ASKED.get()
    running = _Running(stop)
    ends = [(each.ends_at, each.limits.seconds) for each in asked]
    ends += [(time.monotonic() + seconds, seconds)] if seconds is not None else []
    timers = [_timer(running, at, length) for at, length in ends if at is not None]
    _RUNNING.add(running)
    try:
        with _had_by(asked, running):
            yield
    except Exception:
        if running.why is None:
            raise
        # Whatever an engine makes of being stopped, this is why.
        raise running.why from None
    finally:
        running.be_over()
        _RUNNING.discard(running)
        for each in timers:
            each.cancel()


@contextmanager
def _had_by(asked: tuple[Questions, ...], running: _Running) -> Iterator[None]:
    if not asked:
        yield
        return
    with asked[0].having(running), _had_by(asked[1:], running):
        yield


def _timer(running: _Running, at: float, seconds: float | None) -> threading.Timer:
    timer = threading.Timer(max(at - time.monotonic(), 0.0), running.end, [_time_is_up(seconds)])
    timer.daemon = True
    timer.start()
    return timer


def _cancelled() -> CancelledError:
    return CancelledError("The question was cancelled.")


def _time_is_up(seconds: float | None) -> TimeIsUpError:
    return TimeIsUpError(
        f"The answer took longer than {seconds:g} seconds, which is what it may take.",
        fix="Ask for less, or allow more: --time-limit SECONDS, or question.seconds in settings.",
    )
