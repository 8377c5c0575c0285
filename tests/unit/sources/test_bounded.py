"""Files that are read whole, and what is too much of them."""

from pathlib import Path

import pytest

from apollo_spark.sources.regular_files import TooLargeError, read_bounded


def test_a_text_beyond_the_limit_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a" * (1 << 20))
    assert len(read_bounded(path, 1 << 20)) == 1 << 20

    with path.open("ab") as more:
        more.write(b"a")
    with pytest.raises(TooLargeError, match="it holds more than 1 MB of text"):
        read_bounded(path, 1 << 20)
