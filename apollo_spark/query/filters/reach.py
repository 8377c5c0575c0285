"""From the current row to the entities that a filter names, and the fields that takes."""

from collections.abc import Iterator

from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.model.filter import (
    LISTS,
    And,
    AssayValue,
    ChosenRow,
    Comparison,
    FieldComparison,
    FieldOf,
    Filter,
    InCohort,
    Not,
    Operator,
    Or,
    Rows,
    SummaryOf,
    conditions_of,
    parts_of,
    row_inside,
    with_deep_recursion,
)
from apollo_spark.model.join_path import JoinStep, join_steps
from apollo_spark.query.filters.measured import MeasuredValues

FieldPath = tuple[str, str]
"""An entity and one of its fields."""


class EntityTree:
    """The entities as a tree: each is below the one through which it is reached.

    Attributes:
        main: The main entity.
        unjoined: Those that are joined to nothing, and are below none.

    Args:
        dictionary: The entities and their relations.
        measured: What assays measured, and which entities their samples belong to.
    """

    def __init__(self, dictionary: DataDictionary, measured: MeasuredValues | None = None) -> None:
        self._measured = measured
        self.main = dictionary.main_entity
        self.unjoined = dictionary.unjoined
        reached = (each.name for each in dictionary.entities if each.name not in self.unjoined)
        self._steps = {each.entity: each for each in join_steps(dictionary, reached)}
        self._keys = {each.name: each.primary_key for each in dictionary.entities}

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

    def key_of(self, entity: str) -> str | None:
        """Return the primary key of an entity."""
        return self._keys.get(entity)

    def place_of(self, assay: str) -> tuple[str, str] | None:
        """Return the entity and field that the samples of an assay belong to."""
        return None if self._measured is None else self._measured.place_of(assay)

    def owner_of(self, tree: Filter) -> str | None:
        """Return the entity of the rows that a condition reaches; None where it reaches none."""
        if isinstance(tree, Comparison | FieldComparison):
            return tree.entity if tree.row is None else None
        if isinstance(tree, AssayValue):
            place = self.place_of(tree.assay)
            return None if place is None else place[0]
        return tree.entity if isinstance(tree, Rows) else None

    def start(self, tree: Filter, row: str) -> str:
        """Return from which entity the rows are reached that a condition asks about."""
        return self.main if isinstance(tree, Rows) and tree.name is not None else row


def asks_outside(tree: Filter) -> bool:
    """Whether what is asked of a row may also be about rows that are not related to it alone."""
    for each in conditions_of(tree):
        if isinstance(each, Rows) and each.name is not None:
            return True
        if isinstance(each, Comparison | FieldComparison) and each.row is not None:
            return True
        if isinstance(each, FieldComparison):
            fields = (other for other in each.others if isinstance(other, FieldOf))
            if any(other.row is not None or other.entity != each.entity for other in fields):
                return True
    return False


def mixes_looks(tree: Filter | None, row: str) -> bool:
    """Whether a part of a condition's `and` has rows outside beside looks at further rows.

    Spark takes such a part out of its subquery as a whole, and loses what the looks are about.
    """
    waiting = [] if tree is None else [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, And):
            waiting.extend(part.parts)
        elif isinstance(part, Or | Not):
            asked = list(_asked_directly(part))
            if any(_is_outside(each) for each in asked) and any(_looks(x, row) for x in asked):
                return True
    return False


def _asked_directly(tree: Filter) -> Iterator[Filter]:
    if isinstance(tree, And | Or | Not):
        for part in parts_of(tree):
            yield from _asked_directly(part)
    else:
        yield tree


def _is_outside(tree: Filter) -> bool:
    return isinstance(tree, Comparison | FieldComparison) and asks_outside(tree)


def _looks(tree: Filter, row: str) -> bool:
    """Whether a condition is, or may become, a subquery: lists of many values are."""
    if isinstance(tree, Comparison):
        is_list = tree.operator in LISTS or tree.operator is Operator.UNDER
        return is_list or (tree.row is None and tree.entity != row)
    if isinstance(tree, FieldComparison):
        return tree.row is None and tree.entity != row
    return True


@with_deep_recursion
def fields_needed(
    tree: Filter, dictionary: DataDictionary, measured: MeasuredValues | None = None
) -> frozenset[FieldPath]:
    """Return every field that a filter reads: those it names, and those that join the entities."""
    entities = EntityTree(dictionary, measured)
    return frozenset(needed_below(tree, entities, dictionary.main_entity))


def needed_below(tree: Filter, entities: EntityTree, row: str) -> Iterator[FieldPath]:
    """Yield the fields that a condition on a row of an entity reads, some of them repeatedly."""
    owner = entities.owner_of(tree)
    if owner is not None:
        for step in entities.path(entities.start(tree, row), owner) or ():
            yield step.parent, step.parent_field
            yield step.entity, step.field
    yield from _named_fields(tree, entities)
    for part in parts_of(tree):
        yield from needed_below(part, entities, row_inside(tree, row))


def _named_fields(tree: Filter, entities: EntityTree) -> Iterator[FieldPath]:
    """Yield the fields that a condition itself names, and the keys that it goes by."""
    if isinstance(tree, Comparison | FieldComparison | SummaryOf):
        yield tree.entity, tree.field
    if isinstance(tree, FieldComparison):
        yield from ((x.entity, x.field) for x in tree.others if isinstance(x, FieldOf))
    if isinstance(tree, ChosenRow):
        yield tree.entity, tree.by
    if isinstance(tree, AssayValue) and (place := entities.place_of(tree.assay)):
        yield place
    entity = entities.main if isinstance(tree, InCohort) else None
    entity = tree.entity if isinstance(tree, ChosenRow) else entity
    key = entities.key_of(entity) if entity else None
    if entity is not None and key is not None:
        yield entity, key
