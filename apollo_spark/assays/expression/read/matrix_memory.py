"""What a matrix costs, and the pieces in which it fits into memory."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import numpy as np

from apollo_spark.errors import UsageError

MAX_MEMORY = 2_000_000_000
"""Bytes of the largest matrix that is returned when nothing else is said."""
CELL_BYTES = 8


@dataclass(frozen=True)
class ReadEstimate:
    """What a matrix costs, before it is read.

    Attributes:
        samples: Rows of the matrix.
        features: Columns of the matrix.
        rows: Most rows of the long form; missing values are none.
        bytes: Size of the matrix in memory.
        stored_bytes: Size of the tiles that are read; None where they hold samples that are hidden
            too, whose number it would tell.
    """

    samples: int
    features: int
    rows: int
    bytes: int
    stored_bytes: int | None

    def as_json(self) -> dict[str, int | None]:
        """Return it as JSON says it."""
        return asdict(self)

    def __add__(self, other: "ReadEstimate") -> "ReadEstimate":
        """Return what two layers of the same features and samples cost together."""
        stored = (self.stored_bytes, other.stored_bytes)
        return replace(
            self,
            rows=self.rows + other.rows,
            bytes=self.bytes + other.bytes,
            stored_bytes=None if None in stored else sum(each or 0 for each in stored),
        )


def require_memory(samples: int, features: int, max_memory: int) -> None:
    """Refuse a matrix that needs more memory than it may have.

    Raises:
        UsageError: It does.
    """
    needed = samples * features * CELL_BYTES
    if needed > max_memory:
        raise UsageError(
            f"A matrix of {samples:,} samples x {features:,} features takes {needed:,} bytes of "
            f"memory, and {max_memory:,} are allowed.",
            fix="Write it to a file piece by piece (to_file=), ask for less, or raise max_memory.",
        )


def pieces(places: np.ndarray, across: int, max_memory: int) -> Iterator[np.ndarray]:
    """Yield places in pieces whose rows of a matrix fit into memory.

    Raises:
        UsageError: Not even one fits.
    """
    require_memory(1, across, max_memory)
    size = max(1, max_memory // max(1, across * CELL_BYTES))
    return (places[start : start + size] for start in range(0, len(places), size))
