from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apollo_spark.assays.expression.tasks.files.rows import scan_matrix
from apollo_spark.assays.expression.tasks.tiles.spec import (
    Features,
    MatrixTask,
    Samples,
    TileTarget,
    UnitRules,
)
from apollo_spark.assays.expression.tasks.tiles.storage import COUNTS, LayerStorage
from apollo_spark.workers.values.spec import Block, FileSpec

MakeTask = Callable[..., MatrixTask]
MakeFile = Callable[..., FileSpec]


@pytest.fixture
def tile_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "tiles"
    folder.mkdir()
    return folder


@pytest.fixture
def file_of(tmp_path: Path) -> MakeFile:
    """A file whose first line is its header."""

    def build(content: str, name: str = "matrix.csv", **changes: Any) -> FileSpec:
        path = tmp_path / name
        path.write_text(content, newline="")
        header = content.split("\n", 1)[0]
        names = tuple(header.split(changes.get("delimiter", ",")))
        settings: dict[str, Any] = {"delimiter": ",", "sha256": "", "header": names, **changes}
        return FileSpec(
            path=str(path), label=name, data_start=len(header) + 1, data_line=2, **settings
        )

    return build


@pytest.fixture
def count_task(file_of: MakeFile, tile_folder: Path) -> MakeTask:
    """A whole matrix of counts as one task: its columns are an id and then samples."""

    def build(
        content: str,
        storage: LayerStorage = COUNTS,
        unit: UnitRules | None = None,
        missing: tuple[str, ...] = ("",),
        **changes: Any,
    ) -> MatrixTask:
        file = file_of(content)
        scan = scan_matrix(file.path, delimiter=",", data_start=file.data_start, data_line=2)
        count = len(file.header) - 1
        places = np.arange(count, dtype=np.int32)
        settings: dict[str, Any] = {
            "samples": Samples(file.header[1:], places * 0, places),
            "columns": np.arange(1, count + 1),
            "features": Features(scan.row_ids, np.arange(len(scan.row_ids), dtype=np.int32)),
            **changes,
        }
        target = TileTarget(str(tile_folder), storage, unit or UnitRules(is_count=True), missing)
        return MatrixTask(
            block=Block(file, 0, file.data_start, scan.end, 2), target=target, **settings
        )

    return build
