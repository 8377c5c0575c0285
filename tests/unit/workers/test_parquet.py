import json
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apollo_spark.workers.files import parquet
from apollo_spark.workers.files.lines import LineRuns, line_of_row, load_runs
from apollo_spark.workers.files.parquet import BlockWriter, WrittenFile
from apollo_spark.workers.values.spec import Block

BlockOf = Callable[..., Block]
MICRO = timedelta(microseconds=1)
MOMENT = datetime(2001, 2, 3, 4, 5, 6, 1000, tzinfo=timezone.utc)


def write(
    block: Block, folder: Path, tables: list[pa.Table], first_line: int = 2
) -> WrittenFile | None:
    with BlockWriter(str(folder), block) as writer:
        for table in tables:
            writer.add(table, np.arange(first_line, first_line + table.num_rows))
            first_line += table.num_rows
    return writer.written


def stats_of(block: Block, folder: Path, *tables: dict[str, Any]) -> Any:
    written = write(block, folder, [pa.table(each) for each in tables])
    assert written is not None
    return json.loads(written.stats)


def test_a_block_becomes_one_file(block_of: BlockOf, tmp_path: Path) -> None:
    block = block_of(b"content")
    lists = pa.list_(pa.field("element", pa.string()))
    table = pa.table({"s": ["a", None], "l": pa.array([["x"], []], lists), "t": [MOMENT, None]})
    table = table.set_column(2, "t", table["t"].cast(pa.timestamp("us", "UTC")))

    written = write(block, tmp_path, [table, table])

    assert written is not None
    path = tmp_path / written.path
    assert path.name.startswith("part-00000-")
    assert (written.size, written.rows) == (path.stat().st_size, 4)
    assert pq.read_table(path).replace_schema_metadata() == pa.concat_tables([table, table])
    file = pq.ParquetFile(path)
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert "isAdjustedToUTC=true, timeUnit=microseconds" in str(file.schema)
    assert file.schema.column(1).path == "l.list.element"
    assert json.loads(file.metadata.metadata[b"apollo.source"]) == {
        "file": "data.csv",
        "sha256": block.file.sha256,
    }
    assert json.loads(file.metadata.metadata[b"apollo.lines"]) == [[0, 2]]


def test_a_block_without_rows_leaves_no_file(block_of: BlockOf, tmp_path: Path) -> None:
    folder = tmp_path / "table"
    folder.mkdir()

    assert write(block_of(b""), folder, [pa.table({"s": pa.array([], pa.string())})]) is None
    assert list(folder.iterdir()) == []


def test_small_chunks_share_a_row_group_and_large_ones_do_not(
    block_of: BlockOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "GROUP_BYTES", 800)
    tables = [pa.table({"i": np.arange(rows)}) for rows in (10, 10, 90, 100, 100, 1)]

    written = write(block_of(b""), tmp_path, tables)

    assert written is not None
    file = pq.read_metadata(tmp_path / written.path)
    groups = [file.row_group(each).num_rows for each in range(file.num_row_groups)]
    assert groups == [110, 100, 101]


def test_an_error_removes_the_file(
    block_of: BlockOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "GROUP_BYTES", 1)
    folder = tmp_path / "table"
    folder.mkdir()
    table = pa.table({"i": [1]})

    def write_and_fail() -> None:
        with BlockWriter(str(folder), block_of(b"")) as writer:
            writer.add(table, np.array([1]))
            writer.add(table, np.array([2]))
            assert len(list(folder.iterdir())) == 1
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    assert list(folder.iterdir()) == []


def test_statistics_are_those_of_delta(block_of: BlockOf, tmp_path: Path) -> None:
    times = pa.array([MOMENT + MICRO, MOMENT + 2 * MICRO], pa.timestamp("us", "UTC"))
    first = {
        "s": ["b", "a"],
        "i": [1, None],
        "f": [0.5, -1.0],
        "d": [date(1, 2, 3)] * 2,
        "t": times,
        "l": [["x"], None],
        "n": pa.array([None, None], pa.string()),
    }

    assert stats_of(block_of(b""), tmp_path, first) == {
        "numRecords": 2,
        "minValues": {
            "s": "a",
            "i": 1,
            "f": -1.0,
            "d": "0001-02-03",
            "t": "2001-02-03T04:05:06.001Z",
        },
        "maxValues": {
            "s": "b",
            "i": 1,
            "f": 0.5,
            "d": "0001-02-03",
            "t": "2001-02-03T04:05:06.002Z",
        },
        "nullCount": {"s": 0, "i": 1, "f": 0, "d": 0, "t": 0, "n": 2},
    }


def test_statistics_cover_all_row_groups(
    block_of: BlockOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "GROUP_BYTES", 1)
    nulls = {"i": pa.array([None], pa.int64())}

    assert stats_of(block_of(b""), tmp_path, {"i": [5]}, nulls, {"i": [3]}) == {
        "numRecords": 3,
        "minValues": {"i": 3},
        "maxValues": {"i": 5},
        "nullCount": {"i": 1},
    }


def test_a_row_group_without_bounds_leaves_the_file_without(
    block_of: BlockOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "GROUP_BYTES", 1)

    stats = stats_of(block_of(b""), tmp_path, {"s": ["b"]}, {"s": ["a" * 5000, "c"]})

    assert (stats["minValues"], stats["maxValues"]) == ({}, {})


def test_a_long_text_is_no_bound(block_of: BlockOf, tmp_path: Path) -> None:
    columns = {"s": ["a" * 32, "b" * 33], "without_bounds": ["a" * 5000, "b"]}

    stats = stats_of(block_of(b""), tmp_path, columns)

    assert stats["minValues"] == {"s": "a" * 32}
    assert stats["maxValues"] == {}


def test_statistics_stop_after_32_columns(block_of: BlockOf, tmp_path: Path) -> None:
    stats = stats_of(block_of(b""), tmp_path, {f"c{i}": [i] for i in range(40)})

    assert list(stats["minValues"]) == [f"c{i}" for i in range(32)]


def test_the_last_time_of_all_is_no_bound(block_of: BlockOf, tmp_path: Path) -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=timezone.utc)

    stats = stats_of(block_of(b""), tmp_path, {"t": pa.array([last], pa.timestamp("us", "UTC"))})

    assert stats["minValues"] == {"t": "9999-12-31T23:59:59.999Z"}
    assert stats["maxValues"] == {}


def test_every_row_finds_its_line_again() -> None:
    parts = [np.array([2, 3, 4, 9]), np.array([], np.int64), np.array([10, 11]), np.array([20])]
    runs = LineRuns()
    for part in parts:
        runs.add(part)

    loaded = load_runs(runs.dump())

    assert loaded == [[0, 2], [3, 9], [6, 20]]
    assert [line_of_row(loaded, row) for row in range(7)] == np.concatenate(parts).tolist()


def test_many_runs_are_packed() -> None:
    lines = np.arange(0, 200_000, 2)
    runs = LineRuns()
    runs.add(lines)

    text = runs.dump()

    assert len(text) < 600_000
    assert load_runs(text) == [[i, 2 * i] for i in range(100_000)]
