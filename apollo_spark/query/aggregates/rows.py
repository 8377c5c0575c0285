"""The rows that a tile counts: those of one entity, with fields of the rows that they belong to."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from apollo_spark.model.dictionary import DataDictionary, Relationship
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.sql import column, derived, labelled

ROWS = "rows"
PERSON, KEY = "person", "row key"


@dataclass(frozen=True)
class RowsNeeded:
    """Rows of an entity, and what is read of each.

    Attributes:
        entity: Whose rows.
        paths: Fields as `entity.field`, of it or of what its rows belong to.
        person: Whether the key of the person is read.
        key: Whether the key of the row is read.
    """

    entity: str
    paths: tuple[str, ...] = ()
    person: bool = False
    key: bool = False


@dataclass(frozen=True)
class SingleStep:
    """A join to an entity of which each row of the near one has at most one."""

    near: str
    near_field: str
    far: str
    far_field: str


_ONE_THERE = {
    True: (Relationship.ONE_TO_ONE, Relationship.MANY_TO_ONE),
    False: (Relationship.ONE_TO_ONE, Relationship.ONE_TO_MANY),
}
"""Relationships by which there is one row on the other side, by whether the near one refers."""


def single_steps(dictionary: DataDictionary, entity: str) -> Mapping[str, SingleStep]:
    """Return the joins to all entities of which each row of an entity has at most one, by them."""
    found: dict[str, SingleStep] = {}
    waiting = [entity]
    while waiting:
        near = waiting.pop(0)
        for relation in dictionary.tree_relations:
            ends = [
                (relation.from_entity, relation.from_field),
                (relation.to_entity, relation.to_field),
            ]
            refers = relation.from_entity == near
            if near not in (ends[0][0], ends[1][0]):
                continue
            own, other = ends if refers else reversed(ends)
            is_new = other[0] not in found and other[0] != entity
            if is_new and relation.relationship in _ONE_THERE[refers]:
                found[other[0]] = SingleStep(*own, *other)
                waiting.append(other[0])
    return found


def belongs_to(dictionary: DataDictionary, entity: str) -> tuple[str, ...]:
    """Return the entities of which each row of an entity has at most one, itself first."""
    return (entity, *single_steps(dictionary, entity))


def has_people(dictionary: DataDictionary, entity: str) -> bool:
    """Return whether each row of an entity belongs to one person at most."""
    return dictionary.main_entity in belongs_to(dictionary, entity)


def entity_of_rows(dictionary: DataDictionary, entities: Collection[str]) -> str | None:
    """Return the entity whose rows have one row of each of some entities; None where none has."""
    wanted = set(entities)
    for each in entities:
        if wanted <= set(belongs_to(dictionary, each)):
            return each
    return None


def select_rows(scope: QueryScope, asked: RowsNeeded) -> exp.Select:
    """Ask for rows: fields as `entity.field`, `person` and `row key` where they are asked for."""
    dictionary = scope.dictionary
    values = [(*_parts(each), each) for each in asked.paths]
    if asked.person:
        values.append((dictionary.main_entity, _key_of(dictionary, dictionary.main_entity), PERSON))
    if asked.key:
        values.append((asked.entity, _key_of(dictionary, asked.entity), KEY))
    steps = _steps_to(dictionary, asked.entity, [entity for entity, _, _ in values])
    needed: dict[str, dict[str, None]] = {asked.entity: {}}
    for entity, field, _ in values:
        needed.setdefault(entity, {})[field] = None
    for step in steps:
        needed.setdefault(step.near, {})[step.near_field] = None
        needed.setdefault(step.far, {})[step.far_field] = None
    shown = [labelled(column(entity, field), label) for entity, field, label in values]
    if not shown:
        shown = [labelled(exp.Literal.number(1), ROWS)]
    return _joined(scope, asked.entity, steps, {k: tuple(v) for k, v in needed.items()}, shown)


def _joined(
    scope: QueryScope,
    entity: str,
    steps: Sequence[SingleStep],
    needed: Mapping[str, Sequence[str]],
    shown: Sequence[exp.Expr],
) -> exp.Select:
    tree = exp.select(*shown).from_(scope.source(entity, needed[entity]), copy=False)
    for step in steps:
        near, far = column(step.near, step.near_field), column(step.far, step.far_field)
        source = scope.source(step.far, needed[step.far])
        same = exp.EQ(this=near, expression=far)
        tree = tree.join(source, on=same, join_type="left outer", copy=False)
    return tree


def _steps_to(
    dictionary: DataDictionary, entity: str, entities: Collection[str]
) -> tuple[SingleStep, ...]:
    """Return the joins that reach some entities, each after those that it is reached by."""
    steps = single_steps(dictionary, entity)
    needed: set[str] = set()
    for each in entities:
        far = each
        while far != entity:
            needed.add(far)
            far = steps[far].near
    return tuple(step for far, step in steps.items() if far in needed)


def _key_of(dictionary: DataDictionary, entity: str) -> str:
    found = dictionary.find_entity(entity)
    assert found is not None, "the tile was checked"
    assert found.primary_key is not None, "the tile was checked"
    return found.primary_key


def _parts(path: str) -> tuple[str, str]:
    entity, _, field = path.partition(".")
    return entity, field


class RowSources:
    """Where the parts of one statement read rows.

    Where a rule limits the rows, who is meant is asked once for each entity, and the parts share
    the answer; elsewhere each part reads its own columns, which is quicker.

    Args:
        scope: What may be read.
        shares: Whether the parts share rows.
    """

    def __init__(self, scope: QueryScope, *, shares: bool) -> None:
        self._scope = scope
        self._shares = shares
        self._shared: dict[str, RowsNeeded] = {}

    def read(self, asked: RowsNeeded) -> exp.Table | exp.Subquery:
        """Return what comes after FROM, under the name `rows`."""
        if not self._shares:
            return derived(select_rows(self._scope, asked), ROWS)
        before = self._shared.get(asked.entity, RowsNeeded(asked.entity))
        self._shared[asked.entity] = RowsNeeded(
            asked.entity,
            tuple(dict.fromkeys((*before.paths, *asked.paths))),
            person=before.person or asked.person,
            key=before.key or asked.key,
        )
        return exp.Table(
            this=exp.to_identifier(_shared_name(asked.entity), quoted=True),
            alias=exp.TableAlias(this=exp.to_identifier(ROWS, quoted=True)),
        )

    def shared(self) -> Iterator[tuple[str, exp.Select]]:
        """Yield the names of what the parts share, with the questions."""
        for entity, asked in self._shared.items():
            yield _shared_name(entity), select_rows(self._scope, asked)


def _shared_name(entity: str) -> str:
    return f"rows of {entity}"
