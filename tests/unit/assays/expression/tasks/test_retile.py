"""Blocks written anew from others: no value changes, whatever moves or however it is stored."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from apollo_spark.assays.expression.tasks.retile import RetileTask, run_retile
from apollo_spark.assays.expression.tasks.tiles.file import TileMatrix, write_tile_file
from apollo_spark.assays.expression.tasks.tiles.spec import Features, Samples, TileTarget, UnitRules
from apollo_spark.assays.expression.tasks.tiles.storage import DOUBLE, LayerStorage, encode

NAN = float("nan")
THREE = LayerStorage("scaled", 3)
IDS = ("F0", "F1", "F2", "F3")


def write(folder: Path, block: int, tiles: Mapping[int, list[float]], storage: LayerStorage) -> str:
    """Write the tiles of one block, by feature, and return the file."""
    features = np.array(list(tiles), np.int32)
    stored, is_exact = encode(np.array(list(tiles.values())), storage)
    assert is_exact
    width = stored.shape[1]
    matrix = TileMatrix(
        tuple(IDS[each] for each in tiles), features, np.full(width, block, np.int32), stored
    )
    part = write_tile_file(str(folder), f"block-{block}", matrix, storage)
    assert part is not None
    return str(folder / part["path"])


def task(
    folder: Path,
    paths: list[str],
    places: list[tuple[int, int]],
    *,
    stored: LayerStorage = THREE,
    storage: LayerStorage | None = None,
) -> RetileTask:
    """Return a task that puts samples, each from (block, position), into block 9."""
    count = len(places)
    blocks, positions = np.array(places, np.int32).T
    return RetileTask(
        paths=tuple(paths),
        samples=Samples(
            tuple(f"S{each}" for each in range(count)),
            np.full(count, 9, np.int32),
            np.arange(count, dtype=np.int32),
        ),
        blocks=blocks,
        positions=positions,
        features=Features(IDS, np.arange(len(IDS), dtype=np.int32)),
        target=TileTarget(str(folder), storage or stored, UnitRules()),
        stored=stored,
    )


def read(folder: Path, answer: Mapping[str, object]) -> list[tuple[object, ...]]:
    parts = answer["parts"]
    assert isinstance(parts, list)
    return [
        tuple(row.values())
        for part in parts
        for row in pq.read_table(folder / part["path"]).to_pylist()
    ]


def test_samples_of_several_blocks_stand_side_by_side(tmp_path: Path) -> None:
    first = write(tmp_path, 1, {0: [1.5, 2.5], 2: [3.0, NAN]}, THREE)
    second = write(tmp_path, 4, {0: [7.0], 2: [8.0]}, THREE)

    answer = run_retile(task(tmp_path, [first, second], [(4, 0), (1, 1), (1, 0)]))

    assert read(tmp_path, answer) == [
        (0, "F0", 9, [7000, 2500, 1500]),
        (2, "F2", 9, [8000, None, 3000]),
    ]


def test_a_tile_that_one_block_lacks_is_missing_and_one_that_all_lack_is_not_written(
    tmp_path: Path,
) -> None:
    first = write(tmp_path, 1, {0: [1.0]}, THREE)
    second = write(tmp_path, 2, {3: [2.0]}, THREE)

    answer = run_retile(task(tmp_path, [first, second], [(1, 0), (2, 0)]))

    assert read(tmp_path, answer) == [
        (0, "F0", 9, [1000, None]),
        (3, "F3", 9, [None, 2000]),
    ]


@pytest.mark.parametrize(
    ("storage", "expected"),
    [
        (LayerStorage("scaled", 5), [150_000, None]),
        (LayerStorage("scaled", 5, 64), [150_000, None]),
        (DOUBLE, [1.5, None]),
    ],
)
def test_values_are_stored_otherwise(
    tmp_path: Path, storage: LayerStorage, expected: list[float | None]
) -> None:
    path = write(tmp_path, 1, {1: [1.5, NAN]}, THREE)

    answer = run_retile(task(tmp_path, [path], [(1, 0), (1, 1)], storage=storage))

    assert answer["is_enough"]
    assert read(tmp_path, answer) == [(1, "F1", 9, expected)]


def test_a_storage_that_is_not_enough_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    path = write(tmp_path, 1, {1: [2_000_000.125]}, THREE)

    answer = run_retile(task(tmp_path, [path], [(1, 0)], storage=LayerStorage("scaled", 5)))

    assert (answer["is_enough"], answer["parts"]) == (False, [])
    assert answer["need"] == {"scale": 3, "largest": 2_000_000.125}


def test_other_blocks_of_a_file_are_not_read(tmp_path: Path) -> None:
    path = write(tmp_path, 1, {1: [1.0]}, THREE)
    other = write(tmp_path, 5, {1: [5.0]}, THREE)

    answer = run_retile(task(tmp_path, [path, other], [(1, 0)]))

    assert read(tmp_path, answer) == [(1, "F1", 9, [1000])]
