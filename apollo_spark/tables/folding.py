"""Which small blocks of samples are put together, so that readers open fewer and larger ones.

A block is small if it is less than half full. It is folded only if it shares no file with a block
that stays, which would have to be written again too. What is folded is at least half full, or the
last of its kind: a sample is moved few times, however often a table is compacted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SampleBlock:
    """A block of samples as it is.

    Attributes:
        number: Its number.
        size: Its number of samples.
    """

    number: int
    size: int


@dataclass(frozen=True)
class Fold:
    """Blocks that become one, in the order in which their samples follow each other."""

    target: int
    blocks: tuple[SampleBlock, ...]

    @property
    def size(self) -> int:
        """The number of samples of all of them."""
        return sum(each.size for each in self.blocks)


def plan_folds(
    blocks: Sequence[SampleBlock],
    files: Iterable[frozenset[int]],
    *,
    block_size: int,
) -> tuple[Fold, ...]:
    """Say which blocks become one; their new numbers follow the largest one.

    Args:
        blocks: All blocks of an assay, in the order of their samples.
        files: For every file of every layer, the numbers of the blocks that it may hold.
        block_size: Most samples of one block.
    """
    foldable = _alone({each.number for each in blocks if 2 * each.size < block_size}, files)
    groups: list[list[SampleBlock]] = []
    room = 0
    for block in blocks:
        if block.number not in foldable:
            continue
        if block.size > room:
            groups.append([])
            room = block_size
        groups[-1].append(block)
        room -= block.size
    first = max((each.number for each in blocks), default=-1) + 1
    folded = [tuple(each) for each in groups if len(each) > 1]
    return tuple(Fold(first + number, each) for number, each in enumerate(folded))


def _alone(small: set[int], files: Iterable[frozenset[int]]) -> set[int]:
    """Leave out blocks that share a file with one that stays, directly or by way of others."""
    listed = [each for each in files if each & small]
    while True:
        staying = [each & small for each in listed if each & small and not each <= small]
        if not staying:
            return small
        small = small.difference(*staying)
