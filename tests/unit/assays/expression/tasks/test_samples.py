from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from apollo_spark.assays.expression.tasks.files.rows import cut_rows, scan_matrix
from apollo_spark.assays.expression.tasks.long_rows import read_ids
from apollo_spark.assays.expression.tasks.tiles.spec import (
    Features,
    LongParseTask,
    LongPart,
    LongTilesTask,
    OnDuplicate,
    SampleFile,
    SampleFilesTask,
    SampleRowsTask,
    Samples,
    TileTarget,
    UnitRules,
)
from apollo_spark.assays.expression.tasks.tiles.storage import COUNTS
from apollo_spark.assays.expression.tasks.write import collect_expression, run_expression_task
from apollo_spark.workers.values.spec import Block
from tests.unit.assays.expression.tasks.conftest import MakeFile

AB = Features(("A", "B"), np.array([0, 1], np.int32))


def target(folder: Path) -> TileTarget:
    return TileTarget(str(folder), COUNTS, UnitRules(is_count=True))


def two_samples() -> Samples:
    return Samples(("s1", "s2"), np.zeros(2, np.int32), np.array([0, 1], np.int32))


def tiles(folder: Path, result: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        tuple(row.values())
        for part in result["parts"]
        for row in pq.read_table(folder / part["path"]).to_pylist()
    ]


def test_a_matrix_of_sample_rows_is_turned_and_repeated_columns_merged(
    file_of: MakeFile, tile_folder: Path
) -> None:
    file = file_of("id,A.1,B,A.2\ns1,1,2,3\ns2,4,5,\n")
    scan = scan_matrix(file.path, delimiter=",", data_start=file.data_start, data_line=2)
    (cut,) = cut_rows(scan, rows_per_block=256)
    features = Features(("A", "B", "A"), np.array([0, 1, 0], np.int32))
    task = SampleRowsTask(
        Block(file, 0, cut.start, cut.end, cut.line),
        target(tile_folder),
        two_samples(),
        np.array([1, 2, 3]),
        features,
        on_duplicate="sum",
    )

    assert tiles(tile_folder, run_expression_task(task)) == [
        (0, "A", 0, [4, 4]),
        (1, "B", 0, [2, 5]),
    ]


def files_task(
    file_of: MakeFile, folder: Path, contents: list[str], how: OnDuplicate = "refuse"
) -> SampleFilesTask:
    files = tuple(
        SampleFile(file_of(content, f"{number}.csv"), 0, 1)
        for number, content in enumerate(contents)
    )
    features = Features(("A", "A", "B", ""), np.array([0, 0, 1, -1], np.int32))
    texts = ("A.1", "A.2", "B", "N_noFeature")
    return SampleFilesTask(files, two_samples(), target(folder), texts, features, how)


def test_files_of_samples_are_aligned_by_feature(file_of: MakeFile, tile_folder: Path) -> None:
    task = files_task(
        file_of, tile_folder, ["id,n\nN_noFeature,x\nA.1,1\nB,2\n", "id,n\nB,3\nA.2,\n"]
    )

    result = run_expression_task(task)

    assert tiles(tile_folder, result) == [(0, "A", 0, [1, None]), (1, "B", 0, [2, 3])]
    assert result["counts"] == []


def test_unknown_and_repeated_features_of_a_file_are_found(
    file_of: MakeFile, tile_folder: Path
) -> None:
    task = files_task(file_of, tile_folder, ["id,n\nA.1,1\nC,2\nA.2,x\n", "id,n\nB,3\n"])

    assert sorted(map(tuple, run_expression_task(task)["counts"])) == [
        ("expression_number", None, 1),
        ("feature_repeated", None, 1),
        ("feature_unknown", None, 1),
    ]
    found = collect_expression(task, 5)["found"]
    assert {(each["rule"], each["file"]): each["places"] for each in found} == {
        ("expression_number", "0.csv"): [[4, "2", "x"]],
        ("feature_repeated", "0.csv"): [[4, None, None]],
        ("feature_unknown", "0.csv"): [[3, None, None]],
    }


def test_the_places_of_every_file_are_kept_and_counted(
    file_of: MakeFile, tile_folder: Path
) -> None:
    wrong = "id,n\n" + "A.1,x\n" * 30
    task = files_task(file_of, tile_folder, [wrong, wrong])

    found = collect_expression(task, 25)["found"]

    kept = {each["file"]: len(each["places"]) for each in found if "number" in each["rule"]}
    counts = {each["file"]: each["count"] for each in found if "number" in each["rule"]}
    assert (kept, counts) == ({"0.csv": 25, "1.csv": 20}, {"0.csv": 30, "1.csv": 30})


def test_a_truncated_file_of_a_sample_is_named(file_of: MakeFile, tile_folder: Path) -> None:
    task = files_task(file_of, tile_folder, ["id,n\nA.1,1\n", 'id,n\nB,"3\n'])

    assert run_expression_task(task)["problems"] == [["quoting", 2, "1.csv"]]


def test_a_repeated_pair_of_a_long_file_is_found_with_its_line(
    file_of: MakeFile, tile_folder: Path
) -> None:
    file = file_of("sample,feature,value\ns1,A,1\ns2,A,2\ns1,B,\ns1,A,3\nother,A,9\n")
    block = Block(file, 0, file.data_start, None, 2)
    scratch = run_expression_task(LongParseTask(block, target(tile_folder), 1, 0, 2))

    assert read_ids(scratch["path"]) == (["A", "B"], ["s1", "s2", "other"])
    part = LongPart(
        scratch["path"], "long.csv", np.array([0, 1], np.int32), np.array([0, 1, 2], np.int32)
    )
    members = np.array([0, 1])
    task = LongTilesTask((part,), two_samples(), members, AB, target(tile_folder))
    assert run_expression_task(task)["counts"] == [["pair_repeated", None, 1]]
    assert collect_expression(task, 5) == {
        "found": [
            {
                "rule": "pair_repeated",
                "file": "long.csv",
                "count": 1,
                "places": [[5, None, "A of s1"]],
            }
        ]
    }
    summed = LongTilesTask((part,), two_samples(), members, AB, target(tile_folder), "sum")
    assert tiles(tile_folder, run_expression_task(summed)) == [
        (0, "A", 0, [4, 2]),
        (1, "B", 0, [None, None]),
    ]
