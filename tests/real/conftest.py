"""Real studies that several modules ask, each loaded once."""

from pathlib import Path

import pytest

from tests.real import gibleed_files, synthea_files
from tests.real.loading import RealStudy


@pytest.fixture(scope="session")
def synthea(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> RealStudy:
    """Synthea, loaded."""
    folder, lake = shared / "data" / "synthea_raw_csv", tmp_path_factory.mktemp("synthea") / "lake"
    options = ("--missing", "NaN")
    return loaded(RealStudy("synthea", folder, synthea_files.FILES, lake, options=options))


@pytest.fixture(scope="session")
def gibleed(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> RealStudy:
    """GiBleed, loaded."""
    folder, lake = shared / "data" / "omop_gibleed_5.3", tmp_path_factory.mktemp("gibleed") / "lake"
    return loaded(RealStudy("gibleed", folder, gibleed_files.FILES, lake))


def loaded(study: RealStudy) -> RealStudy:
    if not study.folder.is_dir():
        pytest.skip(f"the raw files of {study.name} are not here")
    result = study.load()
    assert result.code == 0, result.err
    assert result.last_line == f"{study.name}@1"
    return study
