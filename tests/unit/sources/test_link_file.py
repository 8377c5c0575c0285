"""Linking files: two columns by position, whatever they are called."""

from pathlib import Path

import pytest

from apollo_spark.model.field import FieldType
from apollo_spark.model.findings import Finding
from apollo_spark.sources.link_file import LinkReading, read_link_file


def read(folder: Path, text: str | bytes, type_: FieldType = FieldType.STRING) -> LinkReading:
    path = folder / "link.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_link_file(path, type_)


def rules(findings: tuple[Finding, ...]) -> list[str]:
    return [each.rule for each in findings]


def test_the_first_two_columns_count_and_their_names_do_not(tmp_path: Path) -> None:
    reading = read(tmp_path, "Bar code,who,batch\nS1,P1,1\n S2,P1,2\n")

    assert reading.file is not None
    assert reading.file.table.to_pylist() == [
        {"sample_id": "S1", "key": "P1"}, {"sample_id": " S2", "key": "P1"},
    ]  # fmt: skip
    assert (reading.file.input.role, reading.file.input.name) == (
        "link",
        str(tmp_path / "link.csv"),
    )
    assert len(reading.file.input.sha256) == 64


def test_keys_have_the_type_of_the_field(tmp_path: Path) -> None:
    reading = read(tmp_path, "sample,visit\nS1,007\nS2,-3\n", FieldType.INTEGER)

    assert reading.file is not None
    assert reading.file.table.column("key").to_pylist() == [7, -3]

    wrong = read(tmp_path, "sample,visit\nS1,7\nS2,seven\n", FieldType.INTEGER)
    assert wrong.file is None
    assert [(each.rule, each.line, each.count) for each in wrong.findings] == [
        ("cell_integer", 3, 1)
    ]
    assert "seven" not in str(wrong.findings)


def test_rows_with_an_empty_cell_and_samples_that_stand_twice_are_counted(tmp_path: Path) -> None:
    reading = read(tmp_path, "s,p\nS1,P1\nS2,\n,P3\nS1,P2\nS1,P1\nS4,P4\n")

    assert reading.file is not None
    assert (reading.file.incomplete, reading.file.repeated) == (2, 1)
    assert reading.file.table.to_pylist() == [
        {"sample_id": "S1", "key": "P1"}, {"sample_id": "S4", "key": "P4"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "file_empty"),
        ("sample\nS1\n", "source_format"),
        ("sample,sample\nS1,P1\n", "header_repeated_column"),
        ("s,p\nS1\n", "row_length"),
        ("s,p\nS1,P1\ns,p\n", "header_repeated"),
        ('s,p\nS1,"P1\n', "quoting"),
        (b"s,p\n\xff,P1\n", "file_not_text"),
    ],
)
def test_what_is_no_linking_file_is_refused(tmp_path: Path, text: str | bytes, rule: str) -> None:
    reading = read(tmp_path, text)

    assert (reading.file, rules(reading.findings)) == (None, [rule])


def test_a_file_without_rows_links_nothing(tmp_path: Path) -> None:
    reading = read(tmp_path, "s,p\n")

    assert reading.file is not None
    assert (reading.file.table.num_rows, reading.file.repeated) == (0, 0)
    assert rules(read_link_file(tmp_path / "none.csv", FieldType.STRING).findings) == [
        "file_missing"
    ]
