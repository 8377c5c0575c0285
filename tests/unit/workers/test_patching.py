"""Files written anew: which rows stay, with which values, lines and hashes."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from apollo_spark.workers.files.lines import lines_of_rows, load_runs
from apollo_spark.workers.files.parquet import FileWriter
from apollo_spark.workers.files.patching import DROPPED, KEY, PatchTask, run_patch
from apollo_spark.workers.values.hashing import ContentHash, hash_table

LISTS = pa.list_(pa.field("element", pa.string()))
ROWS = pa.table(
    {
        "row": pa.array([1, 2, 3, None, 5], pa.int64()),
        "key": pa.array(["a", "b", None, "d", "e"]),
        "tags": pa.array([["x"], None, [], ["y", "z"], ["w"]], LISTS),
    }
)
LINES = np.array([2, 3, 7, 8, 20])


def write(folder: Path, *, lines: np.ndarray | None = LINES) -> str:
    """Write the rows in two row groups."""
    with FileWriter(str(folder), 0, {"apollo.source": "{}"}) as writer:
        for part in (slice(0, 3), slice(3, 5)):
            rows = ROWS.slice(part.start, part.stop - part.start)
            writer.add(rows, None if lines is None else lines[part])
    assert writer.written is not None
    return str(folder / writer.written.path)


def patch(folder: Path, path: str, **columns: Any) -> dict[str, Any]:
    """Write a file anew in the way of a patch: its columns are keys, dropped, and values."""
    pq.write_table(pa.table(columns), folder / "patch.parquet")
    task = PatchTask(path, "row", str(folder / "patch.parquet"), str(folder), 1)
    return run_patch(task)


def read(folder: Path, result: dict[str, Any]) -> list[tuple[Any, ...]]:
    rows = pq.read_table(folder / result["file"]["path"]).to_pylist()
    return [tuple(row.values()) for row in rows]


def hash_of(*places: int) -> ContentHash:
    return hash_table(ROWS.take(pa.array(places, pa.int64())))


def test_rows_that_are_dropped_go_and_the_others_keep_their_lines(tmp_path: Path) -> None:
    result = patch(tmp_path, write(tmp_path), **{KEY: [5, 2], DROPPED: [True, True]})

    assert read(tmp_path, result) == [
        (1, "a", ["x"]),
        (3, None, []),
        (None, "d", ["y", "z"]),
    ]
    assert ContentHash(**result["before"]) == hash_of(1, 4)
    assert ContentHash(**result["after"]) == ContentHash()
    texts = pq.read_metadata(tmp_path / result["file"]["path"]).metadata
    assert texts[b"apollo.source"] == b"{}"
    runs = load_runs(texts[b"apollo.lines"].decode())
    assert lines_of_rows(runs, 3).tolist() == [2, 7, 8]
    assert result["file"]["rows"] == 3


def test_values_take_the_place_of_others_where_a_patch_names_the_row(tmp_path: Path) -> None:
    values = pa.array([["q"], None], LISTS)
    columns = {KEY: [3, 5], DROPPED: [False, False], "tags": values, "key": ["c", None]}

    result = patch(tmp_path, write(tmp_path), **columns)

    found = read(tmp_path, result)
    assert found == [
        (1, "a", ["x"]),
        (2, "b", None),
        (3, "c", ["q"]),
        (None, "d", ["y", "z"]),
        (5, None, None),
    ]
    assert ContentHash(**result["before"]) == hash_of(2, 4)
    rows = pq.read_table(tmp_path / result["file"]["path"])
    assert hash_table(ROWS) - hash_of(2, 4) + ContentHash(**result["after"]) == hash_table(rows)


def test_a_file_without_rows_is_not_written(tmp_path: Path) -> None:
    path = write(tmp_path)
    rows = pq.read_table(path).filter(pa.array([True, True, True, False, True]))
    pq.write_table(rows, path)

    result = patch(tmp_path, path, **{KEY: [1, 2, 3, 5], DROPPED: [True] * 4})

    assert result["file"] is None
    assert result["before"]["rows"] == 4


def test_a_file_that_knows_no_lines_stays_so(tmp_path: Path) -> None:
    result = patch(tmp_path, write(tmp_path, lines=None), **{KEY: [1], DROPPED: [True]})

    texts = pq.read_metadata(tmp_path / result["file"]["path"]).metadata
    assert b"apollo.lines" not in texts
