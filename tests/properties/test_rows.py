"""Rows written as csv are read back by the csv module as the values they were."""

import csv
import io
import tempfile
from pathlib import Path

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.export.rows import RowFormat, write_rows
from tests.support.dictionaries import CHARACTERS

TEXTS = st.none() | st.text(CHARACTERS, max_size=6)
FLOATS = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.lists(st.tuples(TEXTS, FLOATS), max_size=6),
    st.sampled_from([RowFormat.CSV, RowFormat.TSV]),
)
def test_a_file_of_rows_reads_back(
    rows: list[tuple[str | None, float | None]], format_: RowFormat
) -> None:
    texts, floats = ([row[place] for row in rows] for place in (0, 1))
    table = pa.table({"a": pa.array(texts, pa.string()), "b": pa.array(floats, pa.float64())})

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows"
        write_rows(table.to_reader(), str(path), format_)
        content = path.read_bytes().decode()

    delimiter = "," if format_ is RowFormat.CSV else "\t"
    read = list(csv.reader(io.StringIO(content, newline=""), delimiter=delimiter))
    assert read[0] == ["a", "b"]
    assert [a for a, _ in read[1:]] == [text or "" for text in texts]
    assert [b for _, b in read[1:]] == ["" if each is None else repr(each) for each in floats]
