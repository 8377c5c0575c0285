import hashlib
from pathlib import Path

import pytest

from apollo_spark.workers.scan import Cut, FileScan, scan_file

ROWS = b'1,x\n2,"y\n""z"\n3,w\n'


def write(folder: Path, content: bytes) -> str:
    path = folder / "data.csv"
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize("piece_bytes", [1, 2, 3, 5, 100])
def test_blocks_end_at_rows_and_know_their_line(tmp_path: Path, piece_bytes: int) -> None:
    content = b"a,b\n" + ROWS

    scan = scan_file(
        write(tmp_path, content),
        data_start=4,
        data_line=2,
        block_bytes=5,
        piece_bytes=piece_bytes,
    )

    assert scan == FileScan(
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        cuts=(Cut(4, 18, 2), Cut(18, 22, 5)),
    )


def test_a_row_that_ends_at_the_boundary_ends_the_block(tmp_path: Path) -> None:
    scan = scan_file(write(tmp_path, b"1,x\n2,y\n3,z\n"), block_bytes=4)

    assert scan.cuts == (Cut(0, 4, 1), Cut(4, 8, 2), Cut(8, 12, 3))


def test_quotes_of_the_header_do_not_count(tmp_path: Path) -> None:
    scan = scan_file(write(tmp_path, b'# 5" pipe\na,b\n1,x\n'), data_start=14, data_line=3)

    assert scan.cuts == (Cut(14, 18, 3),)


def test_a_file_without_rows_has_no_block(tmp_path: Path) -> None:
    assert scan_file(write(tmp_path, b"a,b\n"), data_start=4, data_line=2).cuts == ()


def test_a_file_that_cannot_be_cut_is_one_block(tmp_path: Path) -> None:
    scan = scan_file(
        write(tmp_path, ROWS), data_start=4, data_line=2, splittable=False, block_bytes=1
    )

    assert scan.cuts == (Cut(4, None, 2),)
