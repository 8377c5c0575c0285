"""Make a change again over newer parents, with what was added to its result since."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from apollo_spark.dataset.content import Content
from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.change import AssayMerge, Change, ClinicalMerge, Extension, ViewChange
from apollo_spark.model.dataset import TableSlice
from apollo_spark.model.dictionary import Entity, Relation
from apollo_spark.model.pin import TablePin


@dataclass(frozen=True)
class Carried:
    """A change made anew with own tables carried over; `lost` names what has no place there."""

    content: Content
    lost: tuple[str, ...] = ()


def parents_of(change: Change) -> tuple[str, ...]:
    """Return the versions that a change was made of, as `name@version`."""
    if isinstance(change, ClinicalMerge | AssayMerge):
        return (change.source, change.target)
    return (change.base,)


def with_parents(change: Change, moved: Mapping[str, str]) -> Change:
    """Return a change of other versions.

    Args:
        change: The change.
        moved: The new `name@version` by the old one; others stay.
    """
    if isinstance(change, ClinicalMerge | AssayMerge):
        return change.model_copy(
            update={
                "source": moved.get(change.source, change.source),
                "target": moved.get(change.target, change.target),
            }
        )
    return change.model_copy(update={"base": moved.get(change.base, change.base)})


def is_root(change: Change | None) -> bool:
    """Whether a version was made of other datasets, and not of its own version before."""
    return isinstance(change, ClinicalMerge | AssayMerge | ViewChange)


def carry_own(before: Content, derived: Content, *, folder: str) -> Carried:
    """Add the tables that a dataset owns, with their fields, to content made anew.

    Args:
        before: The version before, with what extensions added.
        derived: The change made anew.
        folder: Where the dataset's own tables lie: `tables/NAME/`.
    """
    own = {pin.table for pin in before.pins if pin.location.startswith(folder)}
    carrier = _Carrier(before, derived, own)
    for entity in before.dictionary.entities:
        carrier.carry(entity)
    return carrier.result()


class _Carrier:
    """Takes own tables over, one entity at a time."""

    def __init__(self, before: Content, derived: Content, own: set[str]) -> None:
        self._before = before
        self._derived = derived
        self._own = own
        self._entities = {each.name: each for each in derived.dictionary.entities}
        self._slices = dict(derived.slices)
        self._added: set[str] = set()
        self._lost: list[str] = []

    def carry(self, entity: Entity) -> None:
        tables = self._before.tables_of(entity.name)
        if entity.name not in self._entities:
            if tables[0].table in self._own:
                self._entities[entity.name] = entity
                self._slices[entity.name] = tables
                self._added.add(entity.name)
            return
        for each in tables[1:]:
            if each.table in self._own:
                self._carry_fields(entity, each)

    def _carry_fields(self, entity: Entity, added: TableSlice) -> None:
        present = self._entities[entity.name]
        on = added.on or entity.primary_key
        known = {each.name for each in present.fields}
        fields = [each for each in entity.fields if each.name in (added.fields or ())]
        clashing = [each.name for each in fields if each.name in known]
        if on not in known or clashing:
            self._lost += [f"{entity.name}.{each.name}" for each in fields]
            return
        self._entities[entity.name] = present.model_copy(
            update={"fields": (*present.fields, *fields)}
        )
        self._slices[entity.name] = (
            *(self._slices.get(entity.name) or self._derived.tables_of(entity.name)),
            added,
        )

    def result(self) -> Carried:
        relations = self._relations()
        for name in self._unreached(relations):
            self._lost.append(name)
            del self._entities[name], self._slices[name]
        names = {each.coding_name for entity in self._entities.values() for each in entity.fields}
        known = {each.name for each in self._derived.dictionary.codings}
        codings = tuple(
            each
            for each in self._before.dictionary.codings
            if each.name in names and each.name not in known
        )
        dictionary = self._derived.dictionary
        content = replace(
            self._derived,
            dictionary=dictionary.model_copy(
                update={
                    "entities": tuple(self._entities.values()),
                    "relations": tuple(
                        each for each in relations if _joins(each, set(self._entities))
                    ),
                    "codings": (*dictionary.codings, *codings),
                }
            ),
            slices=self._slices,
            pins=(*self._derived.pins, *self._own_pins()),
            assays=(*self._derived.assays, *self._own_assays()),
        )
        return Carried(content.only_used_pins(), tuple(self._lost))

    def _relations(self) -> list[Relation]:
        added = [
            each
            for each in self._before.dictionary.relations
            if {each.from_entity, each.to_entity} & self._added
        ]
        return [*self._derived.dictionary.relations, *added]

    def _unreached(self, relations: list[Relation]) -> list[str]:
        """Return the added entities that nothing joins to the main entity any more."""
        reached = {each for each in self._entities if each not in self._added}
        grew = True
        while grew:
            ends = [{each.from_entity, each.to_entity} for each in relations]
            found = set().union(*(each for each in ends if each & reached)) - reached
            found &= set(self._entities)
            reached |= found
            grew = bool(found)
        return [each for each in self._added if each not in reached]

    def _own_pins(self) -> tuple[TablePin, ...]:
        present = {each.table for each in self._derived.pins}
        return tuple(
            each
            for each in self._before.pins
            if each.table in self._own and each.table not in present
        )

    def _own_assays(self) -> tuple[AssayRecord, ...]:
        present = {each.name for each in self._derived.assays}
        return tuple(
            each
            for each in self._before.assays
            if each.samples_table in self._own and each.name not in present
        )


def _joins(relation: Relation, entities: set[str]) -> bool:
    return {relation.from_entity, relation.to_entity} <= entities


def last_root(changes: Mapping[int, Change | None], version: int) -> int | None:
    """Return the newest version up to one that was made of other datasets.

    Args:
        changes: The change of each version of a name.
        version: The version to begin at.
    """
    found = version
    while True:
        change = changes.get(found)
        if is_root(change):
            return found
        if not isinstance(change, Extension):
            return None
        found = int(change.base.rpartition("@")[2])
