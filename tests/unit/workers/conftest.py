import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apollo_spark.workers.scan import Cut
from apollo_spark.workers.source import is_splittable
from apollo_spark.workers.values.spec import Block, FileSpec

MakeBlock = Callable[..., Block]


@pytest.fixture
def block_of(tmp_path: Path) -> MakeBlock:
    """A whole file without header, as one block."""

    def build(content: bytes, header: str = "a,b", **changes: Any) -> Block:
        path = tmp_path / "data.csv"
        path.write_bytes(content)
        settings: dict[str, Any] = {"delimiter": ",", "data_start": 0, "data_line": 1, **changes}
        file = FileSpec(
            path=str(path),
            label="data.csv",
            sha256=hashlib.sha256(content).hexdigest(),
            header=tuple(header.split(",")),
            **settings,
        )
        whole = is_splittable(file.encoding, file.compression)
        cut = Cut(file.data_start, len(content) if whole else None, file.data_line)
        return Block(file, 0, cut.start, cut.end, cut.line)

    return build
