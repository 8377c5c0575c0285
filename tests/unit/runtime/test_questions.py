"""Questions that are ended before their time: by hand from another thread, or by the clock."""

import threading
from collections.abc import Callable

import pytest

from apollo_spark.errors import CancelledError, TimeIsUpError, UsageError
from apollo_spark.runtime.questions import (
    QuestionLimits,
    Questions,
    cancel_everything,
    going_here,
    limits_here,
    require_going,
    stopped_by,
)


class StandIn:
    """An engine that works until it is stopped, and then fails in a way of its own."""

    def __init__(self) -> None:
        self.is_stopped = threading.Event()
        self.stops = 0

    def stop(self) -> None:
        self.stops += 1
        self.is_stopped.set()

    def work(
        self, meanwhile: Callable[[], object] = lambda: None, seconds: float | None = None
    ) -> None:
        with stopped_by(self.stop, seconds):
            meanwhile()
            assert self.is_stopped.wait(60)
            raise RuntimeError("stopped in some way")


def test_a_question_is_cancelled_from_another_thread() -> None:
    engine = StandIn()
    with Questions() as questions:
        thread = threading.Thread(target=questions.cancel)
        with pytest.raises(CancelledError, match="question was cancelled"):
            engine.work(thread.start)
    thread.join()

    assert questions.is_cancelled


def test_what_is_cancelled_before_is_not_begun() -> None:
    engine = StandIn()
    with Questions() as questions:
        questions.cancel()
        with pytest.raises(CancelledError):
            engine.work()
        with pytest.raises(CancelledError):
            require_going()

    assert engine.stops == 0
    require_going()


def test_a_stop_that_came_too_early_for_an_engine_is_said_again() -> None:
    engine = StandIn()
    second = threading.Event()

    def stop() -> None:
        engine.stop()
        if engine.stops == 2:
            second.set()

    def work() -> None:
        with stopped_by(stop):
            questions.cancel()
            assert second.wait(60)
            raise RuntimeError

    with Questions() as questions, pytest.raises(CancelledError):
        work()


def test_the_outer_questions_end_the_inner_ones_and_not_the_other_way_round() -> None:
    with Questions() as outer, Questions() as inner:
        inner.cancel()
        with pytest.raises(CancelledError):
            require_going()
    with outer:
        require_going()
        with Questions():
            outer.cancel()
            with pytest.raises(CancelledError):
                StandIn().work()


def test_time_ends_a_question() -> None:
    with (
        Questions(seconds=1e-6),
        pytest.raises(TimeIsUpError, match="took longer than 1e-06 seconds, which is what"),
    ):
        StandIn().work()
    with pytest.raises(TimeIsUpError, match=r"longer than 0\.001 seconds"):
        StandIn().work(seconds=0.001)


def test_an_error_of_a_question_that_nobody_ended_stays_as_it_is() -> None:
    engine = StandIn()
    with Questions(seconds=3600), pytest.raises(RuntimeError, match="in some way"):
        engine.work(engine.is_stopped.set)

    assert engine.stops == 0


def test_an_answer_that_was_there_is_given_though_it_was_cancelled_then() -> None:
    with Questions() as questions:
        with stopped_by(lambda: None):
            questions.cancel()
        assert questions.is_cancelled


def test_one_handle_ends_the_questions_of_several_threads() -> None:
    questions, ended = Questions(), []
    begun = threading.Barrier(3)

    def ask() -> None:
        with questions:
            try:
                StandIn().work(begun.wait)
            except CancelledError as error:
                ended.append(error)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for each in threads:
        each.start()
    begun.wait()
    questions.cancel()
    for each in threads:
        each.join()

    assert len(ended) == 2


def test_threads_that_work_for_a_question_know_that_it_was_cancelled() -> None:
    with Questions() as questions:
        require = going_here()
        questions.cancel()
    require_going()

    with pytest.raises(CancelledError):
        require()


def test_the_nearest_limits_win_and_what_they_leave_open_is_as_outside() -> None:
    usual = QuestionLimits(seconds=5, memory="1GB", threads=8)
    assert limits_here() == QuestionLimits()
    with Questions(memory="2GB", threads=4), Questions(threads=1):
        assert limits_here(usual) == QuestionLimits(seconds=5, memory="2GB", threads=1)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        *(({"seconds": each}, "time limit of a question is more than 0 seconds")
          for each in (0, -1, float("nan"), float("inf"))),
        *(({"memory": each}, "memory limit of a question is written as 512MB or 2GB")
          for each in ("much", "2", "0GB")),
        ({"threads": 0}, "question takes 1 thread or more"),
    ],
)  # fmt: skip
def test_what_is_no_limit_is_refused(wrong: dict[str, float | str | int], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        Questions(**wrong)  # type: ignore[arg-type]


def test_everything_that_runs_in_the_process_ends_at_ctrl_c() -> None:
    with pytest.raises(CancelledError):
        StandIn().work(cancel_everything)
