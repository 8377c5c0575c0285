import numpy as np
import pytest

from apollo_spark.assays.expression.tasks.merging import merge_values
from apollo_spark.assays.expression.tasks.tiles.content import hash_matrix
from apollo_spark.assays.expression.tasks.tiles.storage import (
    DOUBLE,
    LayerStorage,
    StorageNeed,
    choose_storage,
    decode,
    encode,
    widen,
)

NAN = np.nan


@pytest.mark.parametrize(
    ("values", "storage"),
    [
        ([], LayerStorage("integer", 0, 32)),
        ([0, 7, NAN], LayerStorage("integer", 0, 32)),
        ([2.0**31 - 1], LayerStorage("integer", 0, 32)),
        ([2.0**31], LayerStorage("integer", 0, 64)),
        ([0.1, 12.345], LayerStorage("scaled", 3, 32)),
        ([0.001, 1e7], LayerStorage("scaled", 3, 64)),
        ([1e-9], LayerStorage("scaled", 9, 32)),
        ([1e-10], DOUBLE),
        ([1 / 3], DOUBLE),
        ([2.0**53], LayerStorage("integer", 0, 64)),
        ([2.0**53, 0.5], DOUBLE),
        ([2.0**63], DOUBLE),
    ],
)
def test_the_smallest_storage_that_gives_every_value_back_is_chosen(
    values: list[float], storage: LayerStorage
) -> None:
    numbers = np.array(values, np.float64)

    assert choose_storage(numbers) == storage

    stored, is_exact = encode(numbers, storage)
    assert is_exact
    np.testing.assert_array_equal(decode(stored, storage), numbers)


def test_a_second_choice_holds_what_the_first_held_too() -> None:
    first = LayerStorage("scaled", 2, 32)

    assert widen(first, [StorageNeed(0, 2.0**31)]) == LayerStorage("scaled", 2, 64)
    assert widen(first, [StorageNeed(4, 1.0)]) == LayerStorage("scaled", 4, 32)
    assert widen(first, [StorageNeed(4, 1.0), StorageNeed(None, 1.0)]) == DOUBLE


@pytest.mark.parametrize(
    ("how", "merged"), [("sum", [0.3, 5.0]), ("mean", [0.15, 5.0]), ("first", [0.1, NAN])]
)
def test_rows_merge_as_decimals(how: str, merged: list[float]) -> None:
    values = np.array([[0.1, NAN], [0.2, 5.0]])

    _, result = merge_values(values, np.zeros(2), how, LayerStorage("scaled", 1))

    np.testing.assert_array_equal(result, [merged])


def test_a_hash_knows_order_nowhere_and_content_everywhere() -> None:
    values = np.array([[1.0, 0.0, NAN], [3.0, 4.0, 5.0]])
    expected = hash_matrix(values, ["A", "B"], ["x", "y", "z"])

    turned = hash_matrix(values[::-1, ::-1], ["B", "A"], ["z", "y", "x"])
    parts = [hash_matrix(values[[row]], ["AB"[row]], ["x", "y", "z"]) for row in (0, 1)]
    assert turned == expected
    assert parts[0] + parts[1] == expected
    assert expected.rows == 5
    for change in (
        hash_matrix(values, ["B", "A"], ["x", "y", "z"]),
        hash_matrix(values, ["A", "B"], ["y", "x", "z"]),
        hash_matrix(np.nan_to_num(values), ["A", "B"], ["x", "y", "z"]),
        hash_matrix(values + 1e-12, ["A", "B"], ["x", "y", "z"]),
    ):
        assert change != expected


def test_a_missing_value_hashes_as_if_its_feature_or_sample_were_not_there() -> None:
    values = np.array([[1.0, NAN], [NAN, NAN]])

    assert hash_matrix(values, ["A", "B"], ["x", "y"]) == hash_matrix(values[:1, :1], ["A"], ["x"])
