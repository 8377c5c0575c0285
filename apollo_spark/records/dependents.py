"""What hangs from an entity whose rows are taken out, and by which of its columns."""

from collections.abc import Iterator
from dataclasses import dataclass

from apollo_spark.model.dataset import DatasetRecord, EntityEntry, RowRule, TableSlice, home_of
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.join_path import JoinStep, path_to

SAMPLE_ID, LINKED = "sample_id", "key"
"""Columns of a linking table of samples."""


@dataclass(frozen=True)
class Dependent:
    """An entity that hangs from another, the last step of the way to it, and the way's length.

    It is shared where rows of others may refer to the same row on the way.
    """

    entity: EntityEntry
    step: JoinStep
    depth: int
    is_shared: bool


def dependents(world: DatasetRecord | RowRule, name: str) -> Iterator[Dependent]:
    """Yield the entities that hang from the one of a name."""
    names = DataDictionary(
        main_entity=world.main_entity,
        entities=tuple(Entity(name=each.name, fields=()) for each in world.entities),
        relations=world.relations,
        codings=(),
    )
    for entity in world.entities:
        path = path_to(names, entity.name)
        parents = [step.parent for step in path]
        if name in parents:
            since = path[parents.index(name) :]
            # Rows that are joined by a field of a further table are found by their own keys only,
            # unless that is the linking table of samples.
            is_told = home_of(entity.slices, path[-1].field) == 0
            is_told = is_told or link_of(entity, path[-1]) is not None
            is_shared = is_told and any(step.has_many_parents for step in since)
            yield Dependent(entity, path[-1], len(path), is_shared)


def guarding_of(entity: EntityEntry, step: JoinStep) -> tuple[str, str, str]:
    """Return the column of an entity's first table, and the entity and field that limit it."""
    first = entity.slices[0]
    if home_of(entity.slices, step.field) == 0 or entity.primary_key is None:
        return first.column_of(step.field), step.parent, step.parent_field
    return first.column_of(entity.primary_key), entity.name, entity.primary_key


def link_of(entity: EntityEntry, step: JoinStep) -> TableSlice | None:
    """Return the linking table that says to which row of another entity a sample belongs."""
    home = home_of(entity.slices, step.field)
    found = entity.slices[home]
    is_link = found.key == SAMPLE_ID and found.column_of(step.field) == LINKED
    return found if home and is_link and entity.primary_key is not None else None
