"""What an extension adds to a data dictionary."""

from apollo_spark.model.base import Record
from apollo_spark.model.coding import Coding
from apollo_spark.model.dictionary import Entity, Relation
from apollo_spark.model.field import FieldSpec


class Addition(Record):
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
