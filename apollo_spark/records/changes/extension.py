"""What a dataset says after new fields or a new entity were added to it."""

from collections.abc import Iterable
from dataclasses import replace

from apollo_spark.model.addition import Addition
from apollo_spark.model.dataset import TableSlice
from apollo_spark.model.dictionary import DataDictionary, Entity
from apollo_spark.model.pin import TablePin
from apollo_spark.records.content import Content


def added_dictionary(base: DataDictionary, addition: Addition) -> DataDictionary:
    """Return a dictionary with new fields of an entity, or with a new entity."""
    name = addition.entity.name
    standing = base.find_entity(name)
    if standing is None:
        entities: tuple[Entity, ...] = (*base.entities, addition.entity)
    else:
        wider = standing.model_copy(update={"fields": (*standing.fields, *addition.fields)})
        entities = tuple(wider if each.name == name else each for each in base.entities)
    return base.model_copy(
        update={
            "entities": entities,
            "relations": (*base.relations, *addition.relations),
            "codings": (*base.codings, *addition.codings),
        }
    )


def added_content(
    base: Content,
    addition: Addition,
    slices: Iterable[TableSlice],
    pins: Iterable[TablePin],
) -> Content:
    """Return the content with an addition.

    Args:
        base: The content that it is added to.
        addition: The fields or the entity.
        slices: All tables of the entity, the one with every row first.
        pins: Those of them that are new.
    """
    content = replace(
        base,
        dictionary=added_dictionary(base.dictionary, addition),
        slices={**base.slices, addition.entity.name: tuple(slices)},
        pins=(*base.pins, *pins),
    )
    return content.only_used_pins()
