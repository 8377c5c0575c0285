"""Headers of data files: delimiter, compression, comments, encodings, and where the rows begin."""

import gzip
from pathlib import Path

import pytest

from apollo_spark.sources import delimited
from apollo_spark.sources.delimited import Header, read_header
from apollo_spark.sources.inputs import DataFile


def header_of(path: Path, *, encoding: str = "utf-8") -> Header:
    reading = read_header(
        DataFile(entity="patient", label=path.name, path=str(path)), encoding=encoding
    )
    assert reading.findings == ()
    assert reading.header is not None
    return reading.header


def rules_of(path: Path, *, encoding: str = "utf-8") -> list[str]:
    file = DataFile(entity="patient", label=path.name, path=str(path))
    return [each.rule for each in read_header(file, encoding=encoding).findings]


@pytest.mark.parametrize(
    ("name", "text", "delimiter"),
    [
        ("a.csv", "id,x\n", ","),
        ("a.tsv", "id\tx\n", "\t"),
        ("a.csv", "id\tx\n", "\t"),
        ("a.tsv", "id,x\n", ","),
        ("a.tsv", "id\tx, in mm\n", "\t"),
        ("a.csv", "id\n", ","),
    ],
)
def test_the_delimiter_is_what_the_name_says_unless_the_header_shows_only_the_other(
    tmp_path: Path, name: str, text: str, delimiter: str
) -> None:
    path = tmp_path / name
    path.write_text(text)

    assert header_of(path).delimiter == delimiter


def test_comment_lines_and_blank_lines_above_the_header_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'#one\r\n\r\n#"two\r\n# two"\r\nid,x\r\n1,2\r\n')

    header = header_of(path)

    assert header.names == ("id", "x")
    assert (header.data_start, header.data_line) == (path.read_bytes().index(b"1,2"), 6)


def test_a_quote_in_a_comment_opens_no_cell(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'# 5" pipes\nid,x\n1,2\n')

    assert (header_of(path).names, header_of(path).line) == (("id", "x"), 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
@pytest.mark.parametrize("packed", [False, True])
def test_rows_begin_after_the_header_in_every_encoding(
    tmp_path: Path, encoding: str, packed: bool
) -> None:
    top, rows = 'n\u00e9,"x\ny"\n', "1,2\n"
    raw = (top + rows).encode(encoding)
    path = tmp_path / "a.csv"
    path.write_bytes(gzip.compress(raw) if packed else raw)

    header = header_of(path, encoding=encoding)

    assert header.names == ("n\u00e9", "x\ny")
    assert header.compression == ("gzip" if packed else "none")
    assert header.data_line == 3
    unmarked = {"utf-16": "utf-16-le", "utf-8-sig": "utf-8"}.get(encoding, encoding)
    assert raw[header.data_start :].decode(unmarked) == rows


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "file_empty"),
        (b"\n# only comments\n", "file_empty"),
        (b"id,\0\n", "file_not_text"),
        (b"id,\xff\n", "file_not_text"),
        (gzip.compress(b"id,x\n1,2\n" * 90_000)[:40], "file_truncated"),
    ],
)
def test_a_file_without_a_readable_header_is_named(
    tmp_path: Path, content: bytes, rule: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)

    assert rules_of(path) == [rule]


def test_a_line_that_never_ends_is_read_as_far_as_a_header_may_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "HEADER_LIMIT", 1 << 20)
    path = tmp_path / "a.csv"
    # Who reads on to the end finds that it is not text, and has it all in memory.
    path.write_bytes(b"x" * (3 << 20) + b"\0")

    assert rules_of(path) == ["row_too_long"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_a_header_below_the_limit_is_whole_in_every_encoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setattr(delimited, "HEADER_LIMIT", 1 << 20)
    name = "x" * ((1 << 20) - 10)
    path = tmp_path / "a.csv"
    path.write_bytes(f"{name}\n1\n".encode(encoding))

    assert header_of(path, encoding=encoding).names == (name,)
