"""Both ends of a link in one world, so that one question can count what matches."""

from apollo_spark.model.change import FieldLink
from apollo_spark.model.dictionary import DataDictionary
from apollo_spark.records.changes.combined import combine_contents, united_pins
from apollo_spark.records.changes.shown_rows import only_field
from apollo_spark.records.content import Content

SOURCE, TARGET = "source", "target"
"""What the two entities are called here, whatever they are called in their datasets."""


def linked_ends(source: Content, target: Content, link: FieldLink, *, source_name: str) -> Content:
    """Return the two entities of a link, each with its key and the linked field.

    What a dataset hides of them stays hidden.
    """
    beside = combine_contents(source, target, source_name=source_name)
    ends = {
        TARGET: only_field(target, link.target_entity, link.target_field),
        SOURCE: only_field(beside, link.source_entity, link.source_field),
    }
    entities = tuple(
        each.dictionary.entities[0].model_copy(update={"name": name}) for name, each in ends.items()
    )
    return Content(
        dictionary=DataDictionary(main_entity=TARGET, entities=entities, relations=(), codings=()),
        slices={name: each.tables_of(each.dictionary.main_entity) for name, each in ends.items()},
        pins=united_pins(*(each.pins for each in ends.values())),
        rules=(*target.rules, *beside.rules),
    )
