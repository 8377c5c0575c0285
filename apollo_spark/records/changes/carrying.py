"""Carry what a dataset added in tables of its own over to content that was made anew."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.coding import Coding
from apollo_spark.model.dataset import TableSlice
from apollo_spark.model.dictionary import DataDictionary, Entity, Relation
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.join_path import path_to
from apollo_spark.model.pin import TablePin
from apollo_spark.records.changes.combined import free_label
from apollo_spark.records.changes.renaming import Names, renamed
from apollo_spark.records.changes.shown_rows import AddedRules, hides_rows, rule_of_rows
from apollo_spark.records.content import Content


@dataclass(frozen=True)
class Carried:
    """A change made anew with own tables carried over.

    Attributes:
        content: What it says.
        parts: Texts that its rules on own rows name as parts.
        lost: Fields and entities that have no place there.
    """

    content: Content
    parts: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def carry_own(before: Content, derived: Content, names: Names, *, dataset: str) -> Carried:
    """Add the tables that a dataset owns, with their fields, to content made anew.

    What the new content has under the same name occurs, and the own is lost. Own rows that hang
    from rows that are hidden there are hidden with them.

    Args:
        before: The version before, with what extensions added.
        derived: The change made anew.
        names: What fields of the parents are called there, where that has changed.
        dataset: The name of the dataset.
    """
    known = {each.location for each in derived.pins}
    own = tuple(pin for pin in before.pins if pin.is_of(dataset) and pin.location not in known)
    carrier = _Carrier(before, _beside(derived, own), own, names)
    for entity in before.dictionary.entities:
        carrier.carry(entity)
    return carrier.result()


def _beside(derived: Content, own: Sequence[TablePin]) -> Content:
    """Return content with other names for the tables that are called as own ones.

    The own ones keep theirs, because more of them may be written.
    """
    names = {each.table.casefold() for each in own}
    taken = {each.table for each in (*own, *derived.pins)}
    labels: dict[str, str] = {}
    for pin in derived.pins:
        if pin.table.casefold() in names:
            labels[pin.table] = free_label(pin.table, taken)
            taken.add(labels[pin.table])
    slices = {each.name: derived.tables_of(each.name) for each in derived.dictionary.entities}
    return replace(derived, slices=slices).with_labels(labels)


class _Carrier:
    """Takes own tables over, one entity at a time."""

    def __init__(
        self, before: Content, derived: Content, own: Sequence[TablePin], names: Names
    ) -> None:
        self._before = before
        self._names = names
        self._derived = derived
        self._own = {each.table: each for each in own}
        self._entities = {each.name: each for each in derived.dictionary.entities}
        self._slices = dict(derived.slices)
        self._codings = _Codings(before.dictionary, derived.dictionary)
        self._added: list[str] = []
        self._lost: list[str] = []

    def carry(self, entity: Entity) -> None:
        tables = self._before.tables_of(entity.name)
        if tables[0].table in self._own:
            self._carry_entity(entity, tables)
            return
        for each in tables[1:]:
            if each.table in self._own:
                self._carry_fields(entity, each)

    def _carry_entity(self, entity: Entity, tables: tuple[TableSlice, ...]) -> None:
        if entity.name.casefold() in {each.casefold() for each in self._entities}:
            self._lose(entity.name, [each.name for each in entity.fields])
            return
        fields = tuple(self._codings.with_coding(each) for each in entity.fields)
        self._entities[entity.name] = entity.model_copy(update={"fields": fields})
        # What hid rows before is found again.
        self._slices[entity.name] = tuple(each.model_copy(update={"guards": ()}) for each in tables)
        self._added.append(entity.name)

    def _carry_fields(self, entity: Entity, added: TableSlice) -> None:
        joined_by = added.on or str(entity.primary_key)
        name, on = renamed(entity.name, joined_by, self._names)
        present = self._entities.get(name)
        known = {each.name for each in present.fields} if present else set()
        taken = {each.casefold() for each in known}
        kept = tuple(
            each for each in added.fields or () if on in known and each.casefold() not in taken
        )
        self._lose(entity.name, [each for each in added.fields or () if each not in kept])
        if present is None or not kept:
            return
        fields = (self._codings.with_coding(each) for each in entity.fields if each.name in kept)
        self._entities[name] = present.model_copy(update={"fields": (*present.fields, *fields)})
        columns = tuple(pair for pair in added.columns if pair[0] in kept)
        part = added.model_copy(update={"fields": kept, "columns": columns})
        if on != joined_by:
            part = part.model_copy(update={"on": on, "key": added.key or joined_by})
        self._slices[name] = (*self._slices[name], part)

    def _lose(self, entity: str, fields: Sequence[str]) -> None:
        self._lost += [f"{entity}.{each}" for each in fields]

    def result(self) -> Carried:
        for name in self._unreached(self._relations()):
            self._lost.append(name)
            self._added.remove(name)
            del self._entities[name], self._slices[name]
        dictionary = self._derived.dictionary.model_copy(
            update={
                "entities": tuple(self._entities.values()),
                "relations": tuple(self._relations()),
                "codings": self._codings.needed_by(self._entities.values()),
            }
        )
        content = replace(
            self._derived,
            dictionary=dictionary,
            slices=self._slices,
            pins=(*self._derived.pins, *self._own.values()),
            assays=(*self._derived.assays, *self._own_assays()),
        )
        content, parts = _limit(content.only_used_pins(), self._added)
        return Carried(content, parts, tuple(self._lost))

    def _relations(self) -> list[Relation]:
        """Return the relations of the new content, and those of the added entities to it."""
        added = (
            self._renamed(each)
            for each in self._before.dictionary.relations
            if {each.from_entity, each.to_entity} & {*self._added}
        )
        found = [*self._derived.dictionary.relations, *added]
        return [each for each in found if self._is_whole(each)]

    def _renamed(self, relation: Relation) -> Relation:
        begin = renamed(relation.from_entity, relation.from_field, self._names)
        end = renamed(relation.to_entity, relation.to_field, self._names)
        return relation.model_copy(
            update={
                "from_entity": begin[0],
                "from_field": begin[1],
                "to_entity": end[0],
                "to_field": end[1],
            }
        )

    def _is_whole(self, relation: Relation) -> bool:
        """Whether the fields at both ends are there."""
        ends = (
            (relation.from_entity, relation.from_field),
            (relation.to_entity, relation.to_field),
        )
        found = [(self._entities.get(entity), field) for entity, field in ends]
        return all(each is not None and each.find_field(field) for each, field in found)

    def _unreached(self, relations: list[Relation]) -> list[str]:
        """Return the added entities that nothing joins to the main entity any more."""
        before, now = self._before.dictionary.unjoined, self._derived.dictionary.unjoined
        # What nothing joined before is by itself; on what nothing joins now hangs nothing.
        reached = {each for each in self._entities if each not in self._added and each not in now}
        reached |= before.intersection(self._added)
        grew = True
        while grew:
            ends = [{each.from_entity, each.to_entity} for each in relations]
            found = set().union(*(each for each in ends if each & reached)) - reached
            reached |= found
            grew = bool(found)
        return [each for each in self._added if each not in reached]

    def _own_assays(self) -> tuple[AssayRecord, ...]:
        present = {each.name for each in self._derived.assays}
        return tuple(
            each
            for each in self._before.assays
            if each.samples_table in self._own and each.name not in present
        )


def _limit(content: Content, added: Iterable[str]) -> tuple[Content, tuple[str, ...]]:
    """Hide the rows of added entities that hang from hidden ones, the nearer entities first."""
    rules = AddedRules(len(content.rules))
    paths = {each: path_to(content.dictionary, each) for each in added}
    # No path leads to what is joined to nothing: its rows hang from none that could be hidden.
    joined = [each for each, path in paths.items() if path]
    for entity in sorted(joined, key=lambda each: len(paths[each])):
        step = paths[entity][-1]
        if hides_rows(content, step.parent):
            guard = rules.add(rule_of_rows(content, step.parent, step.parent_field))
            first, *others = content.tables_of(entity)
            first = first.model_copy(update={"guards": (guard(first.column_of(step.field)),)})
            slices = {**content.slices, entity: (first, *others)}
            content = replace(content, slices=slices, rules=(*content.rules, rules.rules[-1]))
    return content, rules.parts


class _Codings:
    """The codings of own fields, which are never decoded by other labels than theirs."""

    def __init__(self, before: DataDictionary, derived: DataDictionary) -> None:
        self._before = {each.name: each for each in before.codings}
        self._derived = derived.codings
        self._carried: dict[str, Coding] = {}

    def with_coding(self, spec: FieldSpec) -> FieldSpec:
        """Return a field with what its coding is called now."""
        if spec.coding_name is None:
            return spec
        if spec.coding_name not in self._carried:
            self._carried[spec.coding_name] = self._find(self._before[spec.coding_name])
        return spec.model_copy(update={"coding_name": self._carried[spec.coding_name].name})

    def needed_by(self, entities: Iterable[Entity]) -> tuple[Coding, ...]:
        """Return the codings of the new content, and those of the own fields that it lacks."""
        names = {each.coding_name for entity in entities for each in entity.fields}
        known = {each.name for each in self._derived}
        carried = (x for x in self._carried.values() if x.name in names and x.name not in known)
        return (*self._derived, *carried)

    def _find(self, coding: Coding) -> Coding:
        known = {each.name.casefold(): each for each in self._derived}
        same = known.get(coding.name.casefold(), coding)
        if _places(coding) <= _places(same):
            return same
        name = free_label(coding.name, (*known, *self._before), separator="_")
        return coding.model_copy(update={"name": name})


def _places(coding: Coding) -> set[tuple[str, str, str]]:
    return {(each.code, each.meaning, each.parent_code) for each in coding.rows}
