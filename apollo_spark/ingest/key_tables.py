"""The keys that a load wrote, and what is wrong with them: few are compared in memory.

To open an engine and to have it read some statements takes longer than to load a small study.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from apollo_spark.engines.base import Engine, TableFiles
from apollo_spark.engines.reading import read_rows
from apollo_spark.ingest.lookalikes import HeldColumn, KeyColumn
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.field import FieldType
from apollo_spark.model.pin import TablePin
from apollo_spark.tables.keys import KeyCheck

FEW = 200_000
"""Rows of a load whose keys are compared in memory at most (`docs/decisions/test-time.md`)."""
EXACT = (FieldType.STRING, FieldType.INTEGER)
"""Types of which two values are equal to Arrow just when they are to every engine."""


class KeyTables(ABC):
    """Columns of keys of written, unpublished tables."""

    @abstractmethod
    def broken(self, check: KeyCheck) -> pa.Array:
        """Return the values that break a rule, each once and in ascending order."""

    @abstractmethod
    def column(self, entity: str, name: str) -> KeyColumn:
        """Return a column of texts."""


@dataclass(frozen=True)
class HeldKeys(KeyTables):
    """Keys that are read from their files.

    Attributes:
        files: Where the tables are.
        pins: The tables, by the names of the entities.
        columns: All columns of keys of each entity, which are read in one go.
    """

    files: TableFiles
    pins: Mapping[str, TablePin]
    columns: Mapping[str, Sequence[str]]
    _read: dict[str, pa.Table] = field(default_factory=dict)

    def broken(self, check: KeyCheck) -> pa.Array:
        """Compare them."""
        values = self._values(check.entity, check.column)
        if check.target_entity is not None and check.target_column is not None:
            target = self._values(check.target_entity, check.target_column)
            found = values.filter(pc.invert(pc.is_in(values, value_set=target))).unique()
        else:
            times = values.value_counts()
            found = times.field("values").filter(pc.greater(times.field("counts"), 1))
        return found.take(pc.array_sort_indices(found))

    def column(self, entity: str, name: str) -> KeyColumn:
        """Return a column that is in memory."""
        return HeldColumn(self._values(entity, name))

    def _values(self, entity: str, name: str) -> pa.Array:
        if entity not in self._read:
            self._read[entity] = read_rows(self.files, self.pins[entity], self.columns[entity])
        return self._read[entity].column(name).combine_chunks().drop_null()


@contextmanager
def open_keys(
    dictionary: DataDictionary,
    checks: Iterable[KeyCheck],
    pins: Mapping[str, TablePin],
    engine: Engine,
    rows: int,
) -> Iterator[KeyTables]:
    """Give the keys of some checks.

    Args:
        dictionary: The fields that the checks are about.
        checks: All of them.
        pins: The tables, by the names of the entities.
        engine: Who is asked where there are many, or where only an engine reads them.
        rows: How many rows all tables have.
    """
    columns = key_columns(checks)
    if engine.files is not None and rows <= FEW and _are_exact(dictionary, columns):
        yield HeldKeys(engine.files, pins, columns)
        return
    # Questions are in SQL, which takes longer to load than the rest of a small load.
    from apollo_spark.ingest.queried_keys import QueriedKeys

    with engine.over(pins) as asked:
        yield QueriedKeys(asked, pins)


def key_columns(checks: Iterable[KeyCheck]) -> dict[str, list[str]]:
    """Return the columns that some checks read, by entity."""
    found: dict[str, list[str]] = {}
    for each in checks:
        ends = ((each.entity, each.column), (each.target_entity, each.target_column))
        for entity, name in ends:
            if entity is not None and name is not None:
                found.setdefault(entity, []).append(name)
    return {entity: sorted(set(names)) for entity, names in found.items()}


def _are_exact(dictionary: DataDictionary, columns: Mapping[str, Sequence[str]]) -> bool:
    specs = (
        entity.find_field(name)
        for entity in dictionary.entities
        for name in columns.get(entity.name, ())
    )
    return all(each is not None and each.type in EXACT for each in specs)
