import gzip
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apollo_spark.workers.files.lines import line_of_row, load_runs
from apollo_spark.workers.tasks import collect_block, raw_rows, write_block
from apollo_spark.workers.values.hashing import hash_table
from apollo_spark.workers.values.spec import Block, ColumnSpec, EntitySpec

BlockOf = Callable[..., Block]
VISIT = EntitySpec(
    "visit",
    (
        ColumnSpec("id", "visit_id", "string", is_key=True),
        ColumnSpec("n", "n", "integer"),
        ColumnSpec("f", "f", "float"),
        ColumnSpec("d", "d", "date"),
        ColumnSpec("t", "t", "datetime"),
        ColumnSpec("c", "c", "string", codes=("A", "B")),
        ColumnSpec("m", "m", "string", is_multi_select=True),
    ),
)
HEADER = "id,n,f,d,t,c,m"
GOOD = "v1,1,1.5,2001-02-03,2001-02-03 04:05:06,A,x|y\n"


def answer(found: list[dict[str, Any]]) -> dict[tuple[str, str | None], tuple[int, Any]]:
    return {(each["rule"], each["column"]): (each["count"], each["places"]) for each in found}


@pytest.mark.parametrize(
    ("row", "rule", "column", "value"),
    [
        (",1,1.5,2001-02-03,2001-02-03,A,x", "key_missing", "visit_id", None),
        ("v2,x,1.5,2001-02-03,2001-02-03,A,x", "cell_integer", "n", "x"),
        ("v2,1,nan,2001-02-03,2001-02-03,A,x", "cell_float", "f", "nan"),
        ("v2,1,1.5,2001-02-30,2001-02-03,A,x", "cell_date", "d", "2001-02-30"),
        ("v2,1,1.5,2001-02-03,25:00,A,x", "cell_datetime", "t", "25:00"),
        ("v2,1,1.5,2001-02-03,2001-02-03,C,x", "cell_code", "c", "C"),
        ("v2,1,1.5,2001-02-03,2001-02-03,A,x|", "cell_empty_item", "m", "x|"),
        ("v2,1,1.5,2001-02,2001-02-03,A,x", "cell_partial_date", "d", "2001-02"),
        ("v2,1,1.5", "row_length", None, None),
        (GOOD.strip() + ",8", "row_length", None, None),
        (HEADER, "header_repeated", None, None),
        ('v2,1,1.5,2001-02-03,2001-02-03,A,5" x', "quoting", None, None),
        ('v2,1,1.5,2001-02-03,2001-02-03,A,"x', "quoting", None, None),
        ("v2,1,1.5,2001-02-03,2001-02-03,A,x\rv3", "line_end", None, None),
        ("v2,1,1.5,2001-02-03,2001-02-03,A,\0", "file_not_text", None, None),
    ],
)
@pytest.mark.parametrize("chunk_bytes", [1, 1 << 20])
def test_each_fault_is_reported_under_its_rule_and_no_other(
    *,
    block_of: BlockOf,
    tmp_path: Path,
    row: str,
    rule: str,
    column: str,
    value: str,
    chunk_bytes: int,
) -> None:
    block = block_of(f"{GOOD}{row}\n".encode(), HEADER, data_line=2)

    written = write_block(VISIT, block, str(tmp_path), chunk_bytes=chunk_bytes)
    found = collect_block(VISIT, block, limit=5, chunk_bytes=chunk_bytes)

    is_problem = rule in {"quoting", "line_end", "file_not_text"}
    assert written["counts"] == ([] if is_problem else [[rule, column, 1]])
    assert written["problems"] == ([[rule, 3]] if is_problem else [])
    assert answer(found) == {(rule, column): (1, [[3, value]])}
    assert json.loads(json.dumps([written, found])) == [written, found]


def test_a_truncated_file_is_a_finding(block_of: BlockOf, tmp_path: Path) -> None:
    block = block_of(gzip.compress(GOOD.encode() * 99)[:-5], HEADER, compression="gzip")

    assert write_block(VISIT, block, str(tmp_path))["problems"] == [["file_truncated", None]]
    assert answer(collect_block(VISIT, block, limit=5)) == {
        ("file_truncated", None): (1, [[None, None]])
    }


def test_rows_are_written_with_null_for_wrong_cells(block_of: BlockOf, tmp_path: Path) -> None:
    content = f"{GOOD}v2,x,,1999,,,\n\nshort\n{HEADER}\n{GOOD}"

    result = write_block(VISIT, block_of(content.encode(), HEADER), str(tmp_path))

    table = pq.read_table(tmp_path / result["part"]["path"])
    assert table.column_names == ["visit_id", "n", "f", "d", "t", "c", "m"]
    assert table.slice(1, 1).to_pylist() == [
        {"visit_id": "v2", "n": None, "f": None, "d": date(1999, 1, 1), "t": None, "c": None,
         "m": None}
    ]  # fmt: skip
    assert (result["rows"], result["part"]["rows"], table.num_rows) == (3, 3, 3)
    content_hash = hash_table(table)
    assert result["hash"] == {"rows": 3, "lo": content_hash.lo, "hi": content_hash.hi}
    runs = load_runs(table.schema.metadata[b"apollo.lines"].decode())
    assert [line_of_row(runs, row) for row in range(3)] == [1, 2, 6]
    assert result["counts"] == [
        ["row_length", None, 1],
        ["header_repeated", None, 1],
        ["cell_integer", "n", 1],
        ["cell_partial_date", "d", 1],
    ]


def test_lines_left_out_are_neither_written_nor_counted(block_of: BlockOf, tmp_path: Path) -> None:
    block = block_of(f"{GOOD}v2,x,,,,,\nshort\n{HEADER}\n{GOOD}".encode(), HEADER)
    excluded = np.array([2, 3, 4])

    result = write_block(VISIT, block, str(tmp_path), excluded_lines=excluded)

    assert (result["rows"], result["counts"]) == (2, [])
    assert collect_block(VISIT, block, limit=5, excluded_lines=excluded) == []


def test_a_block_without_rows_has_no_file(block_of: BlockOf, tmp_path: Path) -> None:
    assert write_block(VISIT, block_of(b"\n\n", HEADER), str(tmp_path)) == {
        "rows": 0,
        "part": None,
        "hash": {"rows": 0, "lo": 0, "hi": 0},
        "counts": [],
        "problems": [],
        "odd": [],
    }


def test_all_places_are_counted_and_the_first_are_kept(block_of: BlockOf) -> None:
    content = "".join(f"v{i},bad{i},,,,,\nshort\n" for i in range(100))

    found = collect_block(VISIT, block_of(content.encode(), HEADER), limit=2, chunk_bytes=50)

    assert answer(found) == {
        ("row_length", None): (100, [[2, None], [4, None]]),
        ("cell_integer", "n"): (100, [[1, "bad0"], [3, "bad1"]]),
    }


def test_rows_with_given_keys_are_found(block_of: BlockOf) -> None:
    content = "v1,7,,,,,\nv2, 8,,,,,\nv1,9,,,,,\n,7,,,,,\n"
    keys = {
        "key_duplicate": ("visit_id", pa.array(["v1", "v9", None], pa.large_string())),
        "reference": ("n", pa.array([8], pa.int32())),
    }

    found = collect_block(VISIT, block_of(content.encode(), HEADER), limit=9, keys=keys)

    assert answer(found) == {
        ("key_missing", "visit_id"): (1, [[4, None]]),
        ("key_duplicate", "visit_id"): (2, [[1, "v1"], [3, "v1"]]),
        ("reference", "n"): (1, [[2, " 8"]]),
    }


def test_raw_rows_are_given_as_they_stand_in_the_file(block_of: BlockOf) -> None:
    content = b'1,"a\n""b"\n\n"2,",x,y\n3,\n4,z\na,b\n5\n'

    found = raw_rows(block_of(content), [1, 4, 5, 9], chunk_bytes=1)

    assert found == [
        {"line": 1, "cells": ["1", 'a\n"b']},
        {"line": 4, "cells": ["2,", "x", "y"]},
        {"line": 5, "cells": ["3", ""]},
    ]
