"""Writes small expression files."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from apollo_spark.assays.expression.sources.files.top import SourceFile

Write = Callable[..., SourceFile]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file under the test's folder; blanks in a line become the delimiter."""

    def write_file(name: str, *lines: str, delimiter: str = "\t") -> SourceFile:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(line.replace(" ", delimiter) + "\n" for line in lines)
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return SourceFile(label=name, path=str(path.resolve()))

    return write_file
