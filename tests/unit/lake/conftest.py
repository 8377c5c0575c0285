from pathlib import Path

import pytest

from apollo_spark.lake.lake import Lake, open_lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake in a folder whose name would break a careless address."""
    return open_lake(str(tmp_path / "my lake, é"))
