"""Several questions about rows as one statement, whose rows say which of them they answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
from sqlglot import exp

from apollo_spark.model.field import FieldType
from apollo_spark.query.aggregates.rows import RowsNeeded, RowSources
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.sql import cast, labelled, literal, name

TILE, PART, FIRST, SECOND, COUNT = "tile", "part", "first", "second", "count"


@dataclass(frozen=True, slots=True)
class Found:
    """One row of an answer: up to two texts, a count, and numbers."""

    first: str | None
    second: str | None
    count: int
    numbers: tuple[float | None, ...]


Parts = Mapping[str, Sequence[Found]]
"""The rows of one tile by the part of its question that they answer."""
NOTHING: Parts = {}


@dataclass
class TileStatement:
    """Collects the parts of questions and writes them as one.

    Attributes:
        scope: What may be read.
        shares: Whether the parts share rows.
    """

    scope: QueryScope
    shares: bool
    _parts: list[tuple[exp.Select, Sequence[exp.Expr]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin without shared rows."""
        self._sources = RowSources(self.scope, shares=self.shares)

    def rows(self, asked: RowsNeeded) -> exp.Table | exp.Subquery:
        """Return rows as what comes after FROM."""
        return self._sources.read(asked)

    def add(
        self,
        tile: int,
        part: str,
        query: exp.Select,
        *,
        first: exp.Expr | None = None,
        second: exp.Expr | None = None,
        count: exp.Expr | None = None,
        numbers: Sequence[exp.Expr] = (),
        part_value: exp.Expr | None = None,
    ) -> None:
        """Add one part: a question without what is selected.

        Args:
            tile: The number of the tile.
            part: What the rows are called.
            query: FROM and what comes after it.
            first: A text.
            second: Another one.
            count: A whole number.
            numbers: Further numbers.
            part_value: What the rows are called where that is not the same for all.
        """
        # A column that no part fills has a type all the same: the first part says it.
        nothing = exp.Null() if self._parts else cast(exp.Null(), FieldType.STRING)
        columns = [
            labelled(exp.Literal.number(tile), TILE),
            labelled(part_value or literal(part), PART),
            labelled(nothing if first is None else first, FIRST),
            labelled(nothing.copy() if second is None else second, SECOND),
            labelled(exp.Literal.number(0) if count is None else count, COUNT),
        ]
        self._parts.append((query.select(*columns, copy=False), numbers))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked."""
        return not self._parts

    def build(self) -> exp.Query:
        """Return the statement."""
        width = max(len(numbers) for _, numbers in self._parts)
        parts = [
            _with_numbers(query, numbers, width, is_first=place == 0)
            for place, (query, numbers) in enumerate(self._parts)
        ]
        tree: exp.Query = parts[0]
        for each in parts[1:]:
            tree = exp.union(tree, each, distinct=False, copy=False)
        for shared, query in self._sources.shared():
            tree = tree.with_(name(shared), as_=query, copy=False)
        return tree


def _with_numbers(
    query: exp.Select, numbers: Sequence[exp.Expr], width: int, *, is_first: bool
) -> exp.Select:
    """Return a part with its numbers, and as many columns as the others have."""
    shown: list[exp.Expr] = [cast(each, FieldType.FLOAT) for each in numbers]
    nothing = cast(exp.Null(), FieldType.FLOAT) if is_first else exp.Null()
    shown += [nothing.copy() for _ in range(width - len(numbers))]
    named = (labelled(each, f"x{place}") for place, each in enumerate(shown))
    return query.select(*named, copy=False)


def read_parts(batches: Iterable[pa.RecordBatch]) -> dict[int, dict[str, list[Found]]]:
    """Return the answer of a statement by tile and part."""
    found: dict[int, dict[str, list[Found]]] = {}
    for batch in batches:
        columns = [each.to_pylist() for each in batch.columns]
        for tile, part, first, second, count, *numbers in zip(*columns, strict=True):
            row = Found(first, second, count, tuple(numbers))
            found.setdefault(tile, {}).setdefault(part, []).append(row)
    return found
