"""Questions to DuckDB that would never end: they end when somebody says so, and leave nothing."""

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from sqlglot import exp

from apollo_spark.cli import main
from apollo_spark.engines.embedded import DATABASES, EmbeddedEngine
from apollo_spark.errors import CancelledError, TimeIsUpError
from apollo_spark.query.sql import column, labelled, table
from apollo_spark.runtime.questions import Questions
from tests.support.tables import FileTables, answer

SIDES = [f"side {number}" for number in range(6)]
ALL = exp.select(exp.Star()).from_(table("t"))


def crossed(*selected: exp.Expr) -> exp.Select:
    """Ask for pairs, triples and so on of 10,000 rows: 10^24, of which one is chosen."""
    found = exp.select(*selected)
    for each in SIDES:
        source = exp.Subquery(
            this=ALL.copy(), alias=exp.TableAlias(this=exp.to_identifier(each, True))
        )
        found = (
            found.join(source, join_type="cross")
            if found.args.get("from_")
            else found.from_(source)
        )
    total = exp.Add(this=column(SIDES[0], "a"), expression=column(SIDES[1], "a"))
    for each in SIDES[2:]:
        total = exp.Add(this=total, expression=column(each, "a"))
    return found.where(exp.EQ(this=total, expression=exp.Literal.number(0)))


COUNTED = crossed(labelled(exp.Count(this=exp.Star()), "n"))
"""Nothing comes before all was looked at."""
STREAMED = crossed(column(SIDES[0], "a"))
"""The first row comes at once, and never a second one."""


@pytest.fixture
def tables(tmp_path: Any) -> FileTables:
    found = FileTables(tmp_path)
    found.add("t", pa.table({"a": range(10_000)}))
    return found


class Watched(EmbeddedEngine):
    """An engine that calls somebody when DuckDB begins to answer."""

    def __init__(self, tables: FileTables, begun: Any) -> None:
        super().__init__(tables)
        self.begun = begun

    def _prepare(self, *words: Any) -> str:
        statement = super()._prepare(*words)
        threading.Thread(target=self.begun, daemon=True).start()
        return statement


@pytest.mark.parametrize("tree", [COUNTED, STREAMED], ids=["counted", "streamed"])
def test_a_cross_join_is_cancelled_and_the_next_question_is_answered(
    tables: FileTables, tree: exp.Select
) -> None:
    with Questions() as questions, pytest.raises(CancelledError):
        Watched(tables, questions.cancel).run(tree, tables.pins).read_all()

    assert not any(each.users for each in DATABASES._kept)
    assert len(answer(EmbeddedEngine(tables).run(ALL, tables.pins))) == 10_000


def test_what_is_cancelled_before_opens_no_database(
    tables: FileTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duckdb, "connect", None)
    with Questions() as questions:
        questions.cancel()
        with pytest.raises(CancelledError):
            EmbeddedEngine(tables).run(ALL, tables.pins)


def test_a_cross_join_ends_when_its_time_is_up(tables: FileTables) -> None:
    with Questions(seconds=0.01), pytest.raises(TimeIsUpError):
        EmbeddedEngine(tables).run(COUNTED, tables.pins).read_all()


def test_a_question_has_the_memory_and_threads_that_are_allowed(tables: FileTables) -> None:
    names = exp.Anonymous(this="current_setting", expressions=[exp.Literal.string("threads")])
    asked = exp.select(labelled(exp.cast(names, "bigint"), "threads"))

    with Questions(threads=1):
        assert answer(EmbeddedEngine(tables).run(asked, {})) == [(1,)]
        assert answer(EmbeddedEngine(tables, threads=2).run(asked, {})) == [(2,)]


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Hear of Ctrl-C: a shell has what it starts in the background pass it over."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("tree", [COUNTED, STREAMED], ids=["counted", "streamed"])
def test_ctrl_c_ends_a_command_at_once(
    tables: FileTables, tree: exp.Select, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Watched(tables, lambda: os.kill(os.getpid(), signal.SIGINT))

    def ask(**_words: object) -> None:
        engine.run(tree, tables.pins).read_all()

    monkeypatch.setattr(main.apollo, "main", ask)

    assert main.run([]) == 130


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_without_a_command_is_what_python_makes_of_it(tables: FileTables) -> None:
    engine = Watched(tables, lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        engine.run(COUNTED, tables.pins).read_all()


def test_whoever_heard_of_signals_before_a_command_hears_of_them_afterwards() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing)
    try:
        with main.stopped_by_ctrl_c():
            pass
        assert signal.set_wakeup_fd(before) == writing
    finally:
        signal.set_wakeup_fd(before)
        os.close(reading)
        os.close(writing)


def test_a_command_in_another_thread_hears_of_no_signal() -> None:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(main.run(["--version"])))
    thread.start()
    thread.join()

    assert found == [0]
