"""Add an entity that refers to one that is there, or to none where a policy allows it."""

from collections.abc import Mapping

from apollo_spark.ingest.withdrawn_rows import Ask, GivenColumn
from apollo_spark.ingest.write import KeySets
from apollo_spark.model.dataset import TableSlice
from apollo_spark.model.dictionary import Relation, Relationship
from apollo_spark.model.pin import TablePin
from apollo_spark.query.keys import TARGET, count_lacking, repeated_keys
from apollo_spark.tables.layout import cut_entity
from apollo_spark.verbs.extend.added import AddedTables
from apollo_spark.verbs.extend.column_groups import FieldTables
from apollo_spark.verbs.extend.keys import ADDED, WrittenExtension


class AddedEntity(AddedTables):
    """A new entity with its rows."""

    @property
    def relation(self) -> Relation | None:
        """How its rows refer to those that are there; None where they are joined to nothing."""
        return next(iter(self.plan.extension.relations), None)

    def cut(self) -> tuple[tuple[str, ...], ...]:
        """Return the columns of each table; a narrow entity has one."""
        return cut_entity(self.plan.extension.relations, self.plan.entity, self.plan.max_columns)

    def table_name(self, number: int) -> str:
        """Return a name that no table of the dataset has."""
        name = self.free_name(self.entity)
        return name if number == 0 else f"{name}.{number + 1}"

    def find_hidden(self, given: Mapping[str, GivenColumn], ask: Ask) -> KeySets:
        """Return references to withdrawn rows."""
        to = self.relation
        if to is None:
            return {}
        column = given[to.from_field]
        return self.base_rows.hidden_values(
            column, to.to_entity, to.to_field, is_own=False, ask=ask
        )

    def find_strangers(self, pins: Mapping[str, TablePin]) -> KeySets:
        """Return references to nothing, and those that occur more often than they may."""
        relation = self.relation
        if relation is None:
            return {}
        target = relation.to_entity, relation.to_field
        keys = self.added_keys(pins)
        found = keys.strangers("reference_resolves", relation.from_field, target)
        if relation.relationship is Relationship.ONE_TO_ONE and not self._is_own(relation):
            repeated = self.ask(repeated_keys(ADDED, relation.from_field), pins)
            found["reference_cardinality", relation.from_field] = repeated
        return found

    def _is_own(self, relation: Relation) -> bool:
        return self.plan.entity.primary_key == relation.from_field

    def count_missing(self, pins: Mapping[str, TablePin]) -> int:
        """Count the rows that no added row refers to."""
        relation = self.relation
        if relation is None:
            return 0
        target = self.base_rows.shown.source(relation.to_entity, [relation.to_field], TARGET)
        tree = count_lacking(target, relation.to_field, ADDED, relation.from_field)
        return int(self.ask(tree, pins)[0].as_py())

    def arrange(self, written: WrittenExtension) -> FieldTables:
        """Return the tables as they were written."""
        slices = [
            TableSlice(table=pin.table, fields=None if number == 0 else tuple(columns[1:]))
            for number, (pin, columns) in enumerate(zip(written.pins, written.columns, strict=True))
        ]
        return FieldTables(tuple(slices), written.pins)
