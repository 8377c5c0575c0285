"""A question for very many fields: only for keys of rows; the fields are read by these.

What an engine needs for one statement grows faster than its columns: twice as many took it up to
eight times as long. Joins, hidden rows and order need none of the fields.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from apollo_spark.model.dataset import homes_of
from apollo_spark.model.field import FieldType
from apollo_spark.query.joined import FieldsQuestion
from apollo_spark.query.sql import column, labelled
from apollo_spark.workers.values.spreading import Held, OwnFields


@dataclass(frozen=True)
class LocatedFields:
    """Fields of one table, read from it by a key.

    Attributes:
        entity: The entity.
        number: The number of the table among those of the entity.
        table: The name of its pin.
        key: The column that is looked up.
        key_type: The type of what is looked for.
        columns: The columns of the fields.
        places: Of each field its places among those asked for: one, or one for each slot.
    """

    entity: str
    number: int
    table: str
    key: str
    key_type: FieldType
    columns: tuple[str, ...]
    places: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class LocatedQuestion:
    """A question for keys of rows, and for such fields as are not read by them.

    Attributes:
        tree: The statement.
        own: Those fields, and where they are.
        held: For the fields of each table where its keys are.
    """

    tree: exp.Select
    own: tuple[OwnFields, ...]
    held: tuple[Held, ...]


@dataclass(frozen=True)
class LocatedColumns:
    """What a statement for keys shows of the fields that each row has once.

    Attributes:
        values: Its columns: fields, and then keys.
        shown: The places of those fields among all that are asked for.
        sources: What is read for the entities with keys.
        held: For the fields of each table where its keys are.
    """

    values: Sequence[exp.Expr]
    shown: tuple[int, ...]
    sources: Mapping[str, exp.Table | exp.Subquery]
    held: tuple[Held, ...]

    @property
    def own(self) -> tuple[OwnFields, ...]:
        """The fields among the columns."""
        return tuple(OwnFields(Held(at), (place,)) for at, place in enumerate(self.shown))


def locate_fields(question: FieldsQuestion, found: Sequence[LocatedFields]) -> LocatedQuestion:
    """Return the question for the keys of the rows, by which fields are read from their tables.

    Args:
        question: The fields.
        found: Those that are read, of tables whose keys tell their rows apart.
    """
    columns = locate_columns(question, range(len(question.asked)), found)
    asked = [question.asked[each] for each in columns.shown]
    tree = question.over(columns.values, asked, columns.sources)
    return LocatedQuestion(tree, columns.own, columns.held)


def locate_columns(
    question: FieldsQuestion, places: Iterable[int], found: Sequence[LocatedFields]
) -> LocatedColumns:
    """Return what a statement for the keys of rows shows for some of its fields."""
    elsewhere = {place for each in found for its in each.places for place in its}
    own = tuple(place for place in places if place not in elsewhere)
    needed = question.needed([question.asked[each] for each in own])
    sources: dict[str, exp.Table | exp.Subquery] = {}
    keys: dict[tuple[str, int], tuple[str, str]] = {}
    for entity in dict.fromkeys(each.entity for each in found):
        numbers = [each.number for each in found if each.entity == entity]
        source, labels = question.scope.located_source(entity, needed.get(entity, ()), numbers)
        sources[entity] = source
        keys |= {(entity, number): (entity, labels[number]) for number in numbers}
    columns = {key: len(own) + each for each, key in enumerate(dict.fromkeys(keys.values()))}
    values = [labelled(column(*key), f"key {place}") for key, place in columns.items()]
    held = tuple(Held(columns[keys[each.entity, each.number]]) for each in found)
    return LocatedColumns([*question.stored_columns(own), *values], own, sources, held)


def fields_by_table(question: FieldsQuestion) -> Iterator[LocatedFields]:
    """Yield the fields of each table of the entities that have a key."""
    scope = question.scope
    entities = {entity.name: entity for entity, _ in question.asked}
    homes = {each: homes_of(scope.tables_of(each)) for each in entities}
    places: dict[tuple[str, int, bool], dict[str, list[int]]] = {}
    for place, (entity, spec) in enumerate(question.asked):
        if entity.primary_key is not None:
            home = homes[entity.name].get(spec.name, 0)
            its = places.setdefault((entity.name, home, question.is_repeated(place)), {})
            its.setdefault(spec.name, []).append(place)
    for (owner, number, _), its in places.items():
        each = scope.tables_of(owner)[number]
        key, on = scope.key_of(owner, number)
        found = entities[owner].find_field(on)
        assert found is not None, "rows are joined by fields"
        stored = dict(each.columns)
        yield LocatedFields(
            entity=owner,
            number=number,
            table=f"{scope.label}{each.table}",
            key=key,
            key_type=found.type,
            columns=tuple(stored.get(field, field) for field in its),
            places=tuple(map(tuple, its.values())),
        )
