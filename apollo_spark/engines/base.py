"""What every engine does: answer a SQL tree over pinned tables, as Arrow batches."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, ClassVar, Protocol

import pyarrow as pa

from apollo_spark.model.pin import TablePin

if TYPE_CHECKING:
    # A small load asks no question, and this takes a fifth of its time to load.
    from sqlglot import exp


class Engine(Protocol):
    """Answers questions about pinned tables.

    Whichever engine answers, the rows are equal, and so are their types: string, int64, float64,
    date32, timestamp of microseconds in UTC, bool, and lists of these.

    Attributes:
        packs_fields: Whether very many fields are asked of it in packs, a column for each table.
    """

    packs_fields: ClassVar[bool]

    @property
    def files(self) -> "TableFiles | None":
        """Where this process reads the tables itself; None where only the engine can."""
        ...

    def run(self, tree: "exp.Query", pins: Mapping[str, TablePin]) -> pa.RecordBatchReader:
        """Answer a question; read all batches or close the reader.

        Args:
            tree: The question; its tables go by the names of the pins.
            pins: Pin by table name.
        """
        ...

    def over(self, pins: Mapping[str, TablePin], /) -> AbstractContextManager["Engine"]:
        """Give an engine for several questions about the same tables, each of which starts sooner.

        Args:
            pins: The tables of all the questions, which the questions are given as well.
        """
        ...


class TableFiles(Protocol):
    """Where the rows of a pinned table are."""

    def files(self, pin: TablePin) -> Sequence[str]:
        """Return the full paths of the data files of exactly the pinned version."""
        ...

    def schema(self, pin: TablePin) -> pa.Schema:
        """Return the columns of the pinned version."""
        ...


def names_in(tree: "exp.Query") -> frozenset[str] | None:
    """Return the names that a question mentions, among them those of all columns that it reads.

    None stands for every column: the question does not name them.
    """
    from sqlglot import exp

    found = set()
    for each in tree.walk():
        if isinstance(each, exp.Identifier):
            found.add(each.name)
        elif isinstance(each, exp.Star) and not isinstance(each.parent, exp.Count):
            return None
    return frozenset(found)


def normal_type(type_: pa.DataType) -> pa.DataType:
    """Return the one type that stands for all spellings of a type."""
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return pa.list_(pa.field("element", normal_type(type_.value_type)))
    if pa.types.is_timestamp(type_):
        return pa.timestamp("us", tz="UTC")
    if pa.types.is_large_string(type_) or pa.types.is_null(type_):
        return pa.string()
    if pa.types.is_integer(type_):
        return pa.int64()
    return pa.float64() if pa.types.is_floating(type_) else type_


def normalize(schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> pa.RecordBatchReader:
    """Return batches in the normal types, each cast when it is read."""
    normal = pa.schema([pa.field(each.name, normal_type(each.type)) for each in schema])
    return pa.RecordBatchReader.from_batches(normal, (each.cast(normal) for each in batches))
