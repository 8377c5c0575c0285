"""People as numbers that only who has the key of a lake can find again.

A person is known by the text of the key, so that versions of a dataset, and what is made of them,
mean the same people by it.
"""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pyarrow as pa

from apollo_spark.workers.values.cellhash import hash_cells, mix
from apollo_spark.workers.values.texts import format_column

PRIME = (1 << 31) - 1
"""Products of two numbers below it fit 64 bits."""
GROUPS = 128
GROUP_PRIME = 251
"""One byte for each group."""


@dataclass(frozen=True)
class Marks:
    """What stands for people in sums.

    Attributes:
        ids: 64 bits by which they are told apart.
        nodes: Numbers from 1 to less than `PRIME`.
        groups: To which of `GROUPS` each belongs.
        factors: What each counts in its group, from 1 to less than `GROUP_PRIME`.
    """

    ids: np.ndarray
    nodes: np.ndarray
    groups: np.ndarray
    factors: np.ndarray


def marks_of(keys: pa.Array | pa.ChunkedArray, secret: bytes) -> Marks:
    """Return what stands for people, by their keys.

    Args:
        keys: The keys, of any type.
        secret: The key of the lake.
    """
    if isinstance(keys, pa.ChunkedArray):
        keys = keys.combine_chunks()
    hashed = hash_cells(format_column(keys))
    ids, nodes, groups = (mix(hashed ^ each) for each in _seeds(secret))
    return Marks(
        ids=ids,
        nodes=(nodes % np.uint64(PRIME - 1)).astype(np.int64) + 1,
        groups=(groups % np.uint64(GROUPS)).astype(np.int64),
        factors=((groups >> np.uint64(20)) % np.uint64(GROUP_PRIME - 1)).astype(np.int64) + 1,
    )


def digest_of(text: str, secret: bytes) -> str:
    """Return what stands for a text: 8 bytes, in hexadecimal digits."""
    return blake2b(text.encode(), key=secret, digest_size=8).hexdigest()


def _seeds(secret: bytes) -> np.ndarray:
    return np.frombuffer(blake2b(b"people", key=secret, digest_size=24).digest(), "<u8")
