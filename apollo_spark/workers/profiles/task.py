"""Count fields of a table that was written: what a task does, wherever it runs."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.workers.files.small_table import read_small_table
from apollo_spark.workers.profiles.counting import count_field
from apollo_spark.workers.profiles.links import NO_LINKS, OWN, Links, encode, follow
from apollo_spark.workers.profiles.spec import CODES, TEXT, CountedField

CELLS_READ = 8_000_000
"""Cells that are read together: 64 MB of numbers."""
ENCODED = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class HeldTable:
    """A table: its files, its columns and how many rows it has."""

    files: tuple[str, ...]
    schema: pa.Schema
    rows: int

    def read(self, columns: Sequence[str], encoded: Collection[str] = ()) -> pa.Table:
        """Return some columns of all rows.

        Args:
            columns: Their names.
            encoded: Those whose texts are wanted as places among those that are different: they
                mostly lie so in the files.
        """
        fields = [self.schema.field(each) for each in columns]
        return read_small_table(
            self.files,
            pa.schema(
                [
                    each.with_type(ENCODED)
                    if each.name in encoded and pa.types.is_string(each.type)
                    else each
                    for each in fields
                ]
            ),
        )

    def column(self, name: str) -> pa.Array:
        """Return one column of all rows."""
        return _whole(self.read([name]).column(0))


@dataclass(frozen=True)
class Step:
    """A step on the way from the people to the rows of a table.

    Attributes:
        above: The table that is nearer to the people.
        above_column: Its column.
        column: The column of the next table on the way that holds the same values.
    """

    above: HeldTable
    above_column: str
    column: str


@dataclass(frozen=True)
class CountedTable:
    """Fields of one table.

    Attributes:
        held: The table.
        key: Its column that tells to which row of the entity a row belongs; None where it has every
            row of the entity.
        columns: The column of each field.
        fields: The fields.
    """

    held: HeldTable
    key: str | None
    columns: tuple[str, ...]
    fields: tuple[CountedField, ...]


@dataclass(frozen=True)
class ProfileTask:
    """Fields of one entity.

    Attributes:
        first: The table with every row of the entity.
        key: Its column by which other tables are joined to it.
        tables: What is counted: several tables where each is small.
        way: From the people to the rows; without steps they are the people.
        is_joined: Whether anything joins the rows to people.
    """

    first: HeldTable
    key: str
    tables: tuple[CountedTable, ...]
    way: tuple[Step, ...] = ()
    is_joined: bool = True


def run_profile(task: ProfileTask) -> dict[str, Any]:
    """Count the fields of an entity (runs in a task)."""
    links, dangling, own = _links(task)
    is_further = any(each.key is not None for each in task.tables)
    keys = task.first.column(task.key) if is_further else None
    profiles = []
    for table in task.tables:
        known = {} if own is None or table.key is not None else {task.way[-1].column: own}
        profiles += [
            {"field": each.name, "kind": each.kind} | count_field(values, each, links)
            for each, values in zip(table.fields, _columns(table, keys, known), strict=True)
        ]
    return {"profiles": profiles, "dangling": dangling}


def _links(task: ProfileTask) -> tuple[Links, int, pa.Array | None]:
    """Return whose the rows are, how many refer to nothing, and what joins the rows to others."""
    if not task.way:
        return OWN if task.is_joined else NO_LINKS, 0, None
    links, dangling, own = OWN, 0, None
    for step, after in zip(task.way, (*task.way[1:], None), strict=True):
        above = step.above.column(step.above_column)
        own = encode((task.first if after is None else after.above).column(step.column), above)
        links = follow(own, above, links)
        dangling += links.dangling
    return links, dangling, own


def _columns(
    table: CountedTable, keys: pa.Array | None, known: Mapping[str, pa.Array]
) -> Iterator[pa.Array]:
    """Yield the values of each field in the order of the rows of the entity.

    Args:
        table: Has the fields.
        keys: The keys of the rows of the entity, where some table needs them.
        known: Columns that were read.
    """
    order = None
    pairs = zip(table.columns, table.fields, strict=True)
    encoded = {column for column, each in pairs if each.kind in (CODES, TEXT)}
    for number, columns in enumerate(_groups(table.columns, table.held)):
        wanted = [each for each in columns if each not in known]
        first = [] if table.key is None or number else [table.key]
        read = table.held.read([*first, *wanted], encoded)
        if first:
            order = _order(keys, _whole(read.column(0)))
        found = dict(zip(wanted, read.columns[len(first) :], strict=True))
        for each in columns:
            values = known[each] if each in known else _whole(found[each])
            yield values if order is None else values.take(order)


def _order(keys: pa.Array, home: pa.Array) -> pa.Array | None:
    """Return for each row of the entity its row in a further table; None where all are alike."""
    return None if keys.equals(home) else pc.index_in(keys, value_set=home, skip_nulls=True)


def _groups(columns: Sequence[str], table: HeldTable) -> Iterator[Sequence[str]]:
    step = max(CELLS_READ // max(table.rows, 1), 1)
    for start in range(0, len(columns), step):
        yield columns[start : start + step]


def _whole(column: pa.ChunkedArray) -> pa.Array:
    # A single chunk is not copied.
    chunks = [each for each in column.chunks if len(each)] or [pa.array([], column.type)]
    return chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks)
