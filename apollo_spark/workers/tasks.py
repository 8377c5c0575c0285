"""What a Spark task does with one block: check and write it, or say where it is wrong."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.workers.chunks import CHUNK_BYTES, iterate_chunks
from apollo_spark.workers.files.parquet import BlockWriter
from apollo_spark.workers.parse import Rows, parse_columns, parse_entity
from apollo_spark.workers.places import PlaceList
from apollo_spark.workers.source import InputProblemError
from apollo_spark.workers.values.cells import CheckedColumn, check_column, prepare_check
from apollo_spark.workers.values.hashing import ContentHash, hash_table
from apollo_spark.workers.values.spec import Block, EntitySpec

ROW_LENGTH = "row_length"
HEADER_REPEATED = "header_repeated"


def write_block(
    spec: EntitySpec,
    block: Block,
    folder: str,
    *,
    excluded_lines: np.ndarray | None = None,
    chunk_bytes: int = CHUNK_BYTES,
) -> dict[str, Any]:
    """Check and write the rows of a block as one Parquet file.

    A wrong cell is written as null. Rows of wrong length, and those that repeat the header, are
    counted and not written.

    Args:
        spec: The entity's columns.
        block: The part of a file to read.
        folder: Where the Parquet file is written.
        excluded_lines: Physical lines of rows to leave out, uncounted (quarantine).
        chunk_bytes: How much is held in memory at a time.

    Returns:
        A value for JSON: `rows`, `part` (path, size, rows and stats of the file, None without
        rows), `hash` (rows, lo, hi), `counts` ([rule, column or None, cells or rows]),
        `problems` ([rule, line or None]; the block is read up to there) and `odd` (the columns in
        which keys may look alike).
    """
    counts: Counter[tuple[str, str | None]] = Counter()
    problems: list[list[Any]] = []
    total, odd = ContentHash(), set[str]()
    with BlockWriter(folder, block) as writer:
        try:
            for rows, checked in checked_rows(spec, block, excluded_lines, chunk_bytes):
                count_faults(counts, spec, rows, checked)
                odd |= odd_columns(spec, checked)
                table = table_of(spec, checked)
                total += hash_table(table)
                writer.add(table, rows.lines)
        except InputProblemError as problem:
            problems.append([problem.rule, problem.line])
    return {
        "rows": total.rows,
        "part": None if writer.written is None else asdict(writer.written),
        "hash": asdict(total),
        "counts": [[rule, column, number] for (rule, column), number in counts.items()],
        "problems": problems,
        "odd": sorted(odd),
    }


def odd_columns(spec: EntitySpec, checked: Sequence[CheckedColumn]) -> set[str]:
    """Give the columns in which a value may look like another one."""
    pairs = zip(spec.columns, checked, strict=True)
    return {column.name for column, each in pairs if each.may_look_alike}


def collect_block(
    spec: EntitySpec,
    block: Block,
    *,
    limit: int,
    keys: Mapping[str, tuple[str, pa.Array]] | None = None,
    excluded_lines: np.ndarray | None = None,
    chunk_bytes: int = CHUNK_BYTES,
) -> list[dict[str, Any]]:
    """Read a block again and collect where it is wrong.

    Args:
        spec: The entity's columns.
        block: The part of a file to read.
        limit: Most places to keep of each rule and column; all are counted.
        keys: For each rule between rows, a column and its values that break the rule.
        excluded_lines: Physical lines of rows to leave out.
        chunk_bytes: How much is held in memory at a time.

    Returns:
        One value for JSON per rule and column: `rule`, `column` (None for whole rows), `count`
        and `places` ([line, text of the cell or None], in the order of the file).
    """
    places = PlaceList(limit)
    try:
        for rows, checked in checked_rows(spec, block, excluded_lines, chunk_bytes):
            places.add_lines(ROW_LENGTH, [line for line, _ in rows.wrong_length])
            places.add_lines(HEADER_REPEATED, rows.header_lines)
            for position, (column, each) in enumerate(zip(spec.columns, checked, strict=True)):
                for rule, mask in each.faults.items():
                    places.add_cells(rule, column.name, mask, rows.lines, rows.texts[position])
            for rule, (name, wanted) in (keys or {}).items():
                position = [column.name for column in spec.columns].index(name)
                mask = mark_keys(checked[position].values, wanted)
                places.add_cells(rule, name, mask, rows.lines, rows.texts[position])
    except InputProblemError as problem:
        places.add_lines(problem.rule, [problem.line])
    return places.result()


def raw_rows(
    block: Block, lines: Sequence[int] | np.ndarray, *, chunk_bytes: int = CHUNK_BYTES
) -> list[dict[str, Any]]:
    """Give the cells of the rows that begin on these lines, as they are in the file.

    Returns:
        `line` and `cells` (texts, as many as the row has), by line.
    """
    wanted = np.asarray(lines, np.int64)
    file = block.file
    found: list[tuple[int, list[str]]] = []
    try:
        for chunk in iterate_chunks(block, chunk_bytes):
            rows = parse_columns(chunk, file, range(len(file.header)), ())
            kept = rows.filter(np.isin(rows.lines, wanted))
            columns = [each.to_pylist() for each in kept.texts]
            cells = [list(row) for row in zip(*columns, strict=True)]
            found += zip(kept.lines.tolist(), cells, strict=True)
            found += [
                (line, next(csv.reader([text], delimiter=file.delimiter)))
                for line, text in rows.wrong_length
                if line in wanted
            ]
    except InputProblemError:
        # What cannot be read has no rows to give; writing the block reports the problem.
        pass
    return [{"line": line, "cells": cells} for line, cells in sorted(found)]


def checked_rows(
    spec: EntitySpec, block: Block, excluded_lines: np.ndarray | None, chunk_bytes: int
) -> Iterator[tuple[Rows, list[CheckedColumn]]]:
    """Yield the rows of each chunk and their checked columns.

    Raises:
        InputProblemError: Where the file stops being what it was said to be.
    """
    checks = [prepare_check(column, spec.missing) for column in spec.columns]
    for chunk in iterate_chunks(block, chunk_bytes):
        rows = parse_entity(chunk, spec, block.file)
        if excluded_lines is not None:
            rows = rows.without_lines(excluded_lines)
        pairs = zip(rows.texts, checks, strict=True)
        yield rows, [check_column(texts, check) for texts, check in pairs]


def count_faults(
    counts: "Counter[tuple[str, str | None]]",
    spec: EntitySpec,
    rows: Rows,
    checked: Sequence[CheckedColumn],
) -> None:
    """Add the faults of a chunk to the counts."""
    whole_rows = {ROW_LENGTH: len(rows.wrong_length), HEADER_REPEATED: len(rows.header_lines)}
    counts.update({(rule, None): number for rule, number in whole_rows.items() if number})
    for column, each in zip(spec.columns, checked, strict=True):
        for rule, mask in each.faults.items():
            counts[rule, column.name] += int(np.count_nonzero(mask))


def table_of(spec: EntitySpec, checked: Sequence[CheckedColumn]) -> pa.Table:
    """Put the typed columns of a chunk together."""
    names = [column.name for column in spec.columns]
    return pa.table([each.values for each in checked], names=names)


def mark_keys(values: pa.Array, wanted: pa.Array) -> np.ndarray:
    """Mark the rows whose value is one of those wanted; a missing value never is."""
    wanted = wanted.cast(values.type).drop_null()
    return np.asarray(pc.is_in(values, wanted).to_numpy(zero_copy_only=False), bool)
