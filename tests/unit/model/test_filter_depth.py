"""Room for functions that call themselves: given to all threads while it is needed."""

import sys
import threading

import pytest

from apollo_spark.model.filter.depth import FRAMES, with_deep_recursion


def allowed() -> int:
    return sys.getrecursionlimit()


def descend(depth: int) -> int:
    return 0 if depth == 0 else 1 + descend(depth - 1)


def test_a_function_descends_and_the_limit_is_as_before() -> None:
    before = allowed()

    assert with_deep_recursion(descend)(before * 2) == before * 2

    assert allowed() == before


def test_the_limit_is_as_before_where_something_goes_wrong() -> None:
    before = allowed()

    @with_deep_recursion
    def fail() -> None:
        raise ValueError(allowed())

    with pytest.raises(ValueError, match=str(FRAMES)):
        fail()
    assert allowed() == before


def test_who_is_still_on_the_way_down_keeps_room_when_another_thread_comes_back() -> None:
    before, found = allowed(), []
    inside, may_go_on = threading.Event(), threading.Event()

    @with_deep_recursion
    def wait_and_descend() -> None:
        inside.set()
        assert may_go_on.wait(60)
        found.append(descend(before * 2))

    thread = threading.Thread(target=wait_and_descend)
    thread.start()
    assert inside.wait(60)
    with_deep_recursion(descend)(3)
    assert allowed() == FRAMES
    may_go_on.set()
    thread.join()

    assert found == [before * 2]
    assert allowed() == before


def test_a_limit_that_somebody_sets_meanwhile_stays() -> None:
    before = allowed()
    try:
        with_deep_recursion(sys.setrecursionlimit)(before + 100)
        assert allowed() == before + 100
    finally:
        sys.setrecursionlimit(before)
