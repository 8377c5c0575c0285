from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from apollo_spark.assays.expression.tasks.merging import merge_rows, write_merged
from apollo_spark.assays.expression.tasks.tiles.spec import Features, Samples, UnitRules
from apollo_spark.assays.expression.tasks.tiles.storage import LayerStorage, StorageNeed, widen
from apollo_spark.assays.expression.tasks.write import collect_expression, run_expression_task
from tests.unit.assays.expression.tasks.conftest import MakeTask

SCALED = LayerStorage("scaled", 2)
ANY = UnitRules(allows_negative=True)


def tiles(folder: Path, result: dict[str, Any]) -> list[tuple[Any, ...]]:
    rows = []
    for part in result["parts"]:
        table = pq.read_table(folder / part["path"])
        rows += [tuple(row.values()) for row in table.to_pylist()]
    return rows


def test_a_tile_is_one_feature_over_one_block_by_block_then_feature(
    count_task: MakeTask, tile_folder: Path
) -> None:
    samples = Samples(("s1", "s2", "s3"), np.array([0, 1, 0], np.int32), np.array([1, 0, 0]))
    task = count_task("id,s1,s2,s3\nA,1,2,3\nB,4,,6\n", samples=samples)

    result = run_expression_task(task)

    assert tiles(tile_folder, result) == [
        (0, "A", 0, [3, 1]),
        (1, "B", 0, [6, 4]),
        (0, "A", 1, [2]),
        (1, "B", 1, [None]),
    ]
    assert result["hash"]["rows"] == 5


def test_every_wrong_cell_is_found_with_its_place_and_text(count_task: MakeTask) -> None:
    task = count_task("id,s1,s2,s3\nA,1,n/a,3\nB,-4,0.5,NaN\nC,1,2\nD,1 2,7,1e999\n")

    result = run_expression_task(task)
    found = collect_expression(task, 10)["found"]

    assert sorted(map(tuple, result["counts"])) == [
        ("expression_finite", None, 1),
        ("expression_fraction", None, 1),
        ("expression_negative", None, 1),
        ("expression_number", None, 3),
        ("row_length", None, 1),
    ]
    places = {each["rule"]: each["places"] for each in found}
    assert places == {
        "row_length": [[4, None, None]],
        "expression_number": [
            [2, "3", "n/a"],
            [5, "2", "1 2"],
            [5, "4", "1e999"],
        ],
        "expression_finite": [[3, "4", "NaN"]],
        "expression_negative": [[3, "2", "-4"]],
        "expression_fraction": [[3, "3", "0.5"]],
    }


def test_all_places_are_counted_and_the_first_few_kept(count_task: MakeTask) -> None:
    task = count_task("id,s1,s2\nA,x,y\nB,z,1\n")

    assert collect_expression(task, 2) == {
        "found": [
            {
                "rule": "expression_number",
                "file": "matrix.csv",
                "count": 3,
                "places": [[2, "2", "x"], [2, "3", "y"]],
            }
        ]
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12.0),
        ("0012", 12.0),
        ("12.", 12.0),
        (".5", 0.5),
        ("-0.25", -0.25),
        ("+3", 3.0),
        (" 7 ", 7.0),
        ('"8.5"', 8.5),
        ("1e-2", 0.01),
        ("-0", 0.0),
        ("12345678.9", 12345678.9),
        ("123456789012.345", 123456789012.345),
        ("0.1234567890123456789", 0.1234567890123456789),
        ("179769313486231570000", 179769313486231570000.0),
    ],
)
def test_a_number_may_be_written_in_many_ways(
    count_task: MakeTask, tile_folder: Path, text: str, value: float
) -> None:
    double = LayerStorage("double", bits=64)
    task = count_task(f"id,s1,s2\nA,{text},1\n", storage=double, unit=ANY)

    result = run_expression_task(task)

    assert tiles(tile_folder, result) == [(0, "A", 0, [value, 1.0])]


@pytest.mark.parametrize("text", [".", "-", "--1", "1.2.3", "1-", "0x10", "1,5", "1_0", "\u0661"])
def test_what_is_no_number_is_none(count_task: MakeTask, text: str) -> None:
    task = count_task(f'id,s1\nA,"{text}"\n', unit=ANY)

    assert run_expression_task(task)["counts"] == [["expression_number", None, 1]]


def test_a_missing_marker_is_no_value_even_where_it_looks_like_a_number(
    count_task: MakeTask, tile_folder: Path
) -> None:
    task = count_task("id,s1,s2,s3\nA,NA,-9,9\n", missing=("", "NA", "-9"))

    result = run_expression_task(task)

    assert tiles(tile_folder, result) == [(0, "A", 0, [None, None, 9])]
    assert result["counts"] == []


def test_an_empty_cell_is_wrong_where_it_is_no_missing_marker(count_task: MakeTask) -> None:
    task = count_task("id,s1,s2\nA,,1\n", missing=("NA",))

    assert run_expression_task(task)["counts"] == [["expression_number", None, 1]]


def test_scaled_values_come_back_by_division(count_task: MakeTask, tile_folder: Path) -> None:
    task = count_task("id,s1,s2,s3\nA,0.1,12.34,5\nB,1e-2,,7.50\n", SCALED, UnitRules())

    result = run_expression_task(task)

    assert tiles(tile_folder, result) == [(0, "A", 0, [10, 1234, 500]), (1, "B", 0, [1, None, 750])]
    assert result["is_enough"]


def test_a_storage_that_is_too_small_writes_nothing_and_says_what_is_needed(
    count_task: MakeTask, tile_folder: Path
) -> None:
    task = count_task("id,s1\nA,0.1\nB,30000000.125\nC,1\n", SCALED, UnitRules())

    result = run_expression_task(task)

    assert (result["is_enough"], result["parts"]) == (False, [])
    assert list(tile_folder.iterdir()) == []
    assert widen(SCALED, [StorageNeed(**result["need"])]) == LayerStorage("scaled", 3, 64)


def test_a_count_beyond_32_bits_needs_a_wider_storage(count_task: MakeTask) -> None:
    task = count_task("id,s1\nA,2147483647\nB,2147483648\n")

    result = run_expression_task(task)

    assert not result["is_enough"]
    assert StorageNeed(**result["need"]).storage() == LayerStorage("integer", 0, 64)


def test_rows_of_one_feature_are_returned_merged_and_written(
    count_task: MakeTask, tile_folder: Path
) -> None:
    features = Features(("A", "B", "A", "x"), np.array([0, 1, 0, -1], np.int32))
    diverted = np.array([True, False, True, False])
    task = count_task(
        "id,s1,s2,s3\nA,1,2,\nB,3,4,5\nA,5,,\nx,bad,bad,1\n",
        features=features,
        is_diverted=diverted,
    )

    result = run_expression_task(task)
    indexes, values = merge_rows([result], "sum", task.target.storage)
    merged = write_merged(task.target, task.samples, indexes, ["A"], values)

    assert result["counts"] == []
    assert tiles(tile_folder, result) == [(1, "B", 0, [3, 4, 5])]
    assert tiles(tile_folder, merged) == [(0, "A", 0, [6, 2, None])]


def test_diverted_values_stand_in_the_order_of_the_samples_of_the_task(
    count_task: MakeTask,
) -> None:
    samples = Samples(("s1", "s2", "s3"), np.zeros(3, np.int32), np.array([2, 0, 1], np.int32))
    task = count_task("id,s1,s2,s3\nA,1,2,3\n", samples=samples, is_diverted=np.array([True]))

    _, values = merge_rows([run_expression_task(task)], "first", task.target.storage)

    assert values.tolist() == [[1, 2, 3]]


def test_a_blank_line_is_no_row(count_task: MakeTask, tile_folder: Path) -> None:
    task = count_task("id,s1\r\nA,1\r\n\r\nB,2\r\n")

    assert tiles(tile_folder, run_expression_task(task)) == [(0, "A", 0, [1]), (1, "B", 0, [2])]


def test_statistics_of_a_file_are_those_of_its_key_columns(count_task: MakeTask) -> None:
    (part,) = run_expression_task(count_task("id,s1\nA,1\nB,2\n"))["parts"]

    assert part["rows"] == 2
    assert part["stats"] == (
        '{"numRecords":2,"minValues":{"feature":0,"feature_id":"A","block":0},'
        '"maxValues":{"feature":1,"feature_id":"B","block":0},'
        '"nullCount":{"feature":0,"feature_id":0,"block":0}}'
    )
