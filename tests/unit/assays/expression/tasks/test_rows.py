import gzip
import hashlib
from pathlib import Path

import pytest

from apollo_spark.assays.expression.tasks.files.rows import RowCut, RowFinder, cut_rows, scan_matrix
from apollo_spark.workers.chunks import ROW_TOO_LONG
from apollo_spark.workers.source import InputProblemError

TEXT = 'id,s1\nA,1\n\n"B ""x"", 2",2\n"C\nc",3\nD,4\nE,5'


@pytest.mark.parametrize("piece_bytes", [1, 3, 1000])
def test_a_scan_finds_ids_starts_and_lines_of_rows(tmp_path: Path, piece_bytes: int) -> None:
    path = tmp_path / "m.csv"
    path.write_text(TEXT)

    scan = scan_matrix(str(path), delimiter=",", data_start=6, data_line=2, piece_bytes=piece_bytes)

    assert scan.row_ids == ("A", 'B "x", 2', "C\nc", "D", "E")
    assert [TEXT[start] for start in scan.row_starts] == ["A", '"', '"', "D", "E"]
    assert scan.row_lines.tolist() == [2, 4, 5, 7, 8]
    assert (scan.size, scan.end) == (len(TEXT), len(TEXT))
    assert scan.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()


def test_ranges_hold_whole_rows_and_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("id,s\nA,1\nB,2\nC,3\n")
    scan = scan_matrix(str(path), delimiter=",", data_start=5, data_line=2)

    by_rows = [RowCut(0, 2, 5, 13, 2), RowCut(2, 1, 13, 17, 4)]
    assert cut_rows(scan, rows_per_block=2) == by_rows
    assert cut_rows(scan, block_bytes=5) == by_rows


def test_a_compressed_file_is_one_range_and_its_raw_bytes_are_hashed(tmp_path: Path) -> None:
    path = tmp_path / "m.csv.gz"
    path.write_bytes(gzip.compress(b"id,s\nA,1\nB,2\n"))

    scan = scan_matrix(str(path), delimiter=",", data_start=5, data_line=2, compression="gzip")

    assert scan.row_ids == ("A", "B")
    assert scan.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert cut_rows(scan, rows_per_block=1) == [RowCut(0, 2, 5, None, 2)]


def test_a_truncated_file_is_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "m.csv.gz"
    path.write_bytes(gzip.compress(b"id,s\nA,1\n")[:-9])

    with pytest.raises(InputProblemError) as caught:
        scan_matrix(str(path), delimiter=",", compression="gzip")

    assert caught.value.rule == "file_truncated"


def test_a_row_without_end_is_named_before_it_fills_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apollo_spark.assays.expression.tasks.files.rows.MAX_ROW_BYTES", 8)
    finder = RowFinder(",", start=0, line=2)
    finder.add(b"G1,1\nG2,3")

    with pytest.raises(InputProblemError, match=ROW_TOO_LONG) as refused:
        finder.add(b"4,5,6,7")
    assert refused.value.line == 3
