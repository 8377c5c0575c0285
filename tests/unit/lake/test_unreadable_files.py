"""Files that Arrow or delta-rs cannot read: the refusal names them, whatever the error."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apollo_spark.errors import BrokenPinError
from apollo_spark.lake.tables.commits import open_head, open_version, reading_file


@pytest.mark.parametrize("at", [4, -4], ids=["a page", "last bytes"])
def test_a_file_without_checksums_that_is_damaged_is_named(tmp_path: Path, at: int) -> None:
    path = tmp_path / "part.parquet"
    pq.write_table(pa.table({"a": ["x", "y"]}), path)
    content = bytearray(path.read_bytes())
    place = at % len(content)
    content[place : place + 4] = b"\xff" * 4
    path.write_bytes(content)

    with pytest.raises(BrokenPinError, match="it is damaged"), reading_file(path):
        pq.read_table(path)


@pytest.mark.parametrize("error", [OSError("no end of a page"), ValueError("no such codec")])
def test_errors_without_a_number_of_the_system_are_damage(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(BrokenPinError, match="it is damaged"), reading_file(tmp_path / "part"):
        raise error


def test_a_panic_of_the_library_is_a_broken_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bit of a checkpoint makes delta-rs panic, which no `except Exception` catches."""
    log = tmp_path / "_delta_log"
    log.mkdir()
    (log / "0.json").touch()
    panic = type("PanicException", (BaseException,), {})

    def open_(*_: object, **__: object) -> None:
        raise panic

    monkeypatch.setattr("apollo_spark.lake.tables.commits.DeltaTable", open_)

    with pytest.raises(BrokenPinError):
        open_head(tmp_path)
    assert open_version(tmp_path, 0) is None
