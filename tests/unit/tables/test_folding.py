from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apollo_spark.tables.folding import SampleBlock, plan_folds

SIZE = 10


def folds(sizes: Sequence[int], files: Sequence[set[int]] = ()) -> list[tuple[int, list[int]]]:
    """Return targets with the blocks that become them; block i has sizes[i] samples."""
    blocks = [SampleBlock(number, size) for number, size in enumerate(sizes)]
    alone = [{number} for number in range(len(sizes))]
    planned = plan_folds(blocks, map(frozenset, [*alone, *files]), block_size=SIZE)
    return [(each.target, [block.number for block in each.blocks]) for each in planned]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([3], []),
        ([10, 3], []),
        ([3, 3], [(2, [0, 1])]),
        ([3, 10, 3, 5, 4], [(5, [0, 2, 4])]),
        ([4, 4, 4], [(3, [0, 1])]),
        ([4, 4, 4, 4], [(4, [0, 1]), (5, [2, 3])]),
        ([1] * 12, [(12, list(range(10))), (13, [10, 11])]),
    ],
)
def test_small_blocks_become_as_few_as_hold_them(
    sizes: list[int], expected: list[tuple[int, list[int]]]
) -> None:
    assert folds(sizes) == expected


def test_a_block_that_shares_a_file_with_a_full_one_stays() -> None:
    assert folds([10, 2, 2, 2], files=[{0, 1}]) == [(4, [2, 3])]


def test_a_block_that_shares_a_file_with_one_that_stays_stays_too() -> None:
    assert folds([10, 2, 2, 2], files=[{0, 1}, {1, 2}]) == []


def test_small_blocks_of_one_file_are_folded_together() -> None:
    assert folds([10, 2, 2, 2], files=[{1, 2, 3}]) == [(4, [1, 2, 3])]


def test_the_order_is_that_of_the_samples_and_not_of_the_numbers() -> None:
    blocks = [SampleBlock(7, 2), SampleBlock(3, 2), SampleBlock(5, 2)]
    files = [frozenset({each.number}) for each in blocks]

    (fold,) = plan_folds(blocks, files, block_size=SIZE)

    assert (fold.target, fold.blocks, fold.size) == (8, tuple(blocks), 6)


@given(st.lists(st.integers(1, SIZE)))
def test_at_most_one_small_block_is_left_and_none_is_too_large(sizes: list[int]) -> None:
    blocks = [SampleBlock(number, size) for number, size in enumerate(sizes)]
    files = [frozenset({number}) for number in range(len(sizes))]

    planned = plan_folds(blocks, files, block_size=SIZE)

    folded = {block.number for each in planned for block in each.blocks}
    left = [each.size for each in blocks if each.number not in folded]
    left += [each.size for each in planned]
    assert sum(left) == sum(sizes)
    assert max(left, default=0) <= SIZE
    assert sum(2 * each < SIZE for each in left) <= 1
    assert sum(len(each.blocks) for each in planned) == len(folded)
