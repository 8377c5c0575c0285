"""A question for very many fields: only for keys of rows; the fields are read by these.

What an engine needs for one statement grows faster than its columns: twice as many took it up to
eight times as long. Joins, hidden rows and order need none of the fields.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from apollo_spark.model.dataset import homes_of
from apollo_spark.model.field import FieldType
from apollo_spark.query.joined import FieldsQuestion, stored_columns
from apollo_spark.query.sql import column, labelled


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
        places: Their places among the fields asked for.
    """

    entity: str
    number: int
    table: str
    key: str
    key_type: FieldType
    columns: tuple[str, ...]
    places: tuple[int, ...]


@dataclass(frozen=True)
class LocatedQuestion:
    """A question for keys of rows, and for such fields as are not read by them.

    Attributes:
        tree: The statement; its first columns are fields, keys follow.
        own: The places of those fields among the fields asked for.
        columns: For the fields of each table the number of the column that holds its key.
    """

    tree: exp.Select
    own: tuple[int, ...]
    columns: tuple[int, ...]


def locate_fields(question: FieldsQuestion, found: Sequence[LocatedFields]) -> LocatedQuestion:
    """Return the question for the keys of the rows, by which fields are read from their tables.

    Args:
        question: The fields.
        found: Those that are read, of tables whose keys tell their rows apart.
    """
    elsewhere = {place for each in found for place in each.places}
    own = tuple(place for place in range(len(question.asked)) if place not in elsewhere)
    asked = [question.asked[each] for each in own]
    needed = question.needed(asked)
    sources: dict[str, exp.Table | exp.Subquery] = {}
    keys: dict[tuple[str, int], tuple[str, str]] = {}
    for entity in dict.fromkeys(each.entity for each in found):
        numbers = [each.number for each in found if each.entity == entity]
        source, labels = question.scope.located_source(entity, needed.get(entity, ()), numbers)
        sources[entity] = source
        keys |= {(entity, number): (entity, labels[number]) for number in numbers}
    columns = {key: len(own) + each for each, key in enumerate(dict.fromkeys(keys.values()))}
    values = [labelled(column(*key), f"key {place}") for key, place in columns.items()]
    held = tuple(columns[keys[each.entity, each.number]] for each in found)
    tree = question.over([*stored_columns(asked), *values], asked, sources)
    return LocatedQuestion(tree, own, held)


def fields_by_table(question: FieldsQuestion) -> Iterator[LocatedFields]:
    """Yield the fields of each table of the entities that have a key."""
    scope = question.scope
    entities = {entity.name: entity for entity, _ in question.asked}
    homes = {each: homes_of(scope.tables_of(each)) for each in entities}
    places: dict[tuple[str, int], list[int]] = {}
    for place, (entity, spec) in enumerate(question.asked):
        if entity.primary_key is not None:
            home = homes[entity.name].get(spec.name, 0)
            places.setdefault((entity.name, home), []).append(place)
    for (owner, number), its in places.items():
        each = scope.tables_of(owner)[number]
        key, on = scope.key_of(owner, number)
        found = entities[owner].find_field(on)
        assert found is not None, "rows are joined by fields"
        stored = dict(each.columns)
        names = (question.asked[place][1].name for place in its)
        yield LocatedFields(
            entity=owner,
            number=number,
            table=f"{scope.label}{each.table}",
            key=key,
            key_type=found.type,
            columns=tuple(stored.get(field, field) for field in names),
            places=tuple(its),
        )
