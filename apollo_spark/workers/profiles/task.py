"""Count fields of a table that was written: what a task does, wherever it runs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.workers.files.small_table import read_small_table
from apollo_spark.workers.profiles.counting import count_field
from apollo_spark.workers.profiles.links import NO_LINKS, OWN, Links, follow
from apollo_spark.workers.profiles.spec import CountedField

CELLS_READ = 8_000_000
"""Cells that are read together: 64 MB of numbers."""


@dataclass(frozen=True)
class HeldTable:
    """A table: its files, its columns and how many rows it has."""

    files: tuple[str, ...]
    schema: pa.Schema
    rows: int

    def read(self, columns: Sequence[str]) -> pa.Table:
        """Return some columns of all rows."""
        return read_small_table(self.files, pa.schema([self.schema.field(e) for e in columns]))

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
class ProfileTask:
    """Fields of one table.

    Attributes:
        first: The table with every row of the entity.
        home: The table that holds the fields.
        keys: The columns of both that tell to which row a row belongs; None where they are one.
        columns: The column of each field.
        fields: The fields.
        way: From the people to the rows; without steps they are the people.
        is_joined: Whether anything joins the rows to people.
    """

    first: HeldTable
    home: HeldTable
    keys: tuple[str, str] | None
    columns: tuple[str, ...]
    fields: tuple[CountedField, ...]
    way: tuple[Step, ...] = ()
    is_joined: bool = True


def run_profile(task: ProfileTask) -> dict[str, Any]:
    """Count the fields of a table (runs in a task)."""
    own = task.first.column(task.way[-1].column) if task.way else None
    links, dangling = _links(task, own)
    known = {task.way[-1].column: own} if task.way and task.keys is None else {}
    profiles = [
        {"field": each.name, "kind": each.kind} | count_field(values, each, links)
        for each, values in zip(task.fields, _columns(task, known), strict=True)
    ]
    return {"profiles": profiles, "dangling": dangling}


def _links(task: ProfileTask, own: pa.Array | None) -> tuple[Links, int]:
    """Return whose the rows are, and how many refer to nothing.

    Args:
        task: Has the way from the people to the rows.
        own: The last column on the way, if there is a way.
    """
    if own is None:
        return OWN if task.is_joined else NO_LINKS, 0
    links, dangling = OWN, 0
    for step, after in zip(task.way, (*task.way[1:], None), strict=True):
        values = own if after is None else after.above.column(step.column)
        links = follow(values, step.above.column(step.above_column), links)
        dangling += links.dangling
    return links, dangling


def _columns(task: ProfileTask, known: Mapping[str, pa.Array]) -> Iterator[pa.Array]:
    """Yield the values of each field in the order of the rows of the entity."""
    order = None if task.keys is None else _order(task, *task.keys)
    for columns in _groups(task.columns, task.home):
        table = task.home.read([each for each in columns if each not in known])
        for each in columns:
            values = known[each] if each in known else _whole(table.column(each))
            yield values if order is None else values.take(order)


def _order(task: ProfileTask, first_key: str, home_key: str) -> pa.Array | None:
    """Return for each row of the entity its row in a further table; None where all are alike."""
    keys, home = task.first.column(first_key), task.home.column(home_key)
    return None if keys.equals(home) else pc.index_in(keys, value_set=home, skip_nulls=True)


def _groups(columns: Sequence[str], table: HeldTable) -> Iterator[Sequence[str]]:
    step = max(CELLS_READ // max(table.rows, 1), 1)
    for start in range(0, len(columns), step):
        yield columns[start : start + step]


def _whole(column: pa.ChunkedArray) -> pa.Array:
    # A single chunk is not copied.
    chunks = [each for each in column.chunks if len(each)] or [pa.array([], column.type)]
    return chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks)
