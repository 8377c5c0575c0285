"""Take withdrawn people out of a record for reading: rules and guards that come after it.

A record never changes. Before its rows are read, each table that holds withdrawn rows gets a guard
by their keys, and so does everything that hangs from them; the rules of views, which read tables
of their own, too.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.dataset import (
    DatasetRecord,
    EntityEntry,
    RowRule,
    TableSlice,
)
from apollo_spark.model.guard import RowGuard
from apollo_spark.model.pin import TablePin
from apollo_spark.model.record import PublishedRecord
from apollo_spark.model.withdrawal import WithdrawalRecord
from apollo_spark.records.dependents import (
    SAMPLE_ID,
    Dependent,
    dependents,
    guarding_of,
    link_of,
)

KEYS = "withdrawn keys"
Guards = dict[tuple[str, int], list[RowGuard]]
"""New guards by entity and number of the table."""


def without_withdrawn(
    record: DatasetRecord, withdrawals: Iterable[WithdrawalRecord]
) -> DatasetRecord:
    """Return a record as it is read now; it is not to be published.

    Args:
        record: The record as it was published.
        withdrawals: The newest withdrawal of each entity of each dataset.
    """
    concerned = concerning(record, withdrawals)
    if not concerned:
        return record
    taking = _Taking(concerned)
    own = taking.limit(record)
    assays = [(each, taking.limit_samples(each)) for each in record.assays]
    worlds = [(rule, taking.limit(rule)) for rule in record.rules]
    asked = [[(x, taking.limit_samples(x)) for x in rule.assays] for rule in record.rules]
    shift = len(taking.rules)
    return record.model_copy(
        update={
            "entities": _guarded(record.entities, own, shift),
            "assays": tuple(_guarded_assay(each, new, shift) for each, new in assays),
            "rules": (
                *taking.rules,
                *(
                    rule.model_copy(
                        update={
                            "entities": _guarded(rule.entities, new, shift),
                            "assays": tuple(_guarded_assay(*each, shift) for each in of_rule),
                        }
                    )
                    for (rule, new), of_rule in zip(worlds, asked, strict=True)
                ),
            ),
        }
    )


def concerning(
    record: PublishedRecord, withdrawals: Iterable[WithdrawalRecord]
) -> list[WithdrawalRecord]:
    """Return the withdrawals from tables that a record, or a rule of it, reads."""
    known = {pin.location for pin in record.all_pins}
    if isinstance(record, DatasetRecord):
        assays = (*record.assays, *(each for rule in record.rules for each in rule.assays))
        known |= {each.origin for each in assays if each.origin is not None}
    return [each for each in withdrawals if each.location in known]


@dataclass(frozen=True)
class _Place:
    """A table of an entity that holds rows of the entity that is withdrawn from."""

    entity: EntityEntry
    number: int

    @property
    def table(self) -> TableSlice:
        return self.entity.slices[self.number]


class _Taking:
    """Collects the rules that take rows out."""

    def __init__(self, withdrawals: list[WithdrawalRecord]) -> None:
        self._withdrawals = withdrawals
        self.rules: list[RowRule] = []

    def limit(self, world: DatasetRecord | RowRule) -> Guards:
        """Return guards for the tables of a record or of a rule."""
        found: Guards = {}
        shared: dict[str, Dependent] = {}
        for withdrawal in self._withdrawals:
            for place in _places(world, withdrawal):
                rule = self._take_out(world, withdrawal, place, found)
                for each in dependents(world, place.entity.name):
                    if each.is_shared:
                        shared[each.entity.name] = each
                    elif place.number == 0 or _is_of(world, each.entity, withdrawal.name):
                        guard = self._guard(rule, *guarding_of(each.entity, each.step))
                        found.setdefault((each.entity.name, 0), []).append(guard)
        for each in sorted(shared.values(), key=lambda each: each.depth):
            # What others refer to as well stays: a rule over all that is left of them tells.
            rule = self._add(_rule_over(world, found))
            guard = self._guard(rule, *guarding_of(each.entity, each.step))
            if (link := link_of(each.entity, each.step)) is not None:
                guard = self._through(world, each, link, rule)
            found.setdefault((each.entity.name, 0), []).append(guard)
        return found

    def _through(
        self,
        world: DatasetRecord | RowRule,
        following: Dependent,
        link: TableSlice,
        rule: int,
    ) -> RowGuard:
        """Return the guard of samples whose rows a linking table names: it is asked which are left.

        A sample that the table does not name belongs to nobody, and stays.
        """
        entity, step = following.entity, following.step
        assert entity.primary_key is not None, "a linking table is joined by a key"
        key = entity.primary_key
        limited = link.model_copy(
            update={
                "fields": (key, step.field),
                "columns": ((key, link.key or key), (step.field, link.column_of(step.field))),
                "key": None,
                "on": None,
                "guards": (
                    self._guard(rule, link.column_of(step.field), step.parent, step.parent_field),
                ),
            }
        )
        over = _rule_over(world, {})
        told = entity.model_copy(update={"slices": (limited,)})
        entities = tuple(told if each.name == entity.name else each for each in over.entities)
        number = self._add(over.model_copy(update={"entities": entities}))
        return self._guard(number, entity.slices[0].column_of(key), entity.name, key)

    def limit_samples(self, assay: AssayRecord) -> tuple[RowGuard, ...]:
        """Return guards for samples whose own entity did not come along with their assay."""
        found = []
        for each in self._withdrawals:
            if each.location == assay.origin:
                rule = RowRule(
                    entity=each.entity, keys=KEYS, field=each.field, main_entity=each.entity,
                    entities=(), pins=(_labelled(each),),
                )  # fmt: skip
                found.append(self._guard(self._add(rule), SAMPLE_ID, each.entity, each.field))
        return tuple(found)

    def _take_out(
        self,
        world: DatasetRecord | RowRule,
        withdrawal: WithdrawalRecord,
        place: _Place,
        found: Guards,
    ) -> int:
        """Add the rule by the keys, guard the table that has them, and return the rule's number."""
        field, column = _where_keys_are(place, withdrawal)
        rule = _rule_over(world, {}).model_copy(
            update={
                "entity": place.entity.name,
                "keys": KEYS,
                "field": field,
                "pins": (*world.pins, _labelled(withdrawal)),
            }
        )
        number = self._add(rule)
        own = self._guard(number, column, place.entity.name, field)
        found.setdefault((place.entity.name, place.number), []).append(own)
        return number

    def _add(self, rule: RowRule) -> int:
        self.rules.append(rule)
        return len(self.rules) - 1

    @staticmethod
    def _guard(number: int, column: str, entity: str, field: str) -> RowGuard:
        return RowGuard(rule=number, column=column, entity=entity, field=field)


def _places(world: DatasetRecord | RowRule, withdrawal: WithdrawalRecord) -> Iterator[_Place]:
    tables = {pin.table for pin in world.pins if pin.location == withdrawal.location}
    for entity in world.entities:
        for number, each in enumerate(entity.slices):
            if each.table in tables:
                yield _Place(entity, number)


def _where_keys_are(place: _Place, withdrawal: WithdrawalRecord) -> tuple[str, str]:
    """Return the field of the entity, and the column of the table, that hold the keys.

    The key of an entity may have another name in every version: it is what the version says.
    """
    table, key = place.table, place.entity.primary_key
    if place.number == 0:
        field = withdrawal.field if key is None else key
        return field, table.column_of(field)
    on = table.on or key
    assert on is not None, "a further table is joined by a field"
    columns = {table.column_of(each): each for each in table.fields or ()}
    if withdrawal.field in columns:
        return columns[withdrawal.field], withdrawal.field
    # It was joined by its own key, which is not among the fields where both had one name.
    return on, table.key or on


def _is_of(world: DatasetRecord | RowRule, entity: EntityEntry, dataset: str) -> bool:
    pins = {each.table: each for each in world.pins}
    return pins[entity.slices[0].table].is_of(dataset)


def _rule_over(world: DatasetRecord | RowRule, guards: Guards) -> RowRule:
    """Return a rule over the tables of a record or of a rule, with new guards alone."""
    return RowRule(
        entity=world.main_entity,
        main_entity=world.main_entity,
        entities=_guarded(tuple(map(_unguarded, world.entities)), guards, 0),
        relations=world.relations,
        pins=world.pins,
    )


def _labelled(withdrawal: WithdrawalRecord) -> TablePin:
    return withdrawal.keys.model_copy(update={"table": KEYS})


def _unguarded(entity: EntityEntry) -> EntityEntry:
    tables = tuple(each.model_copy(update={"guards": ()}) for each in entity.slices)
    return entity.model_copy(update={"slices": tables})


def _guarded(
    entities: tuple[EntityEntry, ...], new: Mapping[tuple[str, int], list[RowGuard]], shift: int
) -> tuple[EntityEntry, ...]:
    return tuple(
        entity.model_copy(
            update={
                "slices": tuple(
                    each.model_copy(
                        update={
                            "guards": (
                                *_moved(each.guards, shift),
                                *new.get((entity.name, number), ()),
                            )
                        }
                    )
                    for number, each in enumerate(entity.slices)
                )
            }
        )
        for entity in entities
    )


def _guarded_assay(assay: AssayRecord, new: tuple[RowGuard, ...], shift: int) -> AssayRecord:
    return assay.model_copy(update={"guards": (*_moved(assay.guards, shift), *new)})


def _moved(guards: tuple[RowGuard, ...], shift: int) -> tuple[RowGuard, ...]:
    return tuple(each.model_copy(update={"rule": each.rule + shift}) for each in guards)
