"""What a question may read: entities with their fields, from the tables and rows that are shown.

Every statement over entities reads them through `QueryScope.source`. It joins the tables of an
entity, gives columns their fields' names, and leaves out the rows that rules hide; a question
cannot reach a table in any other way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlglot import exp

from apollo_spark.dataset.join_path import path_to
from apollo_spark.model.dataset import TableSlice, homes_of
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.filter import Filter
from apollo_spark.model.guard import RowGuard
from apollo_spark.query.filter_sql import filter_rows
from apollo_spark.query.sql import column, derived, labelled, table, typed_if_possible

Slices = Mapping[str, tuple[TableSlice, ...]]
"""The tables of each entity; an entity that is not named is one table of its own name."""

KEY = "key"
"""The one column of a table of keys."""


@dataclass(frozen=True)
class QueryScope:
    """The entities that a question may read.

    Attributes:
        dictionary: Entities, fields, relations, codings.
        slices: The tables of each entity.
        rules: What the guards of the tables refer to, by number.
        suggests: Whether a name that is not there is answered with a like one that is.
        label: Stands before the names of tables, so that those of a rule are told from others.
    """

    dictionary: DataDictionary
    slices: Slices = field(default_factory=dict)
    rules: "tuple[RuleScope, ...]" = ()
    suggests: bool = True
    label: str = ""

    def tables_of(self, entity: str) -> tuple[TableSlice, ...]:
        """Return the tables of an entity, the one with every row first."""
        return self.slices.get(entity) or (TableSlice(table=entity),)

    def source(
        self, entity: str, fields: Sequence[str], alias: str | None = None
    ) -> exp.Table | exp.Subquery:
        """Return what stands after FROM for an entity.

        Args:
            entity: The entity.
            fields: The fields that the statement mentions; they are its columns.
            alias: The name in the statement; by default that of the entity.
        """
        return _Source(self, entity, alias or entity).build(fields)

    def unguarded(self) -> "QueryScope":
        """Return the same with all rows, for questions whose answer hides what guards hide."""
        return self.guarded_by(lambda _: False)

    def guarded_by(self, keeps: Callable[[RowGuard], bool]) -> "QueryScope":
        """Return the same with some of the guards alone."""
        return replace(
            self,
            slices={
                entity: tuple(
                    each.model_copy(update={"guards": tuple(filter(keeps, each.guards))})
                    for each in tables
                )
                for entity, tables in self.slices.items()
            },
        )

    def guarded(self, guard: RowGuard, alias: str) -> exp.Expr:
        """Return the condition under which a row of a guarded table, under an alias, is shown."""
        rule = self.rules[guard.rule]
        value = column(alias, guard.column)
        if rule.shows is not None:
            meant = rule.meant(guard.entity, guard.field)
            return exp.In(this=value, query=exp.Subquery(this=meant))
        if rule.keys is not None:
            taken = rule.meant(guard.entity, guard.field)
            return exp.Not(this=_stands(value, taken, f"taken {guard.rule}"))
        everything = rule.scope.unguarded().values(guard.entity, guard.field)
        left = rule.scope.values(guard.entity, guard.field)
        has_none = exp.Not(this=_stands(value, everything, f"all {guard.rule}"))
        stays = _stands(value.copy(), left, f"left {guard.rule}")
        return exp.paren(exp.or_(has_none, stays, copy=False), copy=False)

    def values(self, entity: str, field: str) -> exp.Select:
        """Ask for the values of a field, as `key`, in the rows of an entity that are shown."""
        source = self.source(entity, [field])
        return exp.select(labelled(column(entity, field), KEY)).from_(source, copy=False)


@dataclass(frozen=True)
class RuleScope:
    """A rule on the rows of an entity, over the tables that it stands on.

    Attributes:
        entity: The entity that is limited.
        scope: What the rule reads.
        shows: The filter that rows shown fulfil.
        keys: The table of the keys that are taken out. A rule with neither takes out the values
            whose rows are all hidden by the guards of the rule's own tables.
        field: The field that holds such a key.
    """

    entity: str
    scope: QueryScope
    shows: Filter | None = None
    keys: str | None = None
    field: str | None = None

    @property
    def hides(self) -> bool:
        """Whether there is anything that the rule could hide."""
        if self.shows is not None or self.keys is not None:
            return True
        return any(each.guards for tables in self.scope.slices.values() for each in tables)

    def meant(self, entity: str, field: str) -> exp.Select:
        """Ask for the values of a field, as `key`, in the rows that are shown, or taken out."""
        if self.keys is not None and (entity, field) == (self.entity, self.field):
            return self._taken(self.keys)
        needed, limited = self._limits(entity)
        source = self.scope.source(entity, sorted({field, *needed}))
        found = exp.select(labelled(column(entity, field), KEY)).from_(source, copy=False)
        return limited(found)

    def _limits(self, entity: str) -> tuple[tuple[str, ...], Callable[[exp.Select], exp.Select]]:
        """Return the fields of an entity that limit its rows, and what limits a query on it."""
        if entity == self.entity and self.shows is not None:
            found = self.scope.dictionary.find_entity(entity)
            names = tuple(each.name for each in found.fields) if found else ()
            return names, filter_rows(self.shows, self.scope, main_alias=entity).kept_in
        condition, names = self._condition(entity)
        return names, lambda query: query.where(condition, copy=False)

    def _condition(self, entity: str) -> tuple[exp.Expr, tuple[str, ...]]:
        if entity != self.entity:
            step = path_to(self.scope.dictionary, entity)[-1]
            above = self.meant(step.parent, step.parent_field)
            value = column(entity, step.field)
            return exp.In(this=value, query=exp.Subquery(this=above)), (step.field,)
        assert self.keys is not None, "a rule has a filter or keys"
        assert self.field is not None, "keys are those of a field"
        taken = exp.Subquery(this=self._taken(self.keys))
        return exp.In(this=column(entity, self.field), query=taken), (self.field,)

    def _taken(self, keys: str) -> exp.Select:
        """Ask for the keys, in the type that their field has here: versions may differ in it."""
        found = self.scope.dictionary.find_entity(self.entity)
        spec = found.find_field(self.field or "") if found else None
        key: exp.Expr = column(keys, KEY)
        if spec is not None:
            key = typed_if_possible(key, spec.type)
        return exp.select(labelled(key, KEY)).from_(table(keys), copy=False)


class _Source:
    """Puts the tables of one entity together."""

    def __init__(self, scope: QueryScope, entity: str, alias: str) -> None:
        found = scope.dictionary.find_entity(entity)
        self._scope = scope
        self._alias = alias
        self._tables = scope.tables_of(entity)
        self._homes = homes_of(self._tables)
        self._primary_key = found.primary_key if found else None

    def build(self, fields: Sequence[str]) -> exp.Table | exp.Subquery:
        homes = {each: self._home(each) for each in fields}
        used = self._needed_tables(set(homes.values()))
        first = self._tables[0]
        if used == {0} and not first.guards and not _renamed(first, fields):
            return table(self._table_name(first), self._alias)
        values = [
            labelled(self._column(number, each), each)
            for each, number in (homes or {self._any_field: 0}).items()
        ]
        query = exp.select(*values)
        query = query.from_(table(self._table_name(first), self._name(0)), copy=False)
        mentioned = [*homes, *(self._on(number) for number in used - {0})]
        for number in sorted(used - {0}):
            far = self._far(number, [each for each in mentioned if self._home(each) == number])
            query = query.join(far, on=self._same_row(number), join_type="left outer", copy=False)
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

    def _far(self, number: int, fields: Sequence[str]) -> exp.Table | exp.Subquery:
        far = self._tables[number]
        if not far.guards:
            return table(self._table_name(far), self._name(number))
        alias = f"{self._name(number)} all"
        needed = dict.fromkeys([far.key or self._on(number), *map(far.column_of, fields)])
        query = exp.select(*(column(alias, each) for each in needed))
        query = query.from_(table(self._table_name(far), alias), copy=False)
        for guard in far.guards:
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


def _stands(value: exp.Expr, among: exp.Select, alias: str) -> exp.Exists:
    """Return whether a value is one of those that a question gives as `key`."""
    same = exp.EQ(this=column(alias, KEY), expression=value)
    found = exp.select(exp.Literal.number(1)).from_(derived(among, alias), copy=False)
    return exp.Exists(this=found.where(same, copy=False))


def _renamed(each: TableSlice, fields: Sequence[str]) -> bool:
    return any(each.column_of(field) != field for field in fields)
