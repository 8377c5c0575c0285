"""Tables that fit into memory: what was written is read, by the columns of the table as it is."""

from pathlib import Path

import pyarrow as pa
import pytest

from apollo_spark.workers.files.small_table import read_small_table, write_small_table

LISTS = pa.list_(pa.field("element", pa.int64()))


def test_files_are_read_one_after_the_other_with_the_columns_asked_for(tmp_path: Path) -> None:
    first = pa.table({"a": ["x", None], "n": pa.array([1, 2], pa.int32())})
    second = pa.table({"n": pa.array([3], pa.int32()), "more": pa.array([[4, 5]], LISTS)})
    names = [write_small_table(tmp_path, each).path for each in (first, second)]
    schema = pa.schema([("more", LISTS), ("n", pa.int64()), ("a", pa.string())])

    read = read_small_table([str(tmp_path / each) for each in names], schema)

    assert read.schema == schema
    assert read.to_pydict() == {
        "more": [None, None, [4, 5]], "n": [1, 2, 3], "a": ["x", None, None],
    }  # fmt: skip


def test_no_files_are_no_rows(tmp_path: Path) -> None:
    schema = pa.schema([("a", pa.string())])

    assert read_small_table([], schema) == schema.empty_table()
    with pytest.raises(FileNotFoundError):
        read_small_table([str(tmp_path / "gone.parquet")], schema)
