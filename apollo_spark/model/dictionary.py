"""The data dictionary: entities, their fields, how they relate, and the codings."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from apollo_spark.model.base import Record
from apollo_spark.model.coding import Coding
from apollo_spark.model.field import FieldSpec


class Relationship(str, Enum):
    """How many rows may be on either side, read from the field that refers."""

    ONE_TO_ONE = "one_to_one"
    MANY_TO_ONE = "many_to_one"
    ONE_TO_MANY = "one_to_many"

    def __str__(self) -> str:
        """Return the word of the data dictionary."""
        return self.value


class Entity(Record):
    """A kind of thing with rows: patient, visit, sample."""

    name: str
    primary_key: str | None = None
    fields: tuple[FieldSpec, ...]
    title: str | None = None
    description: str | None = None
    label_plural: str | None = None
    label_singular: str | None = None

    def find_field(self, name: str) -> FieldSpec | None:
        """Return the field of that name, or None."""
        return self._fields_by_name.get(name)

    @cached_property
    def _fields_by_name(self) -> dict[str, FieldSpec]:
        return {each.name: each for each in self.fields}


class Relation(Record):
    """A field of one entity that refers to a field of another."""

    from_entity: str
    from_field: str
    to_entity: str
    to_field: str
    relationship: Relationship

    @property
    def is_self_reference(self) -> bool:
        """Whether a field refers to itself, which says nothing about the tree."""
        return (self.from_entity, self.from_field) == (self.to_entity, self.to_field)


class DataDictionary(Record):
    """Everything that describes the tables of a dataset.

    There is one main entity, and exactly one path from it to every other one; an entity that is
    joined to nothing is beside them where a policy allowed it.
    """

    main_entity: str
    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]
    codings: tuple[Coding, ...]

    @property
    def tree_relations(self) -> tuple[Relation, ...]:
        """The relations that join entities, without self references."""
        return tuple(each for each in self.relations if not each.is_self_reference)

    @cached_property
    def unjoined(self) -> frozenset[str]:
        """The entities that no path joins to the main one: each is asked by itself alone."""
        neighbours: dict[str, set[str]] = {}
        for each in self.tree_relations:
            neighbours.setdefault(each.from_entity, set()).add(each.to_entity)
            neighbours.setdefault(each.to_entity, set()).add(each.from_entity)
        reached, waiting = {self.main_entity}, [self.main_entity]
        while waiting:
            found = neighbours.get(waiting.pop(), set()) - reached
            reached |= found
            waiting += found
        return frozenset(each.name for each in self.entities) - reached

    def find_entity(self, name: str) -> Entity | None:
        """Return the entity of that name, or None."""
        return self._entities_by_name.get(name)

    def find_coding(self, name: str | None) -> Coding | None:
        """Return the coding of that name, or None."""
        return self._codings_by_name.get(name or "")

    def paths(self) -> Iterator[tuple[Entity, FieldSpec]]:
        """Yield every field with its entity, in the order of the dictionary."""
        for entity in self.entities:
            for spec in entity.fields:
                yield entity, spec

    @cached_property
    def _entities_by_name(self) -> dict[str, Entity]:
        return {each.name: each for each in self.entities}

    @cached_property
    def _codings_by_name(self) -> dict[str, Coding]:
        return {each.name: each for each in self.codings}


@dataclass(frozen=True)
class DictionaryExtension:
    """New fields of an entity, or a new entity, as its files hold them.

    Attributes:
        entity: The entity with the fields of the files alone; of new fields the key comes first.
        relations: How a new entity is joined.
        codings: Codings that the dictionary did not have.
        is_inferred: Whether the files told all of this, and no dictionary.
    """

    entity: Entity
    relations: tuple[Relation, ...] = ()
    codings: tuple[Coding, ...] = ()
    is_inferred: bool = False

    @property
    def fields(self) -> tuple[FieldSpec, ...]:
        """The fields beside the key."""
        return tuple(each for each in self.entity.fields if each.name != self.entity.primary_key)
