"""Progress lines: rare, and with the time left."""

from apollo_spark.engines.tasks import LocalTaskRunner, ProgressLine


def test_a_line_says_how_many_tasks_are_done_and_the_time_left() -> None:
    now = iter([0.0, 1.0, 10.0, 12.0, 30.0])
    said: list[str] = []
    progress = ProgressLine(said.append, clock=lambda: next(now))

    for done in (1, 2, 3, 6):
        progress(done, 8)

    assert [line.strip() for line in said] == [
        "2 of 8 tasks, about 30 s left",
        "6 of 8 tasks, about 10 s left",
    ]


def test_threads_tell_each_task_that_is_done() -> None:
    seen: list[tuple[int, int]] = []
    runner = LocalTaskRunner(2, on_progress=lambda done, total: seen.append((done, total)))

    results = runner.run(lambda item: {"double": 2 * item}, [1, 2, 3])

    assert results == [{"double": 2}, {"double": 4}, {"double": 6}]
    assert seen == [(1, 3), (2, 3), (3, 3)]
