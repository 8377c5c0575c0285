"""The engine of the cluster, with a stand-in for its session: no Java."""

from typing import Any

import pyarrow as pa
import pytest
from pyspark.errors import PySparkException
from sqlglot import exp

from apollo_spark.engines.spark import SparkEngine
from apollo_spark.query.sql import column, table
from tests.support.tables import FileTables


class RefusalError(PySparkException):
    """What a platform says that reads the files of a Delta table only through Delta."""

    def __init__(self, condition: str) -> None:
        self._condition = condition

    def getCondition(self) -> str:  # noqa: N802 - the name of the base
        return self._condition


class Session:
    """Refuses to read Parquet, and writes down what it is asked to read as Delta."""

    def __init__(self, condition: str) -> None:
        self.condition = condition
        self.asked: list[Any] = []
        self.read = self

    def schema(self, _text: str) -> "Session":
        return self

    def option(self, *option: object) -> "Session":
        self.asked.append(option)
        return self

    def format(self, name: str) -> "Session":
        self.asked.append(name)
        return self

    def parquet(self, *_paths: str) -> None:
        self.asked.clear()
        raise RefusalError(self.condition)

    def load(self, path: str) -> str:
        self.asked.append(path)
        return "rows through Delta"

    def sql(self, _statement: str, **frames: object) -> list[object]:
        return list(frames.values())


@pytest.fixture
def tables(tmp_path: Any) -> FileTables:
    found = FileTables(tmp_path)
    found.add("t", pa.table({"a": [1]}))
    return found


def ask(session: Any, tables: FileTables) -> Any:
    tree = exp.select(column("t", "a")).from_(table("t"))
    return SparkEngine(session, lambda pin: f"lake/{pin.table}", tables).frame(tree, tables.pins)


def test_files_that_a_platform_refuses_are_read_through_delta(tables: FileTables) -> None:
    session = Session("DELTA_INVALID_FORMAT")
    pin = tables.pins["t"]

    assert ask(session, tables) == ["rows through Delta"]
    assert session.asked == ["delta", ("versionAsOf", pin.version), f"lake/{pin.table}"]


def test_other_refusals_are_told(tables: FileTables) -> None:
    with pytest.raises(RefusalError):
        ask(Session("UNSUPPORTED_FEATURE"), tables)


class Reader(Session):
    """Reads Parquet, and counts how often it lists files."""

    def __init__(self) -> None:
        super().__init__("")
        self.listed: list[tuple[str, ...]] = []

    def parquet(self, *paths: str) -> str:  # type: ignore[override]
        self.listed.append(paths)
        return "rows of files"


def test_an_engine_lists_the_files_of_a_table_once(tables: FileTables) -> None:
    session: Any = Reader()
    engine = SparkEngine(session, lambda pin: f"lake/{pin.table}", tables)
    tree = exp.select(column("t", "a")).from_(table("t"))

    for _ in range(2):
        assert engine.frame(tree, tables.pins) == ["rows of files"]
    assert session.listed == [tuple(tables.files(tables.pins["t"]))]

    # Another set of files, or of columns, is another table.
    tables.add("t", pa.table({"a": [1, 2]}), files=2)
    engine.frame(tree, tables.pins)
    engine.frame(exp.select(exp.Star()).from_(table("t")), tables.pins)
    assert [len(each) for each in session.listed] == [1, 2]
