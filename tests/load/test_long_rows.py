"""A row that outgrows the memory is named for its length, and nothing waits for its end."""

from pathlib import Path

import pytest

from tests.support.study import CommandResult, apollo

DICTIONARY = "entity,name,type,primary_key_type\np,id,string,global\np,note,string,\n"
LONG = b"x" * (66 << 20)


def clinical(tmp_path: Path, content: bytes) -> CommandResult:
    (tmp_path / "d.csv").write_text(DICTIONARY)
    (tmp_path / "f.csv").write_bytes(content)
    return apollo("--lake", tmp_path / "lake", "load", "clinical", "s", "--dictionary",
                  tmp_path / "d.csv", "--data", f"p={tmp_path / 'f.csv'}")  # fmt: skip


def expression(tmp_path: Path, content: bytes) -> CommandResult:
    (tmp_path / "f.csv").write_bytes(content)
    return apollo("--lake", tmp_path / "lake", "load", "expression", "s", "--assay", "rna",
                  "--unit", "count", "--source", tmp_path / "f.csv")  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [b"id,note\n1,a\n2," + LONG + b"\n3,b\n", b'id,note\n1,a\n2,"' + LONG + b'"\n',
     b"id,note\n1,a\n2," + LONG],
    ids=["a cell without quotes", "a cell in quotes", "a cell that ends the file"],
)  # fmt: skip
def test_a_cell_that_is_too_long_is_said_to_be(tmp_path: Path, content: bytes) -> None:
    refused = clinical(tmp_path, content)

    assert refused.code == 10
    assert "line 3: the row that begins here is longer than 64 MB" in refused.err
    assert "(row_too_long), once" in refused.err
    assert "xxxx" not in refused.err


def test_a_header_without_end_is_said_to_be_too_long(tmp_path: Path) -> None:
    refused = clinical(tmp_path, LONG)

    assert refused.code == 10
    assert "not within 16 MB (row_too_long), once" in refused.err


def test_a_row_of_a_matrix_is_too_long_alike(tmp_path: Path) -> None:
    refused = expression(tmp_path, b"gene_id,S1\nENSG00000000001," + b"1" * len(LONG) + b"\n")

    assert refused.code == 10
    assert "row_too_long" in refused.err


def test_a_cell_of_more_than_python_reads_by_default_is_read(tmp_path: Path) -> None:
    cell = b"y" * 300_000

    assert clinical(tmp_path, b"id,note\n1," + cell + b"\n").code == 0
    short = clinical(tmp_path, b"id,note\n1," + cell + b",more\n")
    assert (short.code, "row_length" in short.err) == (10, True)
