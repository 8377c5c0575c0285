"""What a dataset shows of an entity or of an assay's samples, as a rule that others can follow.

Rows of a dataset that hides some are limited by guards on its tables. Where its rows are no longer
read through those tables, because they became fields of another entity or only the samples of an
assay were taken, a rule by value keeps them hidden.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from apollo_spark.model.assay import AssayRecord
from apollo_spark.model.change import ViewChange
from apollo_spark.model.dataset import RowRule, TableSlice
from apollo_spark.model.dictionary import DataDictionary, Entity, Relation, Relationship
from apollo_spark.model.field import FieldSpec, FieldType
from apollo_spark.model.filter import Comparison, Operator
from apollo_spark.model.guard import RowGuard
from apollo_spark.records.changes.combined import united_pins
from apollo_spark.records.changes.view import make_view
from apollo_spark.records.content import Content, coding_entries, entity_entries, part_texts
from apollo_spark.records.field_link import find_spec
from apollo_spark.sources.filters.write import write_filter

SAMPLE_ID, KEY = "sample_id", "key"


@dataclass(frozen=True)
class ShownRule:
    """A rule, the texts that it names as parts, and the values by which tables are guarded.

    `entity` and `field` are of the rule's own tables.
    """

    rule: RowRule
    parts: tuple[str, ...]
    entity: str
    field: str


class AddedRules:
    """Rules that a change adds behind those that are there, and their guards.

    Args:
        first: The number of the first one.
    """

    def __init__(self, first: int) -> None:
        self._first = first
        self._added: list[ShownRule] = []

    def add(self, shown: ShownRule) -> Callable[[str], RowGuard]:
        """Add a rule, and return what makes the guard of a table for one of its columns."""
        number = self._first + len(self._added)
        self._added.append(shown)
        return lambda column: RowGuard(
            rule=number, column=column, entity=shown.entity, field=shown.field
        )

    @property
    def rules(self) -> tuple[RowRule, ...]:
        """The rules in their order."""
        return tuple(each.rule for each in self._added)

    @property
    def parts(self) -> tuple[str, ...]:
        """The texts that the rules name as parts."""
        return tuple(text for each in self._added for text in each.parts)


def hides_rows(content: Content, entity: str) -> bool:
    """Return whether rules hide rows of an entity."""
    return bool(content.tables_of(entity)[0].guards)


def rule_of_rows(content: Content, entity: str, field: str) -> ShownRule:
    """Return the rule that shows the values of a field that the rows shown have."""
    world = only_field(content, entity, field)
    return _rule(world, entity, _has_one(entity, field), shows=(entity, field))


def guards_of_samples(
    content: Content, assay: AssayRecord, added: AddedRules
) -> tuple[RowGuard, ...]:
    """Return the guards of samples that come without the entity they belong to.

    What hides rows of the entity goes on hiding their samples, and so do later withdrawals.
    """
    guards = assay.guards
    if hides_rows(content, assay.entity):
        guards = (*guards, added.add(rule_of_samples(content, assay))(SAMPLE_ID))
    is_own = assay.origin is None and assay.link is None
    if is_own and assay.entity == content.dictionary.main_entity:
        return guards
    return (*guards, added.add(rule_of_former_rows(content, assay))(SAMPLE_ID))


def guards_of_hidden_rows(
    content: Content, assay: AssayRecord, added: AddedRules
) -> tuple[RowGuard, ...]:
    """Return the guards by which samples are hidden with the rows that they belong to.

    Where a filter limits the rows, samples that belong to none are hidden as well; where rows are
    only taken out, they stay. That is what the assay shows.
    """
    guards = content.tables_of(assay.entity)[0].guards
    if not guards:
        return ()
    is_limited = any(content.rules[each.rule].text is not None for each in guards)
    rule = rule_of_samples if is_limited else rule_of_former_rows
    return (added.add(rule(content, assay))(SAMPLE_ID),)


def rule_of_samples(content: Content, assay: AssayRecord) -> ShownRule:
    """Return the rule that shows the samples that belong to rows shown."""
    world = only_field(content, assay.entity, assay.field)
    text = _has_one(assay.entity, assay.field)
    return _rule_of_ids(content, assay, world, text)


def rule_of_former_rows(content: Content, assay: AssayRecord) -> ShownRule:
    """Return the rule that takes out the samples whose rows are all taken out."""
    path = f"{assay.entity}.{assay.field}"
    alone = replace(content, assays=())
    world = make_view(alone, ViewChange(base="", fields=(path,))).content
    return _rule_of_ids(content, assay, world, None)


def only_field(content: Content, entity: str, field: str) -> Content:
    """Return one entity with its key and one field, and what of its rows is shown."""
    return only_fields(content, entity, (field,))


def only_fields(content: Content, entity: str, fields: Sequence[str]) -> Content:
    """Return one entity with its key and some fields, and what of its rows is shown."""
    found = content.dictionary.find_entity(entity)
    assert found is not None, "a dataset has the entities that it names"
    dictionary = DataDictionary(
        main_entity=entity,
        entities=(found,),
        relations=(),
        codings=content.dictionary.codings,
    )
    alone = replace(content, dictionary=dictionary, assays=())
    paths = tuple(f"{entity}.{each}" for each in fields)
    return make_view(alone, ViewChange(base="", fields=paths)).content


def _rule_of_ids(
    content: Content, assay: AssayRecord, world: Content, text: str | None
) -> ShownRule:
    """Return a rule whose values are the ids of samples, found by the linking table if any."""
    if assay.link is None:
        return _rule(world, assay.entity, text, shows=(assay.entity, assay.field))
    linked = "link"
    while linked in {each.name.casefold() for each in world.dictionary.entities}:
        linked += "s"
    table = next(each for each in content.pins if each.table == assay.link.table)
    world = replace(
        world,
        dictionary=_with_links(world.dictionary, assay, linked),
        slices={**world.slices, linked: (TableSlice(table=table.table),)},
        pins=united_pins(world.pins, [table]),
    )
    return _rule(world, assay.entity, text, shows=(linked, SAMPLE_ID))


def _with_links(dictionary: DataDictionary, assay: AssayRecord, name: str) -> DataDictionary:
    """Return a dictionary with the linking table as an entity."""
    key = find_spec(dictionary, assay.entity, assay.field)
    assert key is not None, "an assay names a field of its entity"
    fields = (
        FieldSpec(name=SAMPLE_ID, type=FieldType.STRING),
        FieldSpec(name=KEY, type=key.type),
    )
    relation = Relation(
        from_entity=name,
        from_field=KEY,
        to_entity=assay.entity,
        to_field=assay.field,
        relationship=Relationship.MANY_TO_ONE,
    )
    return dictionary.model_copy(
        update={
            "entities": (*dictionary.entities, Entity(name=name, fields=fields)),
            "relations": (*dictionary.relations, relation),
        }
    )


def _has_one(entity: str, field: str) -> str:
    return write_filter(Comparison(entity=entity, field=field, operator=Operator.IS_NOT_MISSING))


def _rule(world: Content, entity: str, text: str | None, *, shows: tuple[str, str]) -> ShownRule:
    rule = RowRule(
        entity=entity,
        text=text,
        main_entity=world.dictionary.main_entity,
        entities=entity_entries(world.dictionary, world.slices),
        codings=coding_entries(world.dictionary),
        relations=world.dictionary.relations,
        pins=world.pins,
    )
    return ShownRule(rule, part_texts(world.dictionary), *shows)
