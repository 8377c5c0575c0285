"""A hash of a table's content that does not depend on the order of its rows or columns.

A cell becomes 64 bits, seeded by the name and logical type of its column. A row is the mixed sum
of its cells, in two lanes; a table is the sum of its rows modulo 2**64 in each lane. Sums can be
added and taken away: parts of a table may be hashed anywhere and in any order, and rows that come
or go change the hash of a table without its other rows being read. It finds damage and
differences; it does not withstand somebody who builds a collision on purpose.

The stored form is the sums themselves. A digest of them would tell two tables apart no better,
since equal sums have equal digests, but nothing could be added to it any more.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pyarrow as pa

from apollo_spark.workers.values.cellhash import hash_cells, logical_type, mix

# Rows at a time: intermediate arrays stay in the processor's cache.
SLICE = 1 << 15
LANE = 2**64
# Tells this form from any other that may follow.
FORM = "s1"
STORED = re.compile(FORM + r"-([0-9a-f]{1,16})-([0-9a-f]{16})-([0-9a-f]{16})\Z")


@dataclass(frozen=True)
class ContentHash:
    """Number of rows and the two sums; the sum of two hashes is that of the rows of both."""

    rows: int = 0
    lo: int = 0
    hi: int = 0

    def __add__(self, other: "ContentHash") -> "ContentHash":
        """Hash of the rows of both."""
        return ContentHash(
            self.rows + other.rows, (self.lo + other.lo) % LANE, (self.hi + other.hi) % LANE
        )

    def __sub__(self, other: "ContentHash") -> "ContentHash":
        """Hash of the rows that are left when those of the other, all among them, are gone."""
        return ContentHash(
            self.rows - other.rows, (self.lo - other.lo) % LANE, (self.hi - other.hi) % LANE
        )

    def hex(self) -> str:
        """Give the stored form: its tag, the rows and the two sums, in hexadecimal digits.

        >>> ContentHash(rows=26, lo=255, hi=1).hex()
        's1-1a-00000000000000ff-0000000000000001'
        """
        return f"{FORM}-{self.rows:x}-{self.lo:016x}-{self.hi:016x}"

    @staticmethod
    def from_hex(text: str) -> "ContentHash":
        """Read what `hex` gave.

        Raises:
            ValueError: The text is not a stored form.
        """
        found = STORED.match(text)
        if found is None:
            raise ValueError("not the stored form of a content hash")
        return ContentHash(*(int(each, 16) for each in found.groups()))


@dataclass(frozen=True)
class ColumnSeed:
    """What sets a column apart: added to each cell, and the odd factor of the second lane."""

    start: np.uint64
    factor: np.uint64


def hash_table(table: "pa.Table | pa.RecordBatch") -> ContentHash:
    """Hash the rows of a table.

    Raises:
        TypeError: For a column of another type than string, integer, float, boolean, date,
            datetime, or a list of these.
    """
    seeds = [seed_of(field.name, field.type) for field in table.schema]
    total = ContentHash()
    for batch in slices(table):
        total += hash_batch(batch, seeds)
    return total


def slices(table: "pa.Table | pa.RecordBatch") -> Iterator[pa.RecordBatch]:
    """Yield the rows in slices that fit the cache."""
    batches = table.to_batches() if isinstance(table, pa.Table) else [table]
    for batch in batches:
        for start in range(0, batch.num_rows, SLICE):
            yield batch.slice(start, SLICE)


def seed_of(name: str, kind: pa.DataType) -> ColumnSeed:
    """Derive a column's seed from its name and logical type."""
    text = f"{logical_type(kind)}\0{name}".encode()
    start, factor = np.frombuffer(blake2b(text, digest_size=16).digest(), "<u8")
    return ColumnSeed(start, factor | np.uint64(1))


def hash_batch(batch: pa.RecordBatch, seeds: list[ColumnSeed]) -> ContentHash:
    """Hash a few thousand rows."""
    lo = np.zeros(batch.num_rows, np.uint64)
    hi = np.zeros(batch.num_rows, np.uint64)
    for column, seed in zip(batch.columns, seeds, strict=True):
        cells = mix(hash_cells(column) + seed.start)
        lo += cells
        cells *= seed.factor
        hi += cells
    return ContentHash(batch.num_rows, int(mix(lo).sum()), int(mix(hi).sum()))
