from collections.abc import Callable, Sequence

import numpy as np
import pytest

from apollo_spark.workers.chunks import iterate_chunks
from apollo_spark.workers.parse import Rows, parse_columns, parse_entity
from apollo_spark.workers.values.spec import Block, ColumnSpec, EntitySpec

BlockOf = Callable[..., Block]


def parse(block: Block, positions: Sequence[int] = (0, 1), missing: Sequence[str] = ("",)) -> Rows:
    (chunk,) = iterate_chunks(block)
    return parse_columns(chunk, block.file, positions, missing)


def texts(rows: Rows) -> list[list[str | None]]:
    return [each.to_pylist() for each in rows.texts]


def test_cells_are_texts_and_missing_markers_null_quoted_or_not(block_of: BlockOf) -> None:
    rows = parse(block_of(b'007,NA\n"NA",""\n" ",x\n'), missing=("", "NA"))

    assert texts(rows) == [["007", None, " "], [None, None, "x"]]


def test_blank_lines_are_no_rows(block_of: BlockOf) -> None:
    rows = parse(block_of(b"\n1,2\n\r\n\n3,4\n\n"))

    assert texts(rows) == [["1", "3"], ["2", "4"]]
    assert rows.lines.tolist() == [2, 5]


def test_a_line_of_a_row_is_where_it_begins(block_of: BlockOf) -> None:
    rows = parse(block_of(b'"a\n\nb",2\n3,4\n5,"\n"\n7,8\n', data_line=10))

    assert texts(rows) == [["a\n\nb", "3", "5", "7"], ["2", "4", "\n", "8"]]
    assert rows.lines.tolist() == [10, 13, 14, 16]


def test_rows_of_wrong_length_are_set_apart_with_their_line(block_of: BlockOf) -> None:
    rows = parse(block_of(b'1,2\n\n3\n4,5\n"6\n7",8,9\n   \n10,11\n'))

    assert texts(rows) == [["1", "4", "10"], ["2", "5", "11"]]
    assert rows.lines.tolist() == [1, 4, 8]
    assert rows.wrong_length == ((3, "3"), (5, '"6\n7",8,9'), (7, "   "))


@pytest.mark.parametrize("content", [b"\n\r\n", b"1\n1,2,3\n"])
def test_a_chunk_may_have_no_good_row(block_of: BlockOf, content: bytes) -> None:
    rows = parse(block_of(content))

    assert texts(rows) == [[], []]
    assert rows.lines.tolist() == []


def test_a_header_in_the_data_is_set_apart(block_of: BlockOf) -> None:
    rows = parse(block_of(b'1,2\n"a",b\na,3\n'))

    assert texts(rows) == [["1", "a"], ["2", "3"]]
    assert (rows.lines.tolist(), rows.header_lines) == ([1, 3], (2,))


def test_columns_are_taken_in_the_order_of_the_entity(block_of: BlockOf) -> None:
    block = block_of(b"1,2,3,4\n", header="b,,b,a")
    entity = EntitySpec("e", (ColumnSpec("a", "a", "string"), ColumnSpec("b", "b", "string")))
    (chunk,) = iterate_chunks(block)

    assert texts(parse_entity(chunk, entity, block.file)) == [["4"], ["1"]]


def test_lines_left_out_take_their_faults_with_them(block_of: BlockOf) -> None:
    rows = parse(block_of(b"1,2\n3\na,b\n4,5\n6\n"))

    kept = rows.without_lines(np.array([2, 3, 4]))

    assert texts(kept) == [["1"], ["2"]]
    assert (kept.lines.tolist(), kept.wrong_length, kept.header_lines) == ([1], ((5, "6"),), ())
