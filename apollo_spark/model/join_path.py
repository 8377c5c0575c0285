"""The one path from the main entity to every other entity."""

from collections.abc import Iterable, Iterator

from apollo_spark.errors import DictionaryError
from apollo_spark.model.base import Record
from apollo_spark.model.dictionary import DataDictionary, Relation, Relationship


class JoinStep(Record):
    """A join of one more entity, on the way outward from the main entity.

    `has_many_rows` says that several rows of the entity may meet one row of the parent, and
    `has_many_parents` that several rows of the parent may meet one row of the entity.
    """

    parent: str
    parent_field: str
    entity: str
    field: str
    has_many_rows: bool
    has_many_parents: bool


def join_steps(dictionary: DataDictionary, entities: Iterable[str]) -> tuple[JoinStep, ...]:
    """Return the joins that reach some entities, and those on the way to them, outward.

    Raises:
        DictionaryError: No path leads from the main entity to one of them.
    """
    steps = {each.entity: each for each in _walk(dictionary)}
    wanted: set[str] = set()
    lost = []
    for entity in entities:
        if entity != dictionary.main_entity and entity not in steps:
            lost.append(entity)
        wanted.update(each.entity for each in _path(steps, entity))
    if lost:
        raise DictionaryError(
            f"No relation leads from {dictionary.main_entity!r} to: {', '.join(sorted(lost))}."
        )
    return tuple(each for each in steps.values() if each.entity in wanted)


def path_to(dictionary: DataDictionary, entity: str) -> tuple[JoinStep, ...]:
    """Return the joins from the main entity to one entity, outward; none where nothing joins it."""
    return tuple(_path({each.entity: each for each in _walk(dictionary)}, entity))


def multiplying_entities(steps: Iterable[JoinStep]) -> tuple[str, ...]:
    """Return the entities whose rows multiply each other: many rows each, on different branches.

    Visits and their tests are on one branch, and every row is a test. Visits and samples of a
    patient do not: every visit meets every sample.
    """
    by_entity = {each.entity: each for each in steps}
    chains = {
        each.entity: [other.entity for other in _path(by_entity, each.entity)]
        for each in by_entity.values()
        if each.has_many_rows
    }
    inner = {above for entity, chain in chains.items() for above in chain if above != entity}
    ends = tuple(entity for entity in chains if entity not in inner)
    return ends if len(ends) > 1 else ()


def _walk(dictionary: DataDictionary) -> Iterator[JoinStep]:
    """Yield the joins to all entities, nearest first."""
    reached, waiting = {dictionary.main_entity}, [dictionary.main_entity]
    while waiting:
        parent = waiting.pop(0)
        for relation in dictionary.tree_relations:
            step = _step(relation, parent)
            if step is not None and step.entity not in reached:
                reached.add(step.entity)
                waiting.append(step.entity)
                yield step


def _step(relation: Relation, parent: str) -> JoinStep | None:
    many_from = relation.relationship is Relationship.MANY_TO_ONE
    many_to = relation.relationship is Relationship.ONE_TO_MANY
    if relation.to_entity == parent:
        return JoinStep(
            parent=parent,
            parent_field=relation.to_field,
            entity=relation.from_entity,
            field=relation.from_field,
            has_many_rows=many_from,
            has_many_parents=many_to,
        )
    if relation.from_entity == parent:
        return JoinStep(
            parent=parent,
            parent_field=relation.from_field,
            entity=relation.to_entity,
            field=relation.to_field,
            has_many_rows=many_to,
            has_many_parents=many_from,
        )
    return None


def _path(steps: dict[str, JoinStep], entity: str) -> list[JoinStep]:
    found: list[JoinStep] = []
    while entity in steps:
        found.insert(0, steps[entity])
        entity = steps[entity].parent
    return found
