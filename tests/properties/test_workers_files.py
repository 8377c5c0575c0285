"""Any table, written by the csv module, is read back equal: values, lines, blocks and hash."""

import csv
import io
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from apollo_spark.workers.files.lines import line_of_row, load_runs
from apollo_spark.workers.scan import blocks_of, scan_file
from apollo_spark.workers.tasks import raw_rows, write_block
from apollo_spark.workers.values.hashing import ContentHash
from apollo_spark.workers.values.spec import Block, ColumnSpec, EntitySpec, FileSpec

CELLS = st.text(alphabet="ab\",;\n\r\t|'\\ é漢😀", max_size=6)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=12)
)


def write_csv(rows: list[list[str]], delimiter: str, line_end: str, *, ended: bool) -> str:
    text = io.StringIO(newline="")
    # The csv module leaves a CR unquoted where lines end with a newline alone.
    has_return = any("\r" in cell for row in rows for cell in row)
    quoting = csv.QUOTE_ALL if has_return else csv.QUOTE_MINIMAL
    csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(rows)
    return text.getvalue() if ended else text.getvalue().removesuffix(line_end)


def lines_of(rows: list[list[str]], first: int) -> list[int]:
    """The physical line of each row: newlines inside cells count too."""
    lines = []
    for row in rows:
        lines.append(first)
        first += 1 + sum(cell.count("\n") for cell in row)
    return lines


def blocks(folder: str, text: str, width: int, delimiter: str, block_bytes: int) -> list[Block]:
    path = Path(folder, "data.csv")
    header = "x" * width + "\n"
    path.write_bytes((header + text).encode())
    scan = scan_file(
        str(path), data_start=len(header), data_line=2, block_bytes=block_bytes, piece_bytes=3
    )
    file = FileSpec(
        path=str(path),
        label="data.csv",
        sha256=scan.sha256,
        delimiter=delimiter,
        header=tuple(f"h{i}" for i in range(width)),
        data_start=len(header),
        data_line=2,
    )
    return list(blocks_of(file, scan))


@settings(max_examples=300, deadline=None)
@given(
    rows=TABLES,
    delimiter=st.sampled_from(",;\t|"),
    line_end=st.sampled_from(["\n", "\r\n"]),
    ended=st.booleans(),
    block_bytes=st.integers(1, 60),
    chunk_bytes=st.integers(1, 60),
)
def test_what_the_csv_module_writes_is_stored_equal(
    *,
    rows: list[list[str]],
    delimiter: str,
    line_end: str,
    ended: bool,
    block_bytes: int,
    chunk_bytes: int,
) -> None:
    width = len(rows[0]) if rows else 1
    columns = tuple(ColumnSpec(f"h{i}", f"h{i}", "string") for i in range(width))
    text = write_csv(rows, delimiter, line_end, ended=ended)
    found: list[tuple[int, tuple[str | None, ...]]] = []
    total = ContentHash()
    with tempfile.TemporaryDirectory() as folder:
        parts = blocks(folder, text, width, delimiter, block_bytes)
        for part in parts:
            result = write_block(EntitySpec("e", columns), part, folder, chunk_bytes=chunk_bytes)
            assert (result["counts"], result["problems"]) == ([], [])
            total += ContentHash(**result["hash"])
            found += stored_rows(folder, result["part"]["path"]) if result["part"] else []
        whole = blocks(folder, text, width, delimiter, len(text) + 9)
        hashes = [write_block(EntitySpec("e", columns), each, folder)["hash"] for each in whole]
        raw = [row for part in parts for row in raw_rows(part, np.arange(999), chunk_bytes=9)]

    lines = lines_of(rows, 2)
    assert found == [
        (line, tuple(cell or None for cell in row)) for line, row in zip(lines, rows, strict=True)
    ]
    assert raw == [{"line": line, "cells": row} for line, row in zip(lines, rows, strict=True)]
    assert sum((ContentHash(**each) for each in hashes), ContentHash()) == total


def stored_rows(folder: str, name: str) -> list[tuple[int, tuple[str | None, ...]]]:
    table: pa.Table = pq.read_table(Path(folder, name))
    runs = load_runs(table.schema.metadata[b"apollo.lines"].decode())
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return [(line_of_row(runs, i), row) for i, row in enumerate(rows)]


NOISE = st.text(alphabet='a",\n\r', max_size=25)


def naive_problem(text: str) -> bool:
    """Read character by character, with RFC 4180 and nothing else."""
    state, position = "start", 0
    while position < len(text):
        char = text[position]
        if state == "quoted":
            state = "closed" if char == '"' else "quoted"
        elif char == '"':
            if state not in ("start", "closed"):
                return True
            state = "quoted"
        elif char == "\r" and text[position + 1 : position + 2] != "\n":
            return True
        elif char in ",\r\n":
            state = "start"
        elif state == "closed":
            return True
        else:
            state = "plain"
        position += 1
    return state == "quoted"


@settings(max_examples=1000, deadline=None)
@given(text=NOISE, chunk_bytes=st.integers(1, 30))
def test_text_is_refused_exactly_where_a_naive_reader_refuses_it(
    text: str, chunk_bytes: int
) -> None:
    columns = (ColumnSpec("h0", "h0", "string"),)
    with tempfile.TemporaryDirectory() as folder:
        for part in blocks(folder, text, 2, ",", len(text) + 9):
            result = write_block(EntitySpec("e", columns), part, folder, chunk_bytes=chunk_bytes)
            assert bool(result["problems"]) == naive_problem(text)
            assert {rule for rule, _ in result["problems"]} <= {"quoting", "line_end"}
