"""The lake of one assay that tests of extensions begin with."""

from pathlib import Path

import pytest

from tests.support.growing import OLD, copy_lake, load, write_matrix


@pytest.fixture(scope="session")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with one version of an assay, which tests copy."""
    folder = tmp_path_factory.mktemp("stand")
    load(folder / "lake", write_matrix(folder / "old.csv", OLD))
    return folder / "lake"


@pytest.fixture
def lake(stand: Path, tmp_path: Path) -> Path:
    """A lake of the test's own with one version of an assay."""
    return copy_lake(stand, tmp_path / "lake")
