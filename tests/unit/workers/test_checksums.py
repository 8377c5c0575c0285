from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.workers.files.checksums import (
    DamagedFileError,
    add_checksums,
    check_chunks,
    has_checksums,
    read_checksums,
)

ROWS = pa.table(
    {
        "key": [f"P{number}" for number in range(400)],
        "value": np.arange(400) * 1.1,
        "many": [[number, number + 1] for number in range(400)],
    }
)
GROUPS = 4


def write(folder: Path, rows: pa.Table = ROWS, *, group_rows: int = 100) -> Path:
    path = folder / "part.parquet"
    pq.write_table(rows, path, row_group_size=group_rows)
    return add_checksums(path, pq.read_metadata(path))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    path = write(tmp_path_factory.mktemp("written"))
    return path, path.read_bytes()


def damage(path: Path, content: bytes, place: int, bit: int = 0) -> Path:
    """Write the content with one bit changed beside the file, under the same name."""
    changed = bytearray(content)
    changed[place] ^= 1 << bit
    # A file of its own each time: what was found right stays right for the process.
    damaged = path.parent / f"{place}-{bit}" / path.name
    damaged.parent.mkdir(exist_ok=True)
    damaged.write_bytes(changed)
    return damaged


def test_readers_that_know_nothing_of_it_read_the_rows(written: tuple[Path, bytes]) -> None:
    path, _ = written

    assert pq.read_table(path).equals(ROWS)
    assert has_checksums(path.name)
    assert not path.with_name("part.parquet").exists()
    check_chunks(str(path))


@given(place=st.integers(4, 10**9), bit=st.integers(0, 7))
def test_every_flipped_bit_is_found(written: tuple[Path, bytes], place: int, bit: int) -> None:
    path, content = written
    damaged = damage(path, content, 4 + place % (len(content) - 4), bit)

    with pytest.raises(DamagedFileError) as found:
        check_chunks(str(damaged))
    assert found.value.path == str(damaged)


def test_only_what_is_read_is_checked(written: tuple[Path, bytes]) -> None:
    path, content = written
    footer = pq.read_metadata(path)
    start = footer.row_group(2).column(1).data_page_offset
    damaged = str(damage(path, content, start + 20, 1))

    check_chunks(damaged, columns=["key", "many"])
    check_chunks(damaged, columns=["VALUE"], groups=[0, 1, 3])
    check_chunks(damaged, columns=["of no such name"])
    for columns, groups in ((["Value"], None), (None, [2]), (None, None)):
        with pytest.raises(DamagedFileError):
            check_chunks(damaged, columns, groups)


@pytest.mark.parametrize("length", [0, 3, 8, 500, -1, -9])
def test_a_file_that_was_cut_is_damaged(written: tuple[Path, bytes], length: int) -> None:
    path, content = written
    cut = path.parent / f"cut {length}" / path.name
    cut.parent.mkdir(exist_ok=True)
    cut.write_bytes(content[:length])

    with pytest.raises(DamagedFileError):
        read_checksums(str(cut))


def test_another_file_with_checksums_in_its_place_is_found(tmp_path: Path) -> None:
    path = write(tmp_path)
    content = path.read_bytes()
    other = write(tmp_path, ROWS.slice(1))

    assert other.name != path.name
    path.write_bytes(other.read_bytes())
    with pytest.raises(DamagedFileError):
        read_checksums(str(path))
    path.write_bytes(content)
    check_chunks(str(path))


def test_a_file_without_rows_and_one_without_checksums_pass(tmp_path: Path) -> None:
    empty = write(tmp_path, ROWS.slice(0, 0))
    plain = tmp_path / "plain.parquet"
    pq.write_table(ROWS, plain)

    check_chunks(str(empty), columns=["key"])
    check_chunks(str(plain))
    assert read_checksums(str(plain)) is None
