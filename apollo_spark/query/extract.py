"""Fields of one or several entities as one question."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlglot import exp

from apollo_spark.errors import NotFoundError, UsageError
from apollo_spark.model.base import Record
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.field import FieldSpec
from apollo_spark.model.join_path import (
    JoinStep,
    join_steps,
    multiplying_entities,
    path_to,
)
from apollo_spark.query.joined import Asked, FieldsQuestion, Join, JoinedEntities
from apollo_spark.query.scope import QueryScope
from apollo_spark.query.values import ValueMode
from apollo_spark.sources.suggest import did_you_mean

SUGGESTIONS = 20
"""Unknown fields for which a known name is suggested; all are named."""


class ExtractRequest(Record):
    """What is asked: `entity.field` names, in the order of the columns.

    With `sparse_labels`, a number, date or datetime is shown without sparse codes, and their
    meanings in a column `entity.field.label` after it. `wide` names fields that number or order
    the rows of entities whose fields become columns, as `entity.field` or `entity.field:how`.
    """

    fields: tuple[str, ...]
    values: ValueMode = ValueMode.RAW
    sparse_labels: bool = False
    wide: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExtractPlan:
    """A question, with what it joins.

    `multiplying` names the entities whose rows multiply each other; it is empty where they do not.
    """

    question: FieldsQuestion
    entities: tuple[str, ...]
    multiplying: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.question.columns

    @cached_property
    def tree(self) -> exp.Select:
        """The question as one statement."""
        return self.question.statement()


def build_extract(scope: QueryScope, request: ExtractRequest) -> ExtractPlan:
    """Return the question for some fields.

    Every row of the main entity is there, with or without rows of the others: joins are left
    outer, outward from the main entity, also through entities of which nothing is asked. Rows are
    ordered by the main key and then the primary keys along the path, missing ones first; rows of
    an entity without a key by its fields asked for.

    An entity that is joined to nothing is asked by itself: its rows are those of the question.

    Raises:
        NotFoundError: Fields that are not in the dictionary, all of them.
        UsageError: No field, a field more than once, or fields of entities that nothing joins.
    """
    dictionary = scope.dictionary
    asked = find_fields(scope, request.fields)
    if _is_of_unjoined(dictionary, {entity.name: None for entity, _ in asked}):
        return _build_alone(scope, asked, request)
    steps = join_steps(dictionary, [entity.name for entity, _ in asked])
    entities = (dictionary.main_entity, *(each.entity for each in steps))
    joined = JoinedEntities(
        first=dictionary.main_entity,
        joins=tuple(
            Join(each.parent, each.parent_field, each.entity, each.field) for each in steps
        ),
        order=entities,
    )
    return ExtractPlan(
        question=_question(scope.only_at_main(), joined, asked, request),
        entities=entities,
        multiplying=multiplying_entities(steps),
    )


def build_extract_per_entity(
    scope: QueryScope, request: ExtractRequest
) -> Mapping[str, ExtractPlan]:
    """Return a question for each entity that is asked for, in the order of the request.

    Each gives exactly the rows of its entity, in the order of `build_extract`: the way to the main
    entity is joined for that, as far as every row leads to at most one row there.

    Raises:
        NotFoundError: Fields that are not in the dictionary, all of them.
        UsageError: No field, or a field more than once.
    """
    asked = find_fields(scope, request.fields)
    return {
        entity: _build_alone(scope, [each for each in asked if each[0].name == entity], request)
        for entity in dict.fromkeys(each.name for each, _ in asked)
    }


def find_fields(scope: QueryScope, fields: tuple[str, ...]) -> Asked:
    """Return the fields of a request with their entities.

    Raises:
        NotFoundError: Fields that are not in the dictionary, all of them.
        UsageError: No field, or a field more than once.
    """
    if not fields:
        raise UsageError("No field is asked for.", fix="Name fields as entity.field.")
    repeated = [each for each, times in Counter(fields).items() if times > 1]
    if repeated:
        raise UsageError(f"These fields are asked for more than once: {', '.join(repeated)}.")
    dictionary = scope.dictionary
    found: list[tuple[Entity, FieldSpec]] = []
    lost: list[str] = []
    for path in fields:
        entity_name, _, field_name = path.partition(".")
        entity = dictionary.find_entity(entity_name)
        spec = entity.find_field(field_name) if entity else None
        if entity is None or spec is None:
            # Comparing one name with 30,000 takes a tenth of a second.
            hint = scope.suggests and len(lost) < SUGGESTIONS
            suggestion = _suggest(dictionary, entity, entity_name, field_name) if hint else ""
            lost.append(f"  {path}{suggestion}")
        else:
            found.append((entity, spec))
    if lost:
        raise NotFoundError("\n".join(["These fields cannot be found:", *lost]))
    return found


def require_decoded(request: ExtractRequest) -> None:
    """Refuse labels of sparse codes beside codes as they are stored.

    Raises:
        UsageError: They are asked for.
    """
    if request.sparse_labels and request.values is ValueMode.RAW:
        raise UsageError(
            "Labels of sparse codes are asked for beside raw values, which hold the codes.",
            fix="Ask for decoded values, or for values without sparse codes.",
        )


def _is_of_unjoined(dictionary: DataDictionary, entities: Iterable[str]) -> bool:
    """Whether all that is asked for is of one entity that is joined to nothing.

    Raises:
        UsageError: Something else is asked for beside it.
    """
    names = tuple(entities)
    unjoined = dictionary.unjoined
    alone = [each for each in names if each in unjoined]
    if not alone or len(names) == 1:
        return bool(alone)
    raise UsageError(
        f"These entities are joined to nothing: {', '.join(alone)}.",
        why="Their rows belong to no row of another entity.",
        fix="Ask for each by itself, or add --per-entity, which writes one file each.",
    )


def _suggest(
    dictionary: DataDictionary, entity: Entity | None, entity_name: str, field_name: str
) -> str:
    if entity is None:
        return did_you_mean(entity_name, (each.name for each in dictionary.entities))
    return did_you_mean(field_name, (each.name for each in entity.fields))


def _question(
    scope: QueryScope, joined: JoinedEntities, asked: Asked, request: ExtractRequest
) -> FieldsQuestion:
    require_decoded(request)
    return FieldsQuestion(scope, joined, asked, request.values, request.sparse_labels)


def _build_alone(scope: QueryScope, asked: Asked, request: ExtractRequest) -> ExtractPlan:
    entity = asked[0][0].name
    inward = tuple(_single_parents(path_to(scope.dictionary, entity)))
    joined = JoinedEntities(
        first=entity,
        joins=tuple(
            Join(each.entity, each.field, each.parent, each.parent_field) for each in inward
        ),
        order=(*(each.parent for each in reversed(inward)), entity),
    )
    return ExtractPlan(
        question=_question(scope, joined, asked, request),
        entities=(entity,),
    )


def _single_parents(path: tuple[JoinStep, ...]) -> Iterator[JoinStep]:
    """Yield the steps inward from the end of a path, as long as no row has several parents."""
    for step in reversed(path):
        if step.has_many_parents:
            return
        yield step
