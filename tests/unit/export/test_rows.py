"""Rows as files: the exact text of every kind of cell, and files that are whole or not there."""

import csv
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apollo_spark.errors import StorageRefusedError, UsageError
from apollo_spark.export import rows as rows_module
from apollo_spark.export.rows import RowFormat, format_of, require_free, write_rows

UTC = dt.timezone.utc
DATETIME = pa.timestamp("us", tz="UTC")


def items(type_: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", type_))


def written(
    table: pa.Table, folder: Path, format_: RowFormat = RowFormat.CSV, *, header: bool = False
) -> str:
    path = folder / "rows"
    write_rows(table.to_reader(2), str(path), format_, header=header, force=True)
    return path.read_bytes().decode()


@pytest.mark.parametrize(
    ("type_", "value", "cell"),
    [
        (pa.string(), "plain text", "plain text"),
        (pa.string(), " häßlich 東京 😀 ", " häßlich 東京 😀 "),
        (pa.string(), "a,b", '"a,b"'),
        (pa.string(), 'say "hi"', '"say ""hi"""'),
        (pa.string(), "two\nlines", '"two\nlines"'),
        (pa.string(), "two\rlines", '"two\rlines"'),
        (pa.string(), "tab\there", "tab\there"),
        (pa.string(), "", '""'),
        (pa.string(), None, ""),
        (pa.int64(), -(2**63), "-9223372036854775808"),
        (pa.float64(), 1.0, "1.0"),
        (pa.float64(), 0.1 + 0.2, "0.30000000000000004"),
        (pa.float64(), -0.0, "-0.0"),
        (pa.float64(), 0.0001, "0.0001"),
        (pa.float64(), 0.00001, "1e-05"),
        (pa.float64(), 1234567.125, "1234567.125"),
        (pa.float64(), 1e15, "1000000000000000.0"),
        (pa.float64(), 1e16, "1e+16"),
        (pa.float64(), 5e-324, "5e-324"),
        (pa.float64(), None, ""),
        (pa.bool_(), True, "true"),
        (pa.date32(), dt.date(1, 2, 3), "0001-02-03"),
        (DATETIME, dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC), "2020-01-02T03:04:05Z"),
        (DATETIME, dt.datetime(2020, 1, 2, 3, 4, 5, 120, UTC), "2020-01-02T03:04:05.000120Z"),
        (DATETIME, dt.datetime(999, 1, 2, tzinfo=UTC), "0999-01-02T00:00:00Z"),
        (items(pa.string()), ["R073", "Z099"], '"[""R073"",""Z099""]"'),
        (items(pa.string()), [], "[]"),
        (items(pa.string()), None, ""),
        (items(pa.string()), ["a", None], '"[""a"",null]"'),
        (items(pa.int64()), [2], "[2]"),
        (items(pa.int64()), [2, -3], '"[2,-3]"'),
        (items(pa.float64()), [1.0, 1e-5], '"[1.0,1e-05]"'),
        (items(pa.date32()), [dt.date(2020, 1, 2)], '"[""2020-01-02""]"'),
    ],
)
def test_a_cell_has_one_form(tmp_path: Path, type_: pa.DataType, value: object, cell: str) -> None:
    table = pa.table({"a": pa.array([value], type_), "b": [7]})

    assert written(table, tmp_path) == f"{cell},7\n"


def test_items_are_json_whatever_they_hold(tmp_path: Path) -> None:
    lists = [['"', "\\", "\n\t\x01", "é😀", "/"], ["\x1f"], None, [], ["plain"]]
    table = pa.table({"a": pa.array(lists, items(pa.string())), "b": range(5)})

    read = list(csv.reader(written(table, tmp_path).splitlines()))

    assert [json.loads(a) if a else None for a, _ in read] == lists


def test_few_rows_of_many_columns_have_each_cell_in_its_place(tmp_path: Path) -> None:
    columns = [
        pa.array(["a,b", None]),
        pa.array([1, None]),
        pa.array(["", "c"]),
        pa.array([[1, 2], None], items(pa.int64())),
        pa.array([None, 2]),
        pa.array([1.0, -0.5]),
    ]

    text = written(pa.table(columns, names=list("abcdef")), tmp_path)

    assert text == '"a,b",1,"","[1,2]",,1.0\n,,c,,2,-0.5\n'


def test_a_tsv_file_has_tabs_and_quotes_them(tmp_path: Path) -> None:
    table = pa.table({"a": ["x\ty", "p,q"], "b": [None, "z"]})

    text = written(table, tmp_path, RowFormat.TSV, header=True)

    assert text == 'a\tb\n"x\ty"\t\np,q\tz\n'


def test_a_missing_value_that_is_a_whole_line_is_no_empty_line(tmp_path: Path) -> None:
    assert written(pa.table({"a": ["x", None]}), tmp_path) == 'x\n""\n'


def test_no_rows_leave_the_header(tmp_path: Path) -> None:
    table = pa.table({"patient.sex": pa.array([], pa.string()), 'q"x': pa.array([], pa.int64())})

    assert written(table, tmp_path, header=True) == 'patient.sex,"q""x"\n'


def test_slices_and_batches_give_every_row_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "CELLS_AT_ONCE", 9)
    numbers = list(range(1_000))
    table = pa.table(
        {
            "number": numbers,
            "float": [each / 8 for each in numbers],
            "items": [[str(each)] * (each % 3) for each in numbers],
        }
    ).slice(17)
    path = tmp_path / "rows.csv"

    count = write_rows(table.to_reader(64), str(path), RowFormat.CSV)

    lines = csv.reader(path.read_text().splitlines()[1:])
    read = [(int(a), float(b), json.loads(c)) for a, b, c in lines]
    assert count == 983
    assert read == [(each, each / 8, [str(each)] * (each % 3)) for each in numbers[17:]]


def test_parquet_keeps_values_and_types(tmp_path: Path) -> None:
    table = pa.table({"a": ["x", None], "b": pa.array([[1], None], items(pa.int64()))})
    path = tmp_path / "rows.parquet"

    assert write_rows(table.to_reader(1), str(path), RowFormat.PARQUET) == 2

    assert pq.read_table(path).equals(table)


def test_standard_output_takes_csv(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write_rows(pa.table({"a": [1]}).to_reader(), "-", RowFormat.CSV)

    assert capfdbinary.readouterr().out == b"a\n1\n"


def test_standard_output_takes_no_parquet() -> None:
    with pytest.raises(UsageError):
        write_rows(pa.table({"a": [1]}).to_reader(), "-", RowFormat.PARQUET)


@pytest.mark.parametrize("format_", list(RowFormat), ids=str)
def test_rows_that_end_in_an_error_leave_nothing(tmp_path: Path, format_: RowFormat) -> None:
    table = pa.table({"a": [1]})
    path = tmp_path / "rows"
    path.write_text("as it was")

    def batches() -> Iterator[pa.RecordBatch]:
        yield from table.to_batches()
        raise KeyboardInterrupt

    reader = pa.RecordBatchReader.from_batches(table.schema, batches())
    with pytest.raises(KeyboardInterrupt):
        write_rows(reader, str(path), format_, force=True)

    assert [each.name for each in tmp_path.iterdir()] == ["rows"]
    assert path.read_text() == "as it was"


def test_an_existing_file_is_overwritten_only_by_force(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("as it was")

    with pytest.raises(UsageError, match="--force"):
        write_rows(pa.table({"a": [1]}).to_reader(), str(path), RowFormat.CSV)
    assert path.read_text() == "as it was"

    write_rows(pa.table({"a": [1]}).to_reader(), str(path), RowFormat.CSV, force=True)
    assert path.read_text() == "a\n1\n"


def test_a_folder_and_a_file_without_folder_are_refused(tmp_path: Path) -> None:
    for target in (tmp_path, tmp_path / "missing" / "rows.csv"):
        with pytest.raises(UsageError):
            require_free(str(target), force=True)


def test_a_disk_that_refuses_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rows_module, "_write_text", lambda *_, **__: refuse())

    with pytest.raises(StorageRefusedError, match="No space left on device"):
        write_rows(pa.table({"a": [1]}).to_reader(), str(tmp_path / "x.csv"), RowFormat.CSV)
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_is_as_readable_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").touch()

    write_rows(pa.table({"a": [1]}).to_reader(), str(tmp_path / "x.csv"), RowFormat.CSV)

    assert (tmp_path / "x.csv").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize(
    ("target", "format_"),
    [("-", "csv"), ("a.csv", "csv"), ("b/c.TSV", "tsv"), ("d.x.parquet", "parquet")],
)
def test_the_ending_says_the_format(target: str, format_: str) -> None:
    assert str(format_of(target)) == format_


@pytest.mark.parametrize("target", ["rows", "rows.txt", "rows.csv.gz"])
def test_another_ending_is_refused(target: str) -> None:
    with pytest.raises(UsageError):
        format_of(target)


def test_small_batches_of_wide_rows_become_few_row_groups(tmp_path: Path) -> None:
    names = [f"f{number}" for number in range(400)]
    batch = pa.RecordBatch.from_arrays([pa.array(range(20))] * 400, names=names)
    reader = pa.RecordBatchReader.from_batches(batch.schema, [batch] * 50)
    path = tmp_path / "rows.parquet"

    assert write_rows(reader, str(path), RowFormat.PARQUET) == 1000

    assert pq.ParquetFile(path).num_row_groups == 1
    assert pq.read_table(path).column("f399").to_pylist() == [*range(20)] * 50
