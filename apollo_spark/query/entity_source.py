"""What comes after FROM for an entity: its tables joined by row, their guards, their columns."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from apollo_spark.model.dataset import TableSlice, homes_of
from apollo_spark.query.sql import column, derived, labelled, table

if TYPE_CHECKING:
    from apollo_spark.query.scope import QueryScope


Packs = Mapping[str, Sequence[str]]
"""The packed fields, in their order, by the column that holds them."""


class EntitySource:
    """Puts the tables of one entity together.

    Args:
        scope: What may be read.
        entity: The entity.
        alias: Its name in the statement.
    """

    def __init__(self, scope: "QueryScope", entity: str, alias: str) -> None:
        found = scope.dictionary.find_entity(entity)
        self._scope = scope
        self._alias = alias
        self._tables = scope.tables_of(entity)
        self._homes = homes_of(self._tables)
        self._primary_key = found.primary_key if found else None

    def build(self, fields: Sequence[str]) -> exp.Table | exp.Subquery:
        """Return a source with the columns of some fields."""
        homes = {each: self._home(each) for each in fields}
        first = self._tables[0]
        is_alone = self._needed_tables(set(homes.values())) == {0}
        if is_alone and not first.guards and not _renamed(first, fields):
            return table(self._table_name(first), self._alias)
        return self._joined(homes or {self._any_field: 0}, {}, {})

    def build_packed(
        self, fields: Sequence[str], packed: Mapping[str, str]
    ) -> tuple[exp.Subquery, Packs]:
        """Return a source with the columns of some fields, and packs of others by their table.

        Args:
            fields: The fields that are columns.
            packed: The type of each field of a pack; a pack has one type.
        """
        packs: dict[str, list[str]] = {}
        for each, type_ in packed.items():
            packs.setdefault(f"pack {self._home(each)} {type_}", []).append(each)
        held = {pack: self._home(fields[0]) for pack, fields in packs.items()}
        return self._joined({each: self._home(each) for each in fields}, packs, held), packs

    def build_located(
        self, fields: Sequence[str], tables: Collection[int]
    ) -> tuple[exp.Table | exp.Subquery, Mapping[int, str]]:
        """Return a source with the columns of some fields and with the keys of rows of tables.

        Args:
            fields: The fields that are columns.
            tables: The tables by their number.

        Returns:
            The source, and for each table the column that holds the key of its row.
        """
        # A row of a further table that is hidden has no key; else its key is the entity's own.
        own = {each: f"row {each}" for each in tables if each and self._tables[each].guards}
        keys = {each: own.get(each) or self._on(each) for each in tables}
        named = dict.fromkeys([*fields, *(keys[each] for each in tables if each not in own)])
        if not own:
            return self.build(tuple(named)), keys
        homes = {each: self._home(each) for each in named}
        held = {label: each for each, label in own.items()}
        return self._joined(homes, dict.fromkeys(held, ()), held), keys

    def key_of(self, number: int) -> tuple[str, str]:
        """Return the table's column that tells its rows apart, and the field it stands for."""
        on = self._on(number)
        each = self._tables[number]
        return (each.key or on) if number else each.column_of(on), on

    def _joined(
        self, homes: Mapping[str, int], packs: Packs, held: Mapping[str, int]
    ) -> exp.Subquery:
        """Join the tables of fields, and of packs of them, row by row."""
        used = self._needed_tables({*homes.values(), *held.values()})
        first = self._tables[0]
        values: list[exp.Expr] = [
            labelled(self._column(number, each), each) for each, number in homes.items()
        ]
        values += [column(self._name(number), pack) for pack, number in held.items()]
        mentioned = [*homes, *(self._on(number) for number in used - {0})]

        def source(number: int) -> exp.Table | exp.Subquery:
            own = [each for each in mentioned if self._home(each) == number]
            its = {pack: packs[pack] for pack, home in held.items() if home == number}
            return self._rows_of(number, own, its)

        query = exp.select(*values).from_(source(0), copy=False)
        for number in sorted(used - {0}):
            same = self._same_row(number)
            query = query.join(source(number), on=same, join_type="left outer", copy=False)
        for guard in first.guards:
            query = query.where(self._scope.guarded(guard, self._name(0)), copy=False)
        return derived(query, self._alias)

    def _home(self, field: str) -> int:
        return self._homes.get(field, 0)

    def _needed_tables(self, wanted: set[int]) -> set[int]:
        """Return the tables with those that lead to them."""
        found = {0}
        waiting = list(wanted)
        while waiting:
            number = waiting.pop()
            if number not in found:
                found.add(number)
                waiting.append(self._home(self._on(number)))
        return found

    def _on(self, number: int) -> str:
        on = self._tables[number].on or self._primary_key
        assert on is not None, "an entity of several tables has a key"
        return on

    def _same_row(self, number: int) -> exp.EQ:
        on = self._on(number)
        key = self._tables[number].key or on
        near = self._column(self._home(on), on)
        return exp.EQ(this=near, expression=column(self._name(number), key))

    def _rows_of(
        self, number: int, fields: Sequence[str], packs: Packs
    ) -> exp.Table | exp.Subquery:
        """Return the rows of one table; the guards of the first are those of the whole entity."""
        own = self._tables[number]
        guards = own.guards if number else ()
        if not guards and not packs:
            return table(self._table_name(own), self._name(number))
        alias = f"{self._name(number)} all"
        keys = [own.key or self._on(number)] if number else [each.column for each in own.guards]
        needed = dict.fromkeys([*keys, *map(own.column_of, fields)])
        query = exp.select(*(column(alias, each) for each in needed))
        for pack, packed in packs.items():
            values = [column(alias, own.column_of(each)) for each in packed]
            # What is packed without fields is the key of the row.
            value = exp.Array(expressions=values) if values else column(alias, keys[0])
            query = query.select(labelled(value, pack), copy=False)
        query = query.from_(table(self._table_name(own), alias), copy=False)
        for guard in guards:
            query = query.where(self._scope.guarded(guard, alias), copy=False)
        return derived(query, self._name(number))

    def _column(self, number: int, field: str) -> exp.Column:
        return column(self._name(number), self._tables[number].column_of(field))

    def _name(self, number: int) -> str:
        return f"{self._alias} {number}"

    def _table_name(self, each: TableSlice) -> str:
        return f"{self._scope.label}{each.table}"

    @property
    def _any_field(self) -> str:
        """A field that stands for the row where a statement mentions none."""
        if self._primary_key is not None:
            return self._primary_key
        return next(iter(self._tables[0].fields or ()))


def _renamed(each: TableSlice, fields: Sequence[str]) -> bool:
    return any(each.column_of(field) != field for field in fields)
