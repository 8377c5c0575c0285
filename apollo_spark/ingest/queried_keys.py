"""Keys of which an engine is asked, where they are too many to be held, or stored already."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
from sqlglot import exp

from apollo_spark.engines.base import Engine
from apollo_spark.ingest.key_tables import KeyTables
from apollo_spark.ingest.lookalikes import KeyColumn
from apollo_spark.model.pin import TablePin
from apollo_spark.query.keys import repeated_keys, unresolved_keys
from apollo_spark.query.lookalikes import SOURCE, all_keys, maybe_odd_keys
from apollo_spark.query.sql import table
from apollo_spark.tables.keys import KeyCheck

Ask = Callable[[exp.Query], pa.RecordBatchReader]
"""Answers a question."""
Source = Callable[[str], exp.Table | exp.Subquery]
"""Gives what comes after FROM, under an alias."""


@dataclass(frozen=True)
class QueriedColumn(KeyColumn):
    """One of which questions are asked."""

    ask: Ask
    source: Source
    field: str

    def maybe_odd(self) -> Iterable[pa.Array]:
        """Ask for them."""
        return self._answer(maybe_odd_keys)

    def keys(self) -> Iterable[pa.Array]:
        """Ask for all of them."""
        return self._answer(all_keys)

    def _answer(self, question: Callable[..., exp.Select]) -> Iterator[pa.Array]:
        tree = question(self.source(SOURCE), self.field)
        return (batch.column(0) for batch in self.ask(tree))


@dataclass(frozen=True)
class QueriedKeys(KeyTables):
    """Keys of which an engine is asked."""

    engine: Engine
    pins: Mapping[str, TablePin]

    def broken(self, check: KeyCheck) -> pa.Array:
        """Ask for them."""
        if check.target_entity is not None and check.target_column is not None:
            target = check.target_entity, check.target_column
            tree: exp.Query = unresolved_keys(check.entity, check.column, *target)
        else:
            tree = repeated_keys(check.entity, check.column)
        return self._ask(tree).read_all().column(0).combine_chunks()

    def column(self, entity: str, name: str) -> KeyColumn:
        """Return a column that is asked for."""
        return QueriedColumn(self._ask, partial(table, entity), name)

    def _ask(self, tree: exp.Query) -> pa.RecordBatchReader:
        return self.engine.run(tree, self.pins)
