"""Add fields to an entity, 1:1 by its key, in tables of the dataset's own."""

from collections.abc import Mapping
from functools import cached_property

from apollo_spark.ingest.withdrawn_rows import Ask, GivenColumn
from apollo_spark.ingest.write import KeySets
from apollo_spark.model.dataset import TableSlice
from apollo_spark.model.pin import TablePin
from apollo_spark.query.keys import TARGET, count_lacking
from apollo_spark.tables.layout import cut_fields
from apollo_spark.verbs.extend.added import AddedTables
from apollo_spark.verbs.extend.column_groups import FieldTables, SliceFolding, fields_table
from apollo_spark.verbs.extend.keys import ADDED, WrittenExtension
from apollo_spark.verbs.extend.plan import KEY_UNMATCHED


class AddedFields(AddedTables):
    """New fields of an entity that is there."""

    @property
    def key(self) -> str:
        """The primary key of the entity."""
        return str(self.plan.entity.primary_key)

    def cut(self) -> tuple[tuple[str, ...], ...]:
        """Return the columns of each table: all but the last are full."""
        names = [each.name for each in self.plan.extension.fields]
        return tuple((self.key, *each) for each in cut_fields(names, self.plan.max_columns))

    def table_name(self, number: int) -> str:
        """Return a name that tells the version that the fields came with."""
        return self._name if number == 0 else f"{self._name}.{number + 1}"

    @cached_property
    def _name(self) -> str:
        # The number of the version: the heads of tables of versions before stay as they are.
        base = self.publication.base
        return self.free_name(f"{fields_table(self.entity)}{base.version + 1 if base else 1}")

    def find_hidden(self, given: Mapping[str, GivenColumn], ask: Ask) -> KeySets:
        """Return the keys of withdrawn rows."""
        return self.base_rows.hidden_values(
            given[self.key], self.entity, self.key, is_own=False, ask=ask
        )

    def find_strangers(self, pins: Mapping[str, TablePin]) -> KeySets:
        """Return the keys that the entity lacks."""
        target = self.entity, self.key
        return self.added_keys(pins).strangers(KEY_UNMATCHED, self.key, target)

    def count_missing(self, pins: Mapping[str, TablePin]) -> int:
        """Count the rows of the entity that the file lacks."""
        target = self.base_rows.shown.source(self.entity, [self.key], TARGET)
        return int(self.ask(count_lacking(target, self.key, ADDED, self.key), pins)[0].as_py())

    def arrange(self, written: WrittenExtension) -> FieldTables:
        """Put the new tables beside those that are there, and fold small ones."""
        added = [
            TableSlice(table=pin.table, fields=tuple(columns[1:]))
            for pin, columns in zip(written.pins, written.columns, strict=True)
        ]
        before = self.plan.content.tables_of(self.entity)
        entity = self.plan.joined_entity
        folding = SliceFolding(
            entity=entity,
            publication=self.publication,
            engine=self.work.engines.engine,
            pins=self.base_pins,
            max_columns=self.plan.max_columns,
        )
        return folding.fold(before, added, written.pins, name=f"{self._name}.folded")
