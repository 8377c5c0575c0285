"""What differs between two versions, in names and counts; no value of a row is among it."""

from apollo_spark.model.base import Record
from apollo_spark.model.receipt import SchemaDiff


class CodingDiff(Record):
    """How many codes of a coding came, went, or have another meaning or place."""

    name: str
    added: int = 0
    removed: int = 0
    changed: int = 0

    @property
    def is_same(self) -> bool:
        """Whether the codes are the same."""
        return not (self.added or self.removed or self.changed)


class FieldDiff(Record):
    """In how many rows a field has another value; the name is the later one."""

    name: str
    changed: int


class EntityDiff(Record):
    """The rows of an entity that both versions have.

    Rows meet by their key. Without a key that both have, equal rows meet, as often as they occur
    on either side: then no row is changed.

    Attributes:
        name: The entity.
        key: The later name of its key, None where rows are compared whole.
        key_left_out: Why rows do not meet by the key that both have; None where they do.
        is_read: Whether the rows were read; where both versions pin the same content, they are not.
        added: Rows that came.
        removed: Rows that went.
        changed: Rows with another value in any field that both versions have.
        fields: The fields with changes.
        not_compared: Fields of both versions whose type differs.
    """

    name: str
    key: str | None = None
    key_left_out: str | None = None
    is_read: bool = False
    added: int = 0
    removed: int = 0
    changed: int = 0
    fields: tuple[FieldDiff, ...] = ()
    not_compared: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether the rows are the same."""
        return not (self.added or self.removed or self.changed)


class AssayDiff(Record):
    """Samples, features and units of an assay that both versions have, as either shows them.

    `units_changed` have other values in what both show.
    """

    name: str
    samples_added: int = 0
    samples_removed: int = 0
    features_added: int = 0
    features_removed: int = 0
    units_added: tuple[str, ...] = ()
    units_removed: tuple[str, ...] = ()
    units_changed: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether samples, features and values are the same."""
        return self == AssayDiff(name=self.name)


class DatasetDiff(Record):
    """What differs between two versions of datasets.

    Attributes:
        first: The earlier one, as `name@version`.
        second: The later one.
        schema_diff: Entities, fields and codings that came, went or changed.
        relations_added: Relations that came, as text.
        relations_removed: Relations that went.
        codings: Codings that differ, or that only one of them has.
        entities: Rows of the entities that both have.
        assays_added: Assays that came.
        assays_removed: Assays that went.
        assays: Assays that both have.
    """

    first: str
    second: str
    schema_diff: SchemaDiff
    relations_added: tuple[str, ...] = ()
    relations_removed: tuple[str, ...] = ()
    codings: tuple[CodingDiff, ...] = ()
    entities: tuple[EntityDiff, ...] = ()
    assays_added: tuple[str, ...] = ()
    assays_removed: tuple[str, ...] = ()
    assays: tuple[AssayDiff, ...] = ()

    def find_entity(self, name: str) -> EntityDiff | None:
        """Return what differs in the rows of an entity, or None if not both have it."""
        return next((each for each in self.entities if each.name == name), None)

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        named = (*self.relations_added, *self.relations_removed, *self.codings)
        assays = (*self.assays_added, *self.assays_removed)
        return (
            self.schema_diff.is_empty
            and not (named or assays)
            and all(each.is_same for each in self.entities)
            and all(each.is_same for each in self.assays)
        )
