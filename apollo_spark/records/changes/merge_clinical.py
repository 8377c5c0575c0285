"""Merge the entities of a source into a target by a link between two fields. Nothing is copied."""

from collections.abc import Iterator, Mapping

from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.change import ClinicalMerge
from apollo_spark.model.dataset import TableSlice
from apollo_spark.model.dictionary import DataDictionary, Entity, Relation, Relationship
from apollo_spark.model.field import FieldSpec
from apollo_spark.records.changes.clashes import Renaming, settle_names
from apollo_spark.records.changes.combined import combine_contents, united_pins
from apollo_spark.records.changes.joined_tables import JoinedTables
from apollo_spark.records.changes.sample_entity import find_sample_entity, guarded_samples
from apollo_spark.records.changes.shown_rows import AddedRules, guards_of_samples, rule_of_rows
from apollo_spark.records.content import Content, Derived, samples_origin
from apollo_spark.records.field_link import check_link
from apollo_spark.records.open_codings import join_codings

_INVERSE = {
    Relationship.ONE_TO_ONE: Relationship.ONE_TO_ONE,
    Relationship.MANY_TO_ONE: Relationship.ONE_TO_MANY,
    Relationship.ONE_TO_MANY: Relationship.MANY_TO_ONE,
}


def merge_clinical(
    source: Content, target: Content, change: ClinicalMerge, *, source_name: str
) -> Derived:
    """Return the entities, codings and assays of both, joined by the link of a change.

    The target's main entity stays main, and one path leads from it to every entity of the source,
    which hangs from the target by its linked entity. Rules of both go on hiding what they hid.

    Args:
        source: What is joined.
        target: What it is joined to.
        change: The link and what becomes of names that clash.
        source_name: The name of the source dataset, for tables whose names are taken.

    Raises:
        NotFoundError: A field of the link is not there.
        DictionaryError: The fields of the link do not go together.
        ConflictError: Names clash, and the change does not say what becomes of them.
        UsageError: Two entities cannot be joined by a field that lies in a further table.
    """
    check_link(source.dictionary, target.dictionary, change.link)
    renaming = settle_names(source, target, change, source_name=source_name)
    beside = combine_contents(source, target, source_name=source_name)
    return _Merging(beside, target, change, renaming).result()


class _Merging:
    """Puts the result together from the target and the source beside it."""

    def __init__(
        self, source: Content, target: Content, change: ClinicalMerge, renaming: Renaming
    ) -> None:
        self._source = source
        self._target = target
        self._change = change
        self._link = change.link
        self._renaming = renaming
        self._added = AddedRules(len(target.rules) + len(source.rules))

    def result(self) -> Derived:
        source, target = self._source, self._target
        slices = {**self._target_slices(), **self._source_slices()}
        own = [self._assay(each) for each in source.assays]
        for before, after in zip(source.assays, own, strict=True):
            slices |= self._guarded_samples(before, after, slices)
        assays = (*target.assays, *own)
        content = Content(
            dictionary=self._dictionary(),
            slices=slices,
            pins=united_pins(target.pins, source.pins),
            assays=assays,
            rules=(*target.rules, *source.rules, *self._added.rules),
            hides=source.hides or target.hides,
        )
        return Derived(content.only_used_pins(), self._added.parts, self._renaming.notes)

    def _target_slices(self) -> dict[str, tuple[TableSlice, ...]]:
        names = (each.name for each in self._target.dictionary.entities)
        found = {each: self._target.tables_of(each) for each in names}
        if (joined := self._joined_entity()) is not None:
            tables = JoinedTables(self._source, joined, self._link, self._renaming)
            guard = None
            if tables.need_guard:
                guard = self._added.add(
                    rule_of_rows(self._source, joined.name, self._link.source_field)
                )
            found[self._link.target_entity] += tables.build(guard)
        return found

    def _source_slices(self) -> dict[str, tuple[TableSlice, ...]]:
        return {
            self._renaming.entity(each.name): self._source.tables_of(each.name)
            for each in self._own_entities()
        }

    def _guarded_samples(
        self, before: AssayRecord, after: AssayRecord, slices: Mapping[str, tuple[TableSlice, ...]]
    ) -> dict[str, tuple[TableSlice, ...]]:
        """Return the tables of the samples' own fields, hidden by the guards of their assay.

        The rows that they belong to may lie in a further table now, whose guards hide no sample.
        """
        own = find_sample_entity(self._source, before)
        if before.entity != self._renaming.joined or own is None or own.name == before.entity:
            return {}
        name, key = self._renaming.entity(own.name), str(own.primary_key)
        return {name: guarded_samples(slices[name], key, after.guards)}

    def _joined_entity(self) -> Entity | None:
        return self._source.dictionary.find_entity(self._renaming.joined or "")

    def _own_entities(self) -> Iterator[Entity]:
        """Yield the source's entities that stay entities of their own."""
        for each in self._source.dictionary.entities:
            if each.name != self._renaming.joined:
                yield each

    def _dictionary(self) -> DataDictionary:
        source, target = self._source.dictionary, self._target.dictionary
        codings = [
            each.model_copy(update={"name": self._renaming.coding(each.name)})
            for each in source.codings
        ]
        return DataDictionary(
            main_entity=target.main_entity,
            entities=(
                *map(self._with_fields, target.entities),
                *map(self._entity, self._own_entities()),
            ),
            relations=tuple(self._relations()),
            codings=join_codings(target.codings, codings),
        )

    def _with_fields(self, entity: Entity) -> Entity:
        """Return an entity of the target, with the fields of the one that is joined to it."""
        joined = self._joined_entity()
        if joined is None or entity.name != self._link.target_entity:
            return entity
        known = {each.name for each in entity.fields}
        added = (each for each in self._entity(joined).fields if each.name not in known)
        return entity.model_copy(update={"fields": (*entity.fields, *added)})

    def _entity(self, entity: Entity) -> Entity:
        key = entity.primary_key
        return entity.model_copy(
            update={
                "name": self._renaming.entity(entity.name),
                "primary_key": None if key is None else self._renaming.field(entity.name, key),
                "fields": tuple(self._field(entity.name, each) for each in entity.fields),
            }
        )

    def _field(self, entity: str, spec: FieldSpec) -> FieldSpec:
        return spec.model_copy(
            update={
                "name": self._renaming.field(entity, spec.name),
                "coding_name": self._renaming.coding(spec.coding_name),
            }
        )

    def _relations(self) -> Iterator[Relation]:
        yield from self._target.dictionary.relations
        for each in self._source.dictionary.relations:
            yield Relation(
                from_entity=self._renaming.entity(each.from_entity),
                from_field=self._renaming.field(each.from_entity, each.from_field),
                to_entity=self._renaming.entity(each.to_entity),
                to_field=self._renaming.field(each.to_entity, each.to_field),
                relationship=each.relationship,
            )
        if self._renaming.joined is None:
            yield self._new_relation()

    def _new_relation(self) -> Relation:
        """Return the relation of the link, read from a field that does not refer to another yet."""
        link = self._link
        source = (self._renaming.entity(link.source_entity), link.source_field)
        target = (link.target_entity, link.target_field)
        relationship = Relationship(self._change.relationship)
        is_taken = _refers(self._source.dictionary, link.source_entity, link.source_field)
        if is_taken and not _refers(self._target.dictionary, *target):
            source, target, relationship = target, source, _INVERSE[relationship]
        return Relation(
            from_entity=source[0],
            from_field=source[1],
            to_entity=target[0],
            to_field=target[1],
            relationship=relationship,
        )

    def _assay(self, assay: AssayRecord) -> AssayRecord:
        """Return an assay of the source; where its rows lie in a further table, guarded itself."""
        guards, origin = assay.guards, assay.origin
        if assay.entity == self._renaming.joined:
            guards = guards_of_samples(self._source, assay, self._added)
            origin = samples_origin(self._source, assay)
        return assay.model_copy(
            update={
                "name": self._renaming.assays.get(assay.name, assay.name),
                "entity": self._renaming.entity(assay.entity),
                "field": self._renaming.field(assay.entity, assay.field),
                "guards": guards,
                "origin": origin,
            }
        )


def _refers(dictionary: DataDictionary, entity: str, field: str) -> bool:
    """Return whether a field refers to another: the dictionary files have room for one."""
    return any(
        (each.from_entity, each.from_field) == (entity, field) for each in dictionary.tree_relations
    )
