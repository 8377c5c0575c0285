"""From the row in hand to the entities that a filter names, and the fields that takes."""

from collections.abc import Iterator

from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.filter import Comparison, CountOf, Exists, Filter, parts_of
from apollo_spark.records.join_path import JoinStep, join_steps

FieldPath = tuple[str, str]
"""An entity and one of its fields."""


class EntityTree:
    """The entities as a tree: each stands below the one through which it is reached.

    Attributes:
        unjoined: Those that are joined to nothing, and stand below none.

    Args:
        dictionary: The entities and their relations.
    """

    def __init__(self, dictionary: DataDictionary) -> None:
        self.unjoined = dictionary.unjoined
        reached = (each.name for each in dictionary.entities if each.name not in self.unjoined)
        self._steps = {each.entity: each for each in join_steps(dictionary, reached)}

    def path(self, near: str, far: str) -> tuple[JoinStep, ...] | None:
        """Return the joins from an entity to one below it; None where it is not below it."""
        found: list[JoinStep] = []
        while far != near:
            step = self._steps.get(far)
            if step is None:
                return None
            found.insert(0, step)
            far = step.parent
        return tuple(found)


def fields_needed(tree: Filter, dictionary: DataDictionary) -> frozenset[FieldPath]:
    """Return every field that a filter reads: those it names, and those that join the entities."""
    return frozenset(needed_below(tree, EntityTree(dictionary), dictionary.main_entity))


def needed_below(tree: Filter, entities: EntityTree, row: str) -> Iterator[FieldPath]:
    """Yield the fields that a condition on a row of an entity reads, some of them repeatedly."""
    if isinstance(tree, Comparison | Exists | CountOf):
        for step in entities.path(row, tree.entity) or ():
            yield step.parent, step.parent_field
            yield step.entity, step.field
    if isinstance(tree, Comparison):
        yield tree.entity, tree.field
    inner = tree.entity if isinstance(tree, Exists | CountOf) else row
    for part in parts_of(tree):
        yield from needed_below(part, entities, inner)
