"""The tables of an entity as further tables of the entity that it becomes one with."""

from collections.abc import Callable
from dataclasses import dataclass

from apollo_spark.errors import UsageError
from apollo_spark.model.change import FieldLink
from apollo_spark.model.dataset import TableSlice, home_of, homes_of
from apollo_spark.model.dictionary import Entity
from apollo_spark.model.guard import RowGuard
from apollo_spark.records.changes.clashes import Renaming
from apollo_spark.records.content import Content

MakeGuard = Callable[[str], RowGuard]
"""Makes the guard of a table from its column that holds values of the link."""


@dataclass(frozen=True)
class JoinedTables:
    """The tables of an entity of a source that is joined to one of a target.

    Attributes:
        source: The source.
        entity: The entity.
        link: What joins it.
        renaming: What its fields become.
    """

    source: Content
    entity: Entity
    link: FieldLink
    renaming: Renaming

    @property
    def is_link_dropped(self) -> bool:
        """Whether the field of the link is that of the target, because it has the same name."""
        return self.renaming.fields.get(self.link.source_field) == self.link.target_field

    @property
    def need_guard(self) -> bool:
        """Whether further tables would be read past the first one, which says what rows there are.

        They are joined to the target's field then, because the source's own is dropped.
        """
        return self.is_link_dropped and self.link.source_field in map(self._key, self.tables[1:])

    @property
    def tables(self) -> tuple[TableSlice, ...]:
        """The tables as the source has them."""
        return self.source.tables_of(self.entity.name)

    def build(self, make_guard: MakeGuard | None) -> tuple[TableSlice, ...]:
        """Return the tables as the target has them.

        Args:
            make_guard: Gives the guard of further tables that are joined by the link.

        Raises:
            UsageError: The field of the link lies in a further table.
        """
        if home_of(self.tables, self.link.source_field) != 0:
            raise UsageError(
                f"{self.entity.name} cannot be joined by {self.link.source_field}.",
                why="The field lies in a further table of the entity.",
                fix="Keep two entities with --on-clash prefix:P, or link by the primary key.",
            )
        first, *others = self.tables
        column = first.column_of(self.link.source_field)
        built = [self._place(first, column, self.link.target_field)]
        for each in others:
            key = self._key(each)
            found = self._place(each, each.key or key, self._renamed(key))
            if make_guard is not None and key == self.link.source_field:
                guard = make_guard(found.key or key)
                found = found.model_copy(update={"guards": (*found.guards, guard)})
            built.append(found)
        return tuple(built)

    def _key(self, table: TableSlice) -> str:
        key = table.on or self.entity.primary_key
        assert key is not None, "an entity of several tables has a key"
        return key

    def _place(self, table: TableSlice, key: str, on: str) -> TableSlice:
        number = self.tables.index(table)
        homes = homes_of(self.tables)
        own = [each.name for each in self.entity.fields if homes.get(each.name, 0) == number]
        if self.is_link_dropped and self.link.source_field in own:
            own.remove(self.link.source_field)
        columns = {self._renamed(each): table.column_of(each) for each in own}
        return TableSlice(
            table=table.table,
            fields=tuple(columns),
            columns=tuple((field, column) for field, column in columns.items() if field != column),
            key=key,
            on=on,
            guards=table.guards,
        )

    def _renamed(self, field: str) -> str:
        return self.renaming.field(self.entity.name, field)
