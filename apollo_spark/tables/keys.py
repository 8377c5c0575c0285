"""Which checks between rows and tables a dictionary asks for."""

from apollo_spark.model.base import Record
from apollo_spark.model.dictionary import DataDictionary, Relation, Relationship


class KeyCheck(Record):
    """One rule on a key column of one entity; a reference also names what it refers to."""

    rule: str
    entity: str
    column: str
    target_entity: str | None = None
    target_column: str | None = None
    message: str


def plan_key_checks(dictionary: DataDictionary) -> tuple[KeyCheck, ...]:
    """Return the checks of a dictionary, each once, in its order."""
    keys = tuple(
        KeyCheck(
            rule="key_unique",
            entity=entity.name,
            column=entity.primary_key,
            message="the primary key is not unique",
        )
        for entity in dictionary.entities
        if entity.primary_key is not None
    )
    joins = tuple(
        check
        for relation in dictionary.tree_relations
        for check in _relation_checks(dictionary, relation)
    )
    return keys + joins


def _relation_checks(dictionary: DataDictionary, relation: Relation) -> list[KeyCheck]:
    checks = [
        KeyCheck(
            rule="reference_resolves",
            entity=relation.from_entity,
            column=relation.from_field,
            target_entity=relation.to_entity,
            target_column=relation.to_field,
            message=f"no such value in {relation.to_entity}.{relation.to_field}",
        )
    ]
    checks.extend(_cardinality_checks(dictionary, relation))
    return checks


def _cardinality_checks(dictionary: DataDictionary, relation: Relation) -> list[KeyCheck]:
    """Return which sides must be unique; a primary key is checked as such already."""
    sides = []
    if relation.relationship is not Relationship.MANY_TO_ONE:
        sides.append((relation.from_entity, relation.from_field))
    if relation.relationship is not Relationship.ONE_TO_MANY:
        sides.append((relation.to_entity, relation.to_field))
    return [
        KeyCheck(
            rule="reference_cardinality",
            entity=entity,
            column=column,
            message=f"the value occurs more than once, and {relation.from_entity}."
            f"{relation.from_field} is {relation.relationship} "
            f"{relation.to_entity}.{relation.to_field}",
        )
        for entity, column in sides
        if _primary_key(dictionary, entity) != column
    ]


def _primary_key(dictionary: DataDictionary, entity: str) -> str | None:
    found = dictionary.find_entity(entity)
    return found.primary_key if found else None


def parent_references(dictionary: DataDictionary) -> frozenset[tuple[str, str]]:
    """Return the (entity, field) pairs by which a row refers towards the main entity.

    A row without a value there cannot be reached from any row of the main entity.
    """
    return frozenset(
        (each.from_entity, each.from_field)
        for each in dictionary.tree_relations
        if each.from_entity in entities_below(dictionary, each.to_entity)
    )


def joined_fields(dictionary: DataDictionary) -> frozenset[tuple[str, str]]:
    """Return the (entity, field) pairs whose values join rows of two entities."""
    return frozenset(
        pair
        for each in dictionary.relations
        for pair in ((each.from_entity, each.from_field), (each.to_entity, each.to_field))
    )


def entities_below(dictionary: DataDictionary, entity: str) -> frozenset[str]:
    """Return the entities whose path to the main entity leads through this one."""
    neighbours: dict[str, set[str]] = {each.name: set() for each in dictionary.entities}
    for relation in dictionary.tree_relations:
        neighbours[relation.from_entity].add(relation.to_entity)
        neighbours[relation.to_entity].add(relation.from_entity)
    # What is still reached from the main entity when this one is taken out is not below it.
    reached = {dictionary.main_entity} - {entity}
    waiting = list(reached)
    while waiting:
        for each in neighbours[waiting.pop()] - reached - {entity}:
            reached.add(each)
            waiting.append(each)
    return frozenset(neighbours) - reached - dictionary.unjoined - {entity}
