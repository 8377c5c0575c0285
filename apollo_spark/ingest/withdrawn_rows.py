"""Rows of a delivery that are of withdrawn people: they are left out, and reported as one number.

What is withdrawn counts as not there: no count, check or refusal may show it. A delivery may
still bring rows of such a person, under keys that are stored and hidden, or referring to them.
A key that only looks like a hidden one is taken for it: it brings nobody back as somebody new.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Protocol

import pyarrow as pa
from sqlglot import exp

from apollo_spark.engines.tasks import TaskRunner
from apollo_spark.ingest.check import NO_LIMIT
from apollo_spark.ingest.lookalikes import KeyColumn, find_hidden_lookalikes, joined
from apollo_spark.ingest.plan import PlannedEntity
from apollo_spark.ingest.queried_keys import QueriedColumn
from apollo_spark.ingest.write import Excluded, KeySets, collect_places
from apollo_spark.lake.lake import Lake
from apollo_spark.lake.opened import OpenDataset
from apollo_spark.lake.withdrawing import KEY
from apollo_spark.model.dataset import DatasetRecord
from apollo_spark.model.field import FieldType
from apollo_spark.model.guard import RowGuard
from apollo_spark.model.pin import TablePin
from apollo_spark.query.keys import values_of_hidden
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.sql import column, table, typed_if_possible
from apollo_spark.records.field_link import find_spec
from apollo_spark.tables.keys import parent_references

WITHDRAWN = "withdrawn"
"""What takes the place of a rule where lines of such rows are looked for."""


@dataclass(frozen=True)
class GivenColumn:
    """A column of rows that were given and are written: its field, its table and its name there."""

    field: str
    table: str
    column: str


class Ask(Protocol):
    """Answers a question of one column over what is there, what was given and further pins."""

    def __call__(self, tree: exp.Query, more: Mapping[str, TablePin]) -> pa.Array:
        """Return the column."""


@dataclass(frozen=True)
class BaseRows:
    """A version as it is, with the rows of withdrawn people and without them.

    Attributes:
        lake: Where it lies.
        base: The version.
    """

    lake: Lake
    base: DatasetRecord

    @cached_property
    def opened(self) -> OpenDataset:
        """The version as it is read now."""
        return self.lake.open_record(self.base)

    @cached_property
    def shown(self) -> QueryScope:
        """All rows that may be known of; what only withdrawn rows refer to may be met again."""
        return self.opened.scope.guarded_by(lambda each: self._is_old(each) or self._takes(each))

    @cached_property
    def own(self) -> QueryScope:
        """The same with the rows that rules of the version itself hide, for its own tables."""
        return self.opened.scope.guarded_by(self._takes)

    def hidden_in(
        self, entity: str, given: Mapping[str, GivenColumn], *, is_own: bool, ask: Ask
    ) -> KeySets:
        """Return the values given that are of withdrawn people, by field.

        Args:
            entity: The entity of the rows.
            given: Where each field given is.
            is_own: Whether the dataset owns the rows of the entity.
            ask: Answers questions.
        """
        if not self.lake.withdrawals():
            return {}
        found: KeySets = {}
        for field, owner, target in self._meanings(entity):
            if field in given:
                whole = is_own and owner == entity
                found |= self.hidden_values(given[field], owner, target, is_own=whole, ask=ask)
        return found

    def hidden_values(
        self, given: GivenColumn, entity: str, field: str, *, is_own: bool, ask: Ask
    ) -> KeySets:
        """Return the values of one column that mean withdrawn rows by a field of an entity."""
        if not self.lake.withdrawals():
            return {}
        scopes = (self._stored(), self.shown)
        if is_own:
            scopes = (self.opened.scope.unguarded(), self.own)
        values = ask(*self._hidden(given, entity, field, scopes))
        spec = find_spec(self.opened.dictionary, entity, field)
        if spec is not None and spec.type is FieldType.STRING and pa.types.is_string(values.type):
            values = joined(values, self._alike(given, entity, field, scopes, ask))
        return {(WITHDRAWN, given.field): values} if len(values) else {}

    def _meanings(self, entity: str) -> Iterator[tuple[str, str, str]]:
        """Yield fields that tell whose a row is, each with the entity and field that it means."""
        dictionary = self.opened.dictionary
        found = dictionary.find_entity(entity)
        if found is not None and found.primary_key is not None:
            yield found.primary_key, entity, found.primary_key
        towards = parent_references(dictionary)
        for each in dictionary.tree_relations:
            if each.from_entity == entity and (entity, each.from_field) in towards:
                yield each.from_field, each.to_entity, each.to_field

    def _hidden(
        self,
        given: GivenColumn,
        entity: str,
        field: str,
        scopes: tuple[QueryScope, QueryScope],
    ) -> tuple[exp.Select, dict[str, TablePin]]:
        pins: dict[str, TablePin] = {}
        taken: list[tuple[exp.Table, exp.Expr]] = []
        spec = find_spec(self.opened.dictionary, entity, field)
        for number, each in enumerate(self._keys_of(entity, field)):
            name = f"{WITHDRAWN} {number}"
            pins[name] = each.model_copy(update={"table": name})
            key = column(name, KEY)
            taken.append((table(name, name), typed_if_possible(key, spec.type) if spec else key))
        stored, shown = (each.source(entity, [field], "target") for each in scopes)
        tree = values_of_hidden(
            given.table, given.column, stored=stored, shown=shown, field=field, taken=taken
        )
        return tree, pins

    def _alike(
        self,
        given: GivenColumn,
        entity: str,
        field: str,
        scopes: tuple[QueryScope, QueryScope],
        ask: Ask,
    ) -> pa.Array:
        """Return the values that look like those of withdrawn rows, and mean no row shown."""

        def read(tree: exp.Query) -> pa.RecordBatchReader:
            return pa.table({KEY: ask(tree, {})}).to_reader()

        def column_of(scope: QueryScope) -> KeyColumn:
            return QueriedColumn(read, lambda alias: scope.source(entity, [field], alias), field)

        own = QueriedColumn(read, partial(table, given.table), given.column)
        stored, shown = map(column_of, scopes)
        return find_hidden_lookalikes(own, stored, shown, self._taken(entity, field))

    def _taken(self, entity: str, field: str) -> pa.Array:
        """Return the keys withdrawn from an entity as texts, if the field is what they name."""
        location = self._location_of(entity, field)
        return pa.array([], pa.string()) if location is None else keys_of(self.lake, location)

    def _keys_of(self, entity: str, field: str) -> list[TablePin]:
        """Return the tables of keys withdrawn from an entity, if the field is what they name."""
        location = self._location_of(entity, field)
        return [each.keys for each in self.lake.withdrawals() if each.location == location]

    def _location_of(self, entity: str, field: str) -> str | None:
        entry = self.base.find_entity(entity)
        if entry is None or entry.primary_key != field:
            return None
        return self.base.pin_of(entry.slices[0].table).location

    def _stored(self) -> QueryScope:
        return self.opened.scope.guarded_by(self._is_old)

    @cached_property
    def _new(self) -> int:
        """How many rules come from withdrawals: they are before those of the version."""
        return len(self.opened.record.rules) - len(self.base.rules)

    def _is_old(self, guard: RowGuard) -> bool:
        return guard.rule >= self._new

    def _takes(self, guard: RowGuard) -> bool:
        """Whether a guard hides rows by keys, and not because only hidden rows refer to them."""
        return guard.rule < self._new and self.opened.record.rules[guard.rule].keys is not None


def keys_of(lake: Lake, location: str) -> pa.Array:
    """Return the keys that are withdrawn from a table, as texts."""
    found = [each for each in lake.withdrawals() if each.location == location]
    keys = [lake.withdrawing.read_keys(each).cast(pa.string()) for each in found]
    return pa.concat_arrays([pa.array([], pa.string()), *keys])


def lines_of(
    runner: TaskRunner, planned: PlannedEntity, hidden: KeySets, excluded: Excluded
) -> Excluded:
    """Return the lines of the rows that hold one of some values."""
    if not hidden:
        return {}
    found = collect_places(
        runner,
        [planned],
        keys={planned.spec.entity: hidden},
        excluded=excluded,
        limit=NO_LIMIT,
    )
    lines: dict[str, set[int]] = {}
    for path, each in found:
        if each["rule"] == WITHDRAWN:
            lines.setdefault(path, set()).update(line for line, _ in each["places"])
    return {path: frozenset(each) for path, each in lines.items()}
