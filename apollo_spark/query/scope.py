"""What a question may read: entities with their fields, from the tables and rows that are shown.

Every statement over entities reads them through `QueryScope.source`. It joins the tables of an
entity, gives columns their fields' names, and leaves out the rows that rules hide; a question
cannot reach a table in any other way.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from apollo_spark.model.dataset import TableSlice
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.guard import RowGuard
from apollo_spark.model.join_path import path_to
from apollo_spark.query.entity_source import EntitySource, Packs
from apollo_spark.query.sql import column, derived, labelled, table, typed_if_possible
from apollo_spark.records.row_guards import with_guards

if TYPE_CHECKING:
    from apollo_spark.model.filter import Filter
    from apollo_spark.query.cohorts.members import Members
    from apollo_spark.query.filters.measured import MeasuredValues

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
        label: Put before the names of tables, to tell those of a rule from others.
        measured: What assays measured, where a filter may ask for it.
        is_of_members: Whether the last rule shows the people of a cohort alone.
    """

    dictionary: DataDictionary
    slices: Slices = field(default_factory=dict)
    rules: "tuple[RuleScope, ...]" = ()
    suggests: bool = True
    label: str = ""
    is_of_members: bool = False
    measured: "MeasuredValues | None" = None

    def tables_of(self, entity: str) -> tuple[TableSlice, ...]:
        """Return the tables of an entity, the one with every row first."""
        return self.slices.get(entity) or (TableSlice(table=entity),)

    def source(
        self, entity: str, fields: Sequence[str], alias: str | None = None
    ) -> exp.Table | exp.Subquery:
        """Return what comes after FROM for an entity.

        Args:
            entity: The entity.
            fields: The fields that the statement mentions; they are its columns.
            alias: The name in the statement; by default that of the entity.
        """
        return EntitySource(self, entity, alias or entity).build(fields)

    def packed_source(
        self, entity: str, fields: Sequence[str], packed: Mapping[str, str]
    ) -> tuple[exp.Subquery, Packs]:
        """Return what comes after FROM for an entity of which very many fields are wanted.

        Those of one table and type travel as one array through all joins: what an engine plans
        grows with the tables then, not with the fields.

        Args:
            entity: The entity.
            fields: The fields that the statement mentions; they are columns.
            packed: The fields that it only hands on, each with a name of its type.
        """
        return EntitySource(self, entity, entity).build_packed(fields, packed)

    def located_source(
        self, entity: str, fields: Sequence[str], tables: Collection[int]
    ) -> tuple[exp.Table | exp.Subquery, Mapping[int, str]]:
        """Return what comes after FROM for an entity of which tables are read beside.

        Args:
            entity: The entity.
            fields: The fields that the statement mentions; they are columns.
            tables: The tables by their number; for each the column with the key of its row is
                returned.
        """
        return EntitySource(self, entity, entity).build_located(fields, tables)

    def key_of(self, entity: str, number: int) -> tuple[str, str]:
        """Return the column that tells the rows of a table apart, and the field it stands for."""
        return EntitySource(self, entity, entity).key_of(number)

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

    def only(self, members: "Members") -> "QueryScope":
        """Return the same with the people of a cohort alone, and what hangs from them.

        What is joined to nothing is not there: no row of it is any person's.
        """
        rule = RuleScope(self.dictionary.main_entity, self, shows=members)
        dictionary = self.dictionary
        if dictionary.unjoined:
            joined = (each for each in dictionary.entities if each.name not in dictionary.unjoined)
            dictionary = dictionary.model_copy(update={"entities": tuple(joined)})
        return replace(
            self,
            dictionary=dictionary,
            slices=with_guards(dictionary, self.tables_of, rule=len(self.rules)),
            rules=(*self.rules, rule),
            is_of_members=True,
        )

    def only_at_main(self) -> "QueryScope":
        """Return the same for questions whose rows are all joined to the main entity.

        Who is in a cohort is asked of the main entity alone then, and not of each entity again.
        """
        if not self.is_of_members:
            return self
        rule, main = len(self.rules) - 1, self.dictionary.main_entity
        others = self.guarded_by(lambda guard: guard.rule != rule)
        return replace(others, slices={**others.slices, main: self.slices[main]})

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
    """A rule on the rows of an entity, over the tables that it reads.

    Attributes:
        entity: The entity that is limited.
        scope: What the rule reads.
        shows: The filter that rows shown fulfil, or the cohort that they belong to.
        keys: The table of the keys that are taken out. A rule with neither takes out the values
            whose rows are all hidden by the guards of the rule's own tables.
        field: The field that holds such a key.
    """

    entity: str
    scope: QueryScope
    shows: "Filter | Members | None" = None
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
        if (found := self._member_keys(entity, field)) is not None:
            return found
        needed, limited = self._limits(entity)
        source = self.scope.source(entity, sorted({field, *needed}))
        found = exp.select(labelled(column(entity, field), KEY)).from_(source, copy=False)
        return limited(found)

    def _member_keys(self, entity: str, field: str) -> exp.Select | None:
        """Ask for the keys of the people of a cohort, if that is what is asked for."""
        if self.shows is None or entity != self.entity:
            return None
        from apollo_spark.query.cohorts.members import Members, main_key

        if not isinstance(self.shows, Members) or field != main_key(self.scope)[0]:
            return None
        return self.shows.keys(self.scope)

    def _limits(self, entity: str) -> tuple[tuple[str, ...], Callable[[exp.Select], exp.Select]]:
        """Return the fields of an entity that limit its rows, and what limits a query on it."""
        if entity == self.entity and self.shows is not None:
            # Only views and cohorts have filters in their rules.
            from apollo_spark.query.cohorts.members import Members, limited_by
            from apollo_spark.query.filters.sql import filter_rows

            if isinstance(self.shows, Members):
                return limited_by(self.shows, self.scope)

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


def _stands(value: exp.Expr, among: exp.Select, alias: str) -> exp.Exists:
    """Return whether a value is one of those that a question gives as `key`."""
    same = exp.EQ(this=column(alias, KEY), expression=value)
    found = exp.select(exp.Literal.number(1)).from_(derived(among, alias), copy=False)
    return exp.Exists(this=found.where(same, copy=False))
