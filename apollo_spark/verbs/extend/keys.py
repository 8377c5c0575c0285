"""Keys of added rows that nothing stored has."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
from sqlglot import exp

from apollo_spark.engines.base import Engine
from apollo_spark.ingest.check import add_faults
from apollo_spark.ingest.lookalikes import find_meant
from apollo_spark.ingest.queried_keys import QueriedColumn
from apollo_spark.ingest.write import KeySets, WrittenEntity
from apollo_spark.model.pin import TablePin
from apollo_spark.model.policy import Policy
from apollo_spark.query.keys import TARGET, unresolved_in
from apollo_spark.query.scope import QueryScope
from apollo_spark.tables.keys import KeyCheck

ADDED = "added rows"
"""The name under which questions read what was written."""


@dataclass(frozen=True)
class WrittenExtension:
    """What the tasks wrote: the rows, and the tables that hold them with their columns."""

    rows: WrittenEntity
    pins: tuple[TablePin, ...]
    columns: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class AddedKeys:
    """Added rows beside what is there.

    Attributes:
        entity: Their entity.
        shown: What is there.
        engine: Who answers.
        pins: Both.
        policy: What each rule does.
    """

    entity: str
    shown: QueryScope
    engine: Engine
    pins: Mapping[str, TablePin]
    policy: Policy

    def strangers(self, rule: str, field: str, target: tuple[str, str]) -> KeySets:
        """Return the values of a field that are not in the field that they refer to.

        Those that look like one that is there are reported as such.

        Args:
            rule: The rule that they break.
            field: The added field.
            target: Entity and field that they refer to.
        """
        entity, name = target

        def source(alias: str) -> exp.Table | exp.Subquery:
            return self.shown.source(entity, [name], alias)

        tree = unresolved_in(ADDED, field, source(TARGET), name)
        values = self._ask(tree).read_all().column(0).combine_chunks()
        check = KeyCheck(
            rule=rule, entity=self.entity, column=field, target_entity=entity, message=""
        )
        found: KeySets = {}
        alike = find_meant(values, QueriedColumn(self._ask, source, name))
        add_faults(found, check, values, alike, self.policy)
        return found

    def _ask(self, tree: exp.Query) -> pa.RecordBatchReader:
        return self.engine.run(tree, self.pins)
