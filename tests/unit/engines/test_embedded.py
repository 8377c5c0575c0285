"""The embedded engine: pinned files only, normal types, streams, and clear failures."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlglot import exp

from apollo_spark.engines.base import normal_type
from apollo_spark.engines.embedded import EmbeddedEngine
from apollo_spark.errors import BrokenPinError, EnvironmentProblemError
from apollo_spark.query.sql import ascending, column, labelled, literal, table
from tests.support.tables import FileTables, answer

ALL = exp.select(exp.Star()).from_(table("t"))


@pytest.fixture
def tables(tmp_path: Path) -> FileTables:
    return FileTables(tmp_path)


def test_a_table_without_files_has_its_columns_and_no_rows(tables: FileTables) -> None:
    items = pa.list_(pa.field("element", pa.date32()))
    schema = pa.schema([("a", pa.string()), ("b", items), ("c", pa.timestamp("us", tz="UTC"))])
    tables.add("t", schema.empty_table())

    reader = EmbeddedEngine(tables).run(ALL, tables.pins)

    assert reader.schema == schema
    assert reader.read_all().num_rows == 0


def test_only_the_files_of_the_pinned_version_are_read(tables: FileTables, tmp_path: Path) -> None:
    tables.add("t", pa.table({"a": [1, 2, 3]}), files=3)
    pq.write_table(pa.table({"a": [4]}), tmp_path / "table 0 [part 0] of another version.parquet")

    assert sorted(answer(EmbeddedEngine(tables).run(ALL, tables.pins))) == [(1,), (2,), (3,)]


def test_columns_of_files_meet_by_name(tables: FileTables, tmp_path: Path) -> None:
    tables.add("t", pa.table({"a": [1, 2], "b": ["x", "y"]}), files=2)
    second = pa.table({"b": ["z"], "a": pa.array([5], pa.int64())})
    pq.write_table(second, tables.files(tables.pins["t"])[1])

    assert answer(EmbeddedEngine(tables, threads=1).run(ALL, tables.pins)) == [(1, "x"), (5, "z")]


def test_a_question_reads_no_file_besides_the_pinned_ones(
    tables: FileTables, tmp_path: Path
) -> None:
    tables.add("t", pa.table({"a": [1]}))
    other = tmp_path / "other.csv"
    other.write_text("secret\n1\n")
    content = exp.Anonymous(this="read_text", expressions=[literal(str(other))])
    tree = exp.select(exp.Star()).from_(exp.Lateral(this=content, alias=exp.TableAlias()))

    with pytest.raises(duckdb.PermissionException):
        EmbeddedEngine(tables).run(tree, tables.pins)


def test_all_sizes_of_numbers_come_as_the_largest(tables: FileTables) -> None:
    small = pa.table({"a": pa.array([1], pa.int16()), "b": pa.array([0.5], pa.float32())})
    tables.add("t", small)

    schema = EmbeddedEngine(tables).run(ALL, tables.pins).schema

    assert schema == pa.schema([("a", pa.int64()), ("b", pa.float64())])


def test_a_list_has_one_spelling() -> None:
    assert normal_type(pa.large_list(pa.field("l", pa.int32()))) == pa.list_(
        pa.field("element", pa.int64())
    )


def test_rows_come_in_batches(tables: FileTables) -> None:
    tables.add("t", pa.table({"a": range(300_000)}))
    tree = ALL.copy().order_by(ascending(column("t", "a")))

    sizes = [each.num_rows for each in EmbeddedEngine(tables).run(tree, tables.pins)]

    assert sum(sizes) == 300_000
    assert max(sizes) <= 110_000


def test_a_reader_that_is_left_early_leaves_nothing_behind(tables: FileTables) -> None:
    tables.add("t", pa.table({"a": range(300_000)}))

    reader = EmbeddedEngine(tables).run(ALL, tables.pins)
    reader.read_next_batch()
    reader.close()


def test_a_missing_file_is_a_broken_pin(tables: FileTables) -> None:
    tables.add("t", pa.table({"a": [1, 2]}), files=2)
    present = tables.files(tables.pins["t"])
    tables.files = lambda _: [*present, f"{present[0]} gone"]  # type: ignore[method-assign]

    with pytest.raises(BrokenPinError, match="gone is not as it was published: it is missing"):
        EmbeddedEngine(tables).run(ALL, tables.pins)


def test_a_damaged_file_is_a_broken_pin(tables: FileTables) -> None:
    tables.add("t", pa.table({"a": [1]}))
    Path(tables.files(tables.pins["t"])[0]).write_bytes(b"PAR1 not really")

    with pytest.raises(BrokenPinError):
        EmbeddedEngine(tables).run(ALL, tables.pins)


def test_too_little_memory_is_said_so(tables: FileTables) -> None:
    tables.add("t", pa.table({"a": [str(number) * 50 for number in range(200_000)]}))
    gathered = exp.Anonymous(this="list", expressions=[column("t", "a")])
    tree = exp.select(labelled(gathered, "all")).from_(table("t"))

    with pytest.raises(EnvironmentProblemError):
        EmbeddedEngine(tables, memory_limit="10MB").run(tree, tables.pins).read_all()


def test_datetimes_are_read_in_utc(tables: FileTables) -> None:
    tables.add("t", pa.table({"a": [0]}))
    zone = exp.Anonymous(this="current_setting", expressions=[literal("TimeZone")])

    tree = exp.select(labelled(zone, "zone")).from_(table("t"))

    assert answer(EmbeddedEngine(tables).run(tree, tables.pins)) == [("UTC",)]
    with EmbeddedEngine(tables).over(tables.pins) as engine:
        assert answer(engine.run(tree, tables.pins)) == [("UTC",)]


def test_several_questions_share_a_connection_that_reads_the_pinned_files_alone(
    tables: FileTables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables.add("t", pa.table({"a": [1, 2]}))
    tables.add("none", pa.schema([("b", pa.string())]).empty_table())
    pq.write_table(pa.table({"a": [9]}), tmp_path / "other.parquet")
    opened: list[object] = []
    connect = duckdb.connect
    monkeypatch.setattr(duckdb, "connect", lambda *a, **k: opened.append(a) or connect(*a, **k))
    none = exp.select(exp.Star()).from_(table("none"))

    with EmbeddedEngine(tables).over(tables.pins) as engine:
        begun = engine.run(ALL, tables.pins)
        assert answer(engine.run(none, tables.pins)) == []
        assert answer(engine.run(none, tables.pins)) == []
        assert sorted(answer(begun)) == [(1,), (2,)]
        # A table that comes to have another file while the connection is open.
        tables.files = lambda _: [str(tmp_path / "other.parquet")]  # type: ignore[method-assign]
        with pytest.raises(duckdb.PermissionException):
            engine.run(ALL, tables.pins)

    assert len(opened) == 1
